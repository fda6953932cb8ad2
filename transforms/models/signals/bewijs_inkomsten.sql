-- De feiten onder elk signaal van inkomsten, met de plaats in de bron.
with signaal as {{ zonder_kopie() }} (select * from {{ ref('int_inkomsten__signaal') }}),

opgave as {{ zonder_kopie() }} (
    select signaal.signaal_id, opgave.*
    from signaal
    inner join {{ ref('int_inkomsten__opgave') }} as opgave on {{ zelfde_ikv('opgave', 'signaal') }}
    where signaal.signaal_code = 'INK-02'
),

bijstand as {{ zonder_kopie() }} (select * from signaal where tabel_bijstand = 'bijstandspopulatie'),

gevolgd as {{ zonder_kopie() }} (select * from signaal where tabel_bijstand = 'volgverzoek'),

ikv as {{ zonder_kopie() }} (select * from signaal where signaal_code in ('INK-01', 'INK-03')),

herzien as {{ zonder_kopie() }} (select * from signaal where signaal_code = 'INK-04' and tabel_correctie = 'inkomstenopgave'),

ingetrokken as {{ zonder_kopie() }} (select * from signaal where signaal_code = 'INK-04' and tabel_correctie = 'inkomstenverhouding'),

correctie as {{ zonder_kopie() }} (select * from signaal where signaal_code = 'INK-04')

{{ bewijs([
    feiten('bijstand', 'gemeente', 'bijstandspopulatie', 1, [
        ['regeling', 'regeling'],
        ['datum_ingang', datum_tekst('datum_ingang_bijstand')],
        ['datum_einde', datum_tekst('datum_einde_bijstand')],
    ], 'levering_nr_bijstand', 'record_nr_bijstand'),
    feiten('gevolgd', 'gemeente', 'volgverzoek', 1, [
        ['datum_van', datum_tekst('datum_ingang_bijstand')],
        ['datum_tot', datum_tekst('datum_einde_bijstand')],
    ], 'levering_nr_bijstand', 'record_nr_bijstand'),
    feiten('signaal', 'brp', 'verblijfplaats', 2, [
        ['gemeente_van_inschrijving', 'gemeente_van_inschrijving'],
    ], 'levering_nr_verblijf', 'record_nr_verblijf'),
    feiten('ikv', 'uwv', 'inkomstenverhouding', 3, [
        ['datum_begin', datum_tekst('datum_begin_ikv')],
        ['datum_einde', datum_tekst('datum_einde_ikv')],
    ]),
    feiten('signaal', 'uwv', 'inkomstenperiode', 4, [
        ['code_soort_ikv', 'code_soort_ikv'],
        ['soort_inkomen', 'soort_inkomen'],
    ], 'levering_nr_ikp', 'record_nr_ikp'),
    feiten('opgave', 'uwv', 'inkomstenperiode', 4, [
        ['code_soort_ikv', 'code_soort_ikv'],
        ['soort_inkomen', 'soort_inkomen'],
    ], 'levering_nr_ikp', 'record_nr_ikp'),
    feiten('opgave', 'uwv', 'inkomstenopgave', 5, [
        ['datum_begin', datum_tekst('datum_begin')],
        ['bedrag_loon_sv', tekst('bedrag_loon_sv')],
        ['bedrag_loon_lb', tekst('bedrag_loon_lb')],
        ['bedrag_ingehouden_lb', tekst('bedrag_ingehouden_lb')],
        ['aantal_verloonde_uren', tekst('aantal_verloonde_uren')],
    ]),
    feiten('correctie', 'uwv', 'inkomstenopgave', 6, [
        ['bedrag_was', tekst('bedrag_was')],
        ['bedrag_loon_lb_was', tekst('was_bedrag_loon_lb')],
        ['bedrag_ingehouden_lb_was', tekst('was_bedrag_ingehouden_lb')],
        ['aantal_verloonde_uren_was', tekst('was_aantal_verloonde_uren')],
    ], 'levering_nr_was', 'record_nr_was'),
    feiten('herzien', 'uwv', 'inkomstenopgave', 7, [
        ['bedrag_is', tekst('bedrag_is')],
        ['bedrag_loon_lb_is', tekst('bedrag_loon_lb')],
        ['bedrag_ingehouden_lb_is', tekst('bedrag_ingehouden_lb')],
        ['aantal_verloonde_uren_is', tekst('aantal_verloonde_uren')],
    ]),
    feiten('ingetrokken', 'uwv', 'inkomstenverhouding', 7, [
        ['melding', "'INTREKKING'"],
    ]),
]) }}
