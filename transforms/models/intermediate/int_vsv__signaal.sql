-- De jongeren die tot een doelgroep horen, met de records waar het signaal op rust.
with samen as (
    select
        concat_ws('', 'VSV-', jongere.doelgroep) as signaal_code,
        jongere.gemeente as ontvanger,
        '' as onderwerp,
        jongere.*
    from {{ ref('int_vsv__jongere') }} as jongere
    where jongere.reden_uitgesloten is null and jongere.doelgroep is not null
)

select
    {{ signaal_id('vsv') }} as signaal_id,
    signaal_code, ontvanger, onderwerp, ingang, persoon, doelgroep, prioriteit, leeftijd, heeft_grens_23plus,
    inkomen_werk, laatste_niveau, datum_uitschrijving, geboortedatum, gemeente_van_inschrijving,
    indicatie_startkwalificatie, regeling, tabel_inschrijving, levering_nr, record_nr, levering_nr_persoon,
    record_nr_persoon, levering_nr_verblijf, record_nr_verblijf, levering_nr_inschrijving,
    record_nr_inschrijving, levering_nr_niveau, record_nr_niveau, levering_nr_bijstand, record_nr_bijstand
from samen
