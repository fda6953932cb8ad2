-- De feiten onder elk signaal van VSV, met de plaats in de bron en de norm waaraan is getoetst.
with signaal as {{ zonder_kopie() }} (select * from {{ ref('int_vsv__signaal') }}),

jong as {{ zonder_kopie() }} (select * from signaal where doelgroep <> 'D3'),

ouder as {{ zonder_kopie() }} (select * from signaal where doelgroep = 'D3'),

overeenkomst as {{ zonder_kopie() }} (select * from signaal where tabel_inschrijving = 'onderwijsovereenkomst'),

deelname as {{ zonder_kopie() }} (select * from signaal where tabel_inschrijving = 'deelname'),

inkomen as {{ zonder_kopie() }} (
    select signaal.signaal_id, signaal.heeft_grens_23plus, inkomen.*
    from signaal
    inner join {{ ref('int_vsv__inkomen') }} as inkomen on inkomen.persoon = signaal.persoon
),

werk as {{ zonder_kopie() }} (select * from inkomen where aard = 'werk' and not heeft_grens_23plus),

werk_ouder as {{ zonder_kopie() }} (select * from inkomen where aard = 'werk' and heeft_grens_23plus),

uitkering as {{ zonder_kopie() }} (select * from inkomen where aard = 'uitkering')

{{ bewijs([
    feiten('jong', 'brp', 'persoon', 1, [
        ['geboortedatum', datum_tekst('geboortedatum'), 'vsv_leeftijd_van'],
        ['geboortedatum', datum_tekst('geboortedatum'), 'vsv_leeftijd_grens'],
    ], 'levering_nr_persoon', 'record_nr_persoon'),
    feiten('ouder', 'brp', 'persoon', 1, [
        ['geboortedatum', datum_tekst('geboortedatum'), 'vsv_leeftijd_grens'],
        ['geboortedatum', datum_tekst('geboortedatum'), 'vsv_d3_leeftijd_grens'],
    ], 'levering_nr_persoon', 'record_nr_persoon'),
    feiten('signaal', 'brp', 'verblijfplaats', 2, [
        ['gemeente_van_inschrijving', 'gemeente_van_inschrijving'],
    ], 'levering_nr_verblijf', 'record_nr_verblijf'),
    feiten('signaal', 'duo', 'persoon', 3, [
        ['indicatie_startkwalificatie', "case when indicatie_startkwalificatie then 'ja' else 'nee' end"],
    ]),
    feiten('overeenkomst', 'duo', 'onderwijsovereenkomst', 4, [
        ['datum_uitschrijving', datum_tekst('datum_uitschrijving')],
    ], 'levering_nr_inschrijving', 'record_nr_inschrijving'),
    feiten('deelname', 'duo', 'deelname', 4, [
        ['datum_einde', datum_tekst('datum_uitschrijving')],
    ], 'levering_nr_inschrijving', 'record_nr_inschrijving'),
    feiten('signaal', 'duo', 'deelname', 5, [
        ['code_niveau', 'laatste_niveau'],
    ], 'levering_nr_niveau', 'record_nr_niveau'),
    feiten('inkomen', 'uwv', 'inkomstenperiode', 6, [
        ['code_soort_ikv', 'code_soort_ikv'],
        ['soort_inkomen', 'soort_inkomen'],
    ], 'levering_nr_ikp', 'record_nr_ikp'),
    feiten('werk', 'uwv', 'inkomstenopgave', 7, [
        ['bedrag_loon_sv', tekst('bedrag_loon_sv'), 'vsv_inkomensgrens'],
    ]),
    feiten('werk_ouder', 'uwv', 'inkomstenopgave', 7, [
        ['bedrag_loon_sv', tekst('bedrag_loon_sv'), 'vsv_inkomensgrens_23plus'],
    ]),
    feiten('uitkering', 'uwv', 'inkomstenopgave', 8, [
        ['bedrag_loon_sv', tekst('bedrag_loon_sv')],
    ]),
    feiten('signaal', 'gemeente', 'bijstandspopulatie', 9, [
        ['regeling', 'regeling'],
    ], 'levering_nr_bijstand', 'record_nr_bijstand'),
]) }}
