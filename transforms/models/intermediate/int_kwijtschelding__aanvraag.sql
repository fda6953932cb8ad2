-- De aanvragen van de periode met de norm, het percentage van de ontvanger en de kosten van bestaan die erbij horen.
with aanvraag as (
    select
        rij.*,
        case
            when rij.huishoudtype = 'echtgenoten' and coalesce(rij.indicatie_pensioengerechtigd, false)
                then 'kw_norm_aow_echtgenoten'
            when rij.huishoudtype = 'echtgenoten' then 'kw_norm_echtgenoten'
            when coalesce(rij.indicatie_pensioengerechtigd, false) then 'kw_norm_aow_alleenstaande'
            else 'kw_norm_alleenstaande'
        end as norm
    from {{ herleid('gemeente', 'kwijtscheldingsaanvraag') }} as rij
    inner join {{ ref('stg_run__levering') }} as levering
        on levering.levering_nr = rij.levering_nr and levering.periode = {{ periode() }}
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
    ontvanger.soort as soort_ontvanger,
    gemeente.gemeente_actueel as gemeente_ontvanger,
    coalesce(ontvanger.percentage_kosten_van_bestaan, 100) as percentage,
    aanvraag.norm,
    norm.waarde as norm_waarde,
    {{ gedeeld_door('norm.waarde * coalesce(ontvanger.percentage_kosten_van_bestaan, 100)', 100) }} as kosten_van_bestaan,
    aanvraag.levering_nr,
    aanvraag.record_nr
from aanvraag
left join {{ ref('stg_referentie__ontvanger') }} as ontvanger on ontvanger.ontvanger = aanvraag.ontvanger
left join {{ ref('stg_referentie__gemeente') }} as gemeente on gemeente.gemeentecode = aanvraag.ontvanger
left join {{ ref('stg_referentie__norm') }} as norm on norm.norm = aanvraag.norm and {{ geldig_op_peildatum('norm.') }}
