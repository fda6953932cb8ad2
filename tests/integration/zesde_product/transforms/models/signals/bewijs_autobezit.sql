-- De feiten onder elk signaal van autobezit, met de plaats in de bron.
with signaal as (select * from {{ ref('int_autobezit__signaal') }})

{{ bewijs([
    feiten('signaal', 'gemeente', 'bijstandspopulatie', 1, [
        ['regeling', 'regeling'],
        ['datum_ingang', datum_tekst('datum_ingang_bijstand')],
    ], 'levering_nr_bijstand', 'record_nr_bijstand'),
    feiten('signaal', 'rdw', 'voertuigbezit', 2, [
        ['kenteken', 'kenteken'],
        ['datum_begin', datum_tekst('datum_begin')],
    ]),
    feiten('signaal', 'rdw', 'voertuig', 3, [
        ['soort_voertuig', 'soort_voertuig'],
    ], 'levering_nr_voertuig', 'record_nr_voertuig'),
]) }}
