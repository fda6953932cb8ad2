-- Auto's en motoren die in de periode op naam kwamen van wie op die dag bijstand had.
with bezit as (
    select persoon, kenteken, datum_begin, {{ laatst_getal('datum_begin') }} as dag, levering_nr, record_nr
    from {{ herleid('rdw', 'voertuigbezit', ref('int_autobezit__populatie')) }} as rijen
    where {{ in_periode('datum_begin') }}
),

voertuig as (
    select kenteken, soort_voertuig, levering_nr, record_nr
    from {{ herleid('rdw', 'voertuig', waar='kenteken in (select kenteken from bezit)') }} as rijen
),

auto as (
    select
        bezit.*,
        'AUT-01' as signaal_code,
        bezit.kenteken as onderwerp,
        {{ vroegst_mogelijke_datum('bezit.datum_begin') }} as ingang,
        voertuig.soort_voertuig,
        voertuig.levering_nr as levering_nr_voertuig,
        voertuig.record_nr as record_nr_voertuig
    from bezit
    inner join voertuig on voertuig.kenteken = bezit.kenteken
    where voertuig.soort_voertuig in ('P', 'M')
),

gekoppeld as (
    {{ met_bijstand('auto', ref('int_autobezit__populatie'), 'rij.persoon, rij.kenteken, rij.datum_begin',
                    loopt_op('bijstand.datum_ingang', 'bijstand.datum_einde', 'rij.dag')) }}
)

select
    {{ signaal_id('autobezit') }} as signaal_id,
    signaal_code, persoon, partner, ontvanger, onderwerp, ingang, kenteken, soort_voertuig, datum_begin, levering_nr,
    record_nr, levering_nr_voertuig, record_nr_voertuig, regeling, datum_ingang_bijstand, levering_nr_bijstand,
    record_nr_bijstand
from gekoppeld
