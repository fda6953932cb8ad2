-- Een rij per belemmering van een aanvraag, of een rij als er geen is of als het niet te bepalen is.
with uitkomst as (select * from {{ ref('int_kwijtschelding__uitkomst') }}),

belemmerd as (select * from uitkomst where uitkomst = 'BELEMMERING'),

rijen as (
    select
        'KW-INK' as signaal_code, aanvraag, aanvraag as onderwerp, cast(null as string) as reden,
        netto_inkomen_maand, kosten_van_bestaan, betalingscapaciteit,
        cast(null as string) as kenteken, cast(null as bigint) as waarde_voertuig,
        cast(null as integer) as aantal_voertuigen, cast(null as string) as kvk_nummer
    from belemmerd
    where heeft_te_veel_inkomen
    union all
    select
        'KW-VTG-W', belemmerd.aanvraag, concat_ws('', belemmerd.aanvraag, '/', voertuig.kenteken), null, null, null, null,
        voertuig.kenteken, voertuig.waarde, belemmerd.aantal_voertuigen, null
    from belemmerd
    inner join {{ ref('int_kwijtschelding__voertuig') }} as voertuig on voertuig.aanvraag = belemmerd.aanvraag
    where voertuig.waarde > {{ norm('kw_auto_vrijstelling') }}
    union all
    select 'KW-VTG-2', aanvraag, aanvraag, null, null, null, null, null, null, aantal_voertuigen, null
    from belemmerd
    where heeft_te_veel_voertuigen
    union all
    select
        'KW-OND', belemmerd.aanvraag, concat_ws('', belemmerd.aanvraag, '/', onderneming.kvk_nummer), null, null, null, null,
        null, null, null, onderneming.kvk_nummer
    from belemmerd
    inner join {{ ref('int_kwijtschelding__onderneming') }} as onderneming on onderneming.aanvraag = belemmerd.aanvraag
    union all
    select
        'KW-BRP', belemmerd.aanvraag, concat_ws('', belemmerd.aanvraag, '/', brp.reden), brp.reden, null, null, null,
        null, null, null, null
    from belemmerd
    inner join (select distinct aanvraag, reden from {{ ref('int_kwijtschelding__brp') }}) as brp
        on brp.aanvraag = belemmerd.aanvraag
    union all
    select 'KW-NTB', aanvraag, aanvraag, reden_niet_te_bepalen, null, null, null, null, null, null, null
    from uitkomst
    where uitkomst = 'NIET_TE_BEPALEN'
    union all
    select
        'KW-GEEN', aanvraag, aanvraag, null, netto_inkomen_maand, kosten_van_bestaan, betalingscapaciteit,
        null, null, null, null
    from uitkomst
    where uitkomst = 'GEEN_BELEMMERING'
),

samen as (
    select
        rijen.signaal_code, uitkomst.ontvanger, uitkomst.persoon, uitkomst.partner, rijen.onderwerp,
        {{ kalenderdag('uitkomst.belastingjaar', 1, 1) }} as ingang,
        uitkomst.uitkomst, rijen.aanvraag, uitkomst.aanvraagnummer, uitkomst.soort, uitkomst.belastingjaar, rijen.reden,
        rijen.netto_inkomen_maand, rijen.kosten_van_bestaan, rijen.betalingscapaciteit,
        case when rijen.signaal_code in ('KW-INK', 'KW-GEEN') then uitkomst.bedrag_kwijtschelding end as bedrag_kwijtschelding,
        uitkomst.bedrag_aanslag,
        rijen.kenteken, rijen.waarde_voertuig, rijen.aantal_voertuigen, rijen.kvk_nummer,
        uitkomst.huishoudtype, uitkomst.aantal_volwassenen, uitkomst.percentage, uitkomst.norm, uitkomst.norm_waarde,
        uitkomst.is_vrij_van_inkomenstoets, uitkomst.levering_nr, uitkomst.record_nr
    from rijen
    inner join uitkomst on uitkomst.aanvraag = rijen.aanvraag
)

select
    {{ signaal_id('kwijtschelding') }} as signaal_id,
    signaal_code, ontvanger, persoon, partner, onderwerp, ingang, uitkomst, aanvraag, aanvraagnummer, soort,
    belastingjaar, reden, netto_inkomen_maand, kosten_van_bestaan, betalingscapaciteit, bedrag_kwijtschelding,
    bedrag_aanslag, kenteken, waarde_voertuig, aantal_voertuigen, kvk_nummer, huishoudtype, aantal_volwassenen,
    percentage, norm, norm_waarde, is_vrij_van_inkomenstoets, levering_nr, record_nr
from samen
