-- De aanvragen van de periode met de norm, het percentage van de ontvanger en de kosten van bestaan die erbij horen.
-- Of een pensioengerechtigd huishouden aan de AOW-norm wordt getoetst kiest de ontvanger.
with aanvraag as (
    select
        rij.*,
        ontvanger.soort as soort_ontvanger,
        coalesce(ontvanger.percentage_kosten_van_bestaan, 100) as percentage,
        concat_ws('',
            'kw_norm_',
            case when rij.indicatie_pensioengerechtigd and ontvanger.aow_norm then 'aow_' else '' end,
            case when rij.huishoudtype = 'echtgenoten' then 'echtgenoten' else 'alleenstaande' end
        ) as norm
    from {{ herleid('gemeente', 'kwijtscheldingsaanvraag') }} as rij
    inner join {{ ref('stg_run__levering') }} as levering
        on levering.levering_nr = rij.levering_nr and levering.periode = {{ periode() }}
    left join {{ ref('stg_referentie__ontvanger') }} as ontvanger on ontvanger.ontvanger = rij.ontvanger
)

select
    concat_ws('', aanvraag.ontvanger, '/', aanvraag.aanvraagnummer) as aanvraag,
    aanvraag.ontvanger,
    aanvraag.aanvraagnummer,
    aanvraag.persoon,
    aanvraag.partner,
    aanvraag.soort,
    aanvraag.belastingjaar,
    aanvraag.huishoudtype,
    aanvraag.aantal_volwassenen,
    aanvraag.bedrag_aanslag,
    aanvraag.soort_ontvanger,
    gemeente.gemeente as gemeente_ontvanger,
    aanvraag.percentage,
    aanvraag.norm,
    norm.waarde as norm_waarde,
    {{ gedeeld_door('norm.waarde * aanvraag.percentage', 100) }} as kosten_van_bestaan,
    aanvraag.levering_nr,
    aanvraag.record_nr
from aanvraag
left join {{ ref('stg_referentie__gemeente_opvolging') }} as gemeente
    on gemeente.gemeentecode = aanvraag.ontvanger and {{ geldig_op_peildatum('gemeente.') }}
left join {{ ref('stg_referentie__norm') }} as norm on norm.norm = aanvraag.norm and {{ geldig_op_peildatum('norm.') }}
