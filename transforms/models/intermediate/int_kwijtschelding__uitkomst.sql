-- Per aanvraag wat is vastgesteld en wat niet te bepalen is. Een belemmering die vaststaat gaat voor een ontbrekende bron;
-- drie of meer volwassenen vallen buiten de toets. Het bedrag van de kwijtschelding (art. 11 Uitvoeringsregeling
-- Invorderingswet 1990) is wat van de aanslag overblijft na het aandeel van de betalingscapaciteit, als er geen andere
-- belemmering is dan inkomen; vermogen is dan niet gevonden.
with inkomen as (
    select
        aanvraag,
        cast(sum(netto) as bigint) as som,
        max(case when netto is null then 1 else 0 end) = 1 as is_onbekend,
        max(case when not is_bijstand and coalesce(netto, 1) <> 0 then 1 else 0 end) = 1 as heeft_ander_inkomen,
        max(case when is_bijstand then 1 else 0 end) = 1 as heeft_bijstand_inkomen
    from {{ ref('int_kwijtschelding__inkomen') }}
    group by aanvraag
),

voertuig as (
    select
        aanvraag,
        cast(count(*) as integer) as aantal,
        max(case when waarde > {{ norm('kw_auto_vrijstelling') }} then 1 else 0 end) = 1 as heeft_boven_vrijstelling,
        max(case when is_onbekend then 1 else 0 end) = 1 as heeft_onbekend,
        max(case when not is_onbekend and waarde is null then 1 else 0 end) = 1 as heeft_zonder_waarde
    from {{ ref('int_kwijtschelding__voertuig') }}
    group by aanvraag
),

gegevens as (
    select
        aanvraag.*,
        -- Zonder UWV is van een partner zonder bijstand niet bekend of die inkomen heeft.
        bijstand.aanvraag is not null and not coalesce(inkomen.heeft_ander_inkomen, false)
            and ({{ aanwezig('uwv.inkomstenopgave') }}
                 or bijstand.aantal_personen = case when aanvraag.partner is null then 1 else 2 end)
            as is_vrij_van_inkomenstoets,
        coalesce(inkomen.is_onbekend, false) as is_inkomen_onbekend,
        -- Wie bijstand heeft wordt niet in de polis opgezocht, dus naast ander inkomen in het huishouden ontbreekt die.
        bijstand.aanvraag is not null and coalesce(inkomen.heeft_ander_inkomen, false)
            and not inkomen.heeft_bijstand_inkomen as is_inkomen_onvolledig,
        {{ gedeeld_door('coalesce(inkomen.som, 0)', norm('kw_maanden_inkomen')) }} as netto,
        coalesce(voertuig.aantal, 0) as aantal_voertuigen,
        coalesce(voertuig.heeft_boven_vrijstelling, false) as heeft_boven_vrijstelling,
        coalesce(voertuig.heeft_onbekend, false) as heeft_onbekend_voertuig,
        coalesce(voertuig.heeft_zonder_waarde, false) or (voertuig.aantal > 0 and {{ norm('kw_auto_vrijstelling') }} is null)
            as heeft_voertuig_zonder_waarde,
        coalesce(aanvraag.aantal_volwassenen, 1) >= 3 as heeft_te_veel_volwassenen,
        woonplaats.persoon is null or coalesce(woonplaats.reden_geen_ingezetene, '') = 'niet_in_brp' as is_niet_in_brp,
        onderneming.aanvraag is not null as heeft_onderneming,
        brp.aanvraag is not null as heeft_afwijking
    from {{ ref('int_kwijtschelding__aanvraag') }} as aanvraag
    left join inkomen on inkomen.aanvraag = aanvraag.aanvraag
    left join voertuig on voertuig.aanvraag = aanvraag.aanvraag
    left join {{ ref('int_kwijtschelding__bijstand') }} as bijstand on bijstand.aanvraag = aanvraag.aanvraag
    left join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = aanvraag.persoon
    left join (select distinct aanvraag from {{ ref('int_kwijtschelding__onderneming') }}) as onderneming
        on onderneming.aanvraag = aanvraag.aanvraag
    left join (select distinct aanvraag from {{ ref('int_kwijtschelding__brp') }}) as brp
        on brp.aanvraag = aanvraag.aanvraag
),

met_inkomen as (
    select
        gegevens.*,
        case
            when is_vrij_van_inkomenstoets or is_inkomen_onbekend or not {{ aanwezig('uwv.inkomstenopgave') }} then null
            when is_inkomen_onvolledig and coalesce(netto <= kosten_van_bestaan, true) then null
            else netto
        end as netto_inkomen_maand
    from gegevens
),

beoordeeld as (
    select
        met_inkomen.*,
        coalesce(netto_inkomen_maand > kosten_van_bestaan, false) as heeft_te_veel_inkomen,
        aantal_voertuigen > 1 as heeft_te_veel_voertuigen,
        case
            when heeft_te_veel_volwassenen then 'drie_of_meer_volwassenen'
            when {{ aanwezig('brp.persoon') }} and is_niet_in_brp then 'niet_in_brp'
            when not ({{ aanwezig('brp.persoon') }} and {{ aanwezig('rdw.voertuigbezit') }}
                      and {{ aanwezig('kvk.functionaris') }}
                      and (is_vrij_van_inkomenstoets or {{ aanwezig('uwv.inkomstenopgave') }}))
                then 'bron_ontbreekt'
            when is_vrij_van_inkomenstoets then
                case when heeft_onbekend_voertuig then 'voertuig_onbekend'
                     when heeft_voertuig_zonder_waarde then 'voertuigwaarde_onbekend' end
            when is_inkomen_onbekend or is_inkomen_onvolledig then 'inkomen_niet_te_bepalen'
            when kosten_van_bestaan is null then 'norm_ontbreekt'
            when heeft_onbekend_voertuig then 'voertuig_onbekend'
            when heeft_voertuig_zonder_waarde then 'voertuigwaarde_onbekend'
        end as reden_niet_te_bepalen
    from met_inkomen
),

met_uitkomst as (
    select
        beoordeeld.*,
        case
            when netto_inkomen_maand is not null and kosten_van_bestaan is not null
                then greatest(0, 12 * (netto_inkomen_maand - kosten_van_bestaan))
        end as betalingscapaciteit,
        heeft_te_veel_voertuigen or heeft_boven_vrijstelling or heeft_onderneming or heeft_afwijking
            as heeft_andere_belemmering,
        case
            when heeft_te_veel_volwassenen then 'NIET_TE_BEPALEN'
            when heeft_te_veel_inkomen or heeft_te_veel_voertuigen or heeft_boven_vrijstelling or heeft_onderneming
                or heeft_afwijking then 'BELEMMERING'
            when reden_niet_te_bepalen is not null then 'NIET_TE_BEPALEN'
            else 'GEEN_BELEMMERING'
        end as uitkomst
    from beoordeeld
)

select
    aanvraag,
    ontvanger,
    aanvraagnummer,
    persoon,
    partner,
    soort,
    belastingjaar,
    huishoudtype,
    aantal_volwassenen,
    percentage,
    norm,
    norm_waarde,
    kosten_van_bestaan,
    netto_inkomen_maand,
    betalingscapaciteit,
    bedrag_aanslag,
    case
        when bedrag_aanslag is not null and uitkomst <> 'NIET_TE_BEPALEN' and reden_niet_te_bepalen is null and not heeft_andere_belemmering
            then greatest(0, bedrag_aanslag - {{ gedeeld_door(
                'coalesce(betalingscapaciteit, 0) * ' ~ norm('kw_aandeel_betalingscapaciteit'), 100) }})
    end as bedrag_kwijtschelding,
    is_vrij_van_inkomenstoets,
    heeft_te_veel_inkomen,
    heeft_te_veel_voertuigen,
    aantal_voertuigen,
    uitkomst,
    reden_niet_te_bepalen,
    levering_nr,
    record_nr
from met_uitkomst
