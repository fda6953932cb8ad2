-- De feiten onder elk signaal van kvk, met de plaats in de bron.
with signaal as {{ zonder_kopie() }} (select * from {{ ref('int_kvk__signaal') }}),

bijstand as {{ zonder_kopie() }} (select * from signaal where tabel_bijstand = 'bijstandspopulatie'),

gevolgd as {{ zonder_kopie() }} (select * from signaal where tabel_bijstand = 'volgverzoek'),

wijziging as {{ zonder_kopie() }} (
    select signaal.signaal_id, onderneming.*
    from signaal
    inner join {{ ref('int_kvk__onderneming') }} as onderneming on onderneming.kvk_nummer = signaal.kvk_nummer
    where signaal.signaal_code = 'KVK-03'
),

rechtsvorm as {{ zonder_kopie() }} (select * from wijziging where is_rechtsvorm_gewijzigd),

sbi as {{ zonder_kopie() }} (select * from wijziging where is_sbi_gewijzigd),

adres as {{ zonder_kopie() }} (select * from wijziging where is_adres_gewijzigd)

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
    feiten('signaal', 'kvk', 'functionaris', 3, [
        ['functie', 'functie'],
        ['datum_aanvang', datum_tekst('datum_aanvang')],
        ['datum_einde', datum_tekst('datum_einde')],
    ]),
    feiten('rechtsvorm', 'kvk', 'onderneming', 4, [['rechtsvorm_was', 'was_rechtsvorm']], 'levering_nr_was', 'record_nr_was'),
    feiten('rechtsvorm', 'kvk', 'onderneming', 5, [['rechtsvorm_is', 'rechtsvorm']]),
    feiten('sbi', 'kvk', 'onderneming', 4, [
        ['sbi_hoofdactiviteit_was', 'was_sbi_hoofdactiviteit'],
    ], 'levering_nr_was', 'record_nr_was'),
    feiten('sbi', 'kvk', 'onderneming', 5, [['sbi_hoofdactiviteit_is', 'sbi_hoofdactiviteit']]),
    feiten('adres', 'kvk', 'onderneming', 4, [['adres_was', 'was_adres']], 'levering_nr_was', 'record_nr_was'),
    feiten('adres', 'kvk', 'onderneming', 5, [['adres_is', 'adres']]),
]) }}
