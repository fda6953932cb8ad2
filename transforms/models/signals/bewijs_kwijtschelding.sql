-- De feiten onder elke uitkomst van kwijtschelding, met de plaats in de bron en de norm waaraan is getoetst.
with signaal as {{ zonder_kopie() }} (select * from {{ ref('int_kwijtschelding__signaal') }}),

getoetst_op_inkomen as {{ zonder_kopie() }} (select * from signaal where netto_inkomen_maand is not null),

inkomen as {{ zonder_kopie() }} (
    select signaal.signaal_id, inkomen.*
    from getoetst_op_inkomen as signaal
    inner join {{ ref('int_kwijtschelding__inkomen') }} as inkomen on inkomen.aanvraag = signaal.aanvraag
),

bijstand as {{ zonder_kopie() }} (
    select signaal.signaal_id, bijstand.*
    from signaal
    inner join {{ ref('int_kwijtschelding__bijstand') }} as bijstand on bijstand.aanvraag = signaal.aanvraag
    where signaal.is_vrij_van_inkomenstoets and signaal.signaal_code in ('KW-GEEN', 'KW-NTB')
),

bijstand_populatie as {{ zonder_kopie() }} (select * from bijstand where tabel = 'bijstandspopulatie'),

bijstand_verhouding as {{ zonder_kopie() }} (select * from bijstand where tabel = 'uitkeringsverhouding'),

voertuig as {{ zonder_kopie() }} (
    select signaal.signaal_id, signaal.signaal_code, voertuig.*
    from signaal
    inner join {{ ref('int_kwijtschelding__voertuig') }} as voertuig
        on voertuig.aanvraag = signaal.aanvraag
        and (signaal.signaal_code <> 'KW-VTG-W' or voertuig.kenteken = signaal.kenteken)
    where signaal.signaal_code in ('KW-VTG-W', 'KW-VTG-2', 'KW-GEEN')
),

gewaardeerd as {{ zonder_kopie() }} (select * from voertuig where signaal_code <> 'KW-VTG-2'),

afgeschreven as {{ zonder_kopie() }} (select * from gewaardeerd where not is_oude_motor),

oude_motor as {{ zonder_kopie() }} (select * from gewaardeerd where is_oude_motor),

onderneming as {{ zonder_kopie() }} (
    select signaal.signaal_id, onderneming.*
    from signaal
    inner join {{ ref('int_kwijtschelding__onderneming') }} as onderneming
        on onderneming.aanvraag = signaal.aanvraag and onderneming.kvk_nummer = signaal.kvk_nummer
),

brp as {{ zonder_kopie() }} (
    select signaal.signaal_id, brp.*
    from signaal
    inner join {{ ref('int_kwijtschelding__brp') }} as brp
        on brp.aanvraag = signaal.aanvraag and brp.reden = signaal.reden
    where signaal.signaal_code = 'KW-BRP'
),

overleden as {{ zonder_kopie() }} (select * from brp where tabel = 'persoon'),

verblijf as {{ zonder_kopie() }} (select * from brp where tabel = 'verblijfplaats'),

huwelijk as {{ zonder_kopie() }} (select * from brp where tabel = 'huwelijk'),

volwassenen as {{ zonder_kopie() }} (select * from signaal where reden = 'drie_of_meer_volwassenen')

{{ bewijs([
    feiten('signaal', 'gemeente', 'kwijtscheldingsaanvraag', 1, [
        ['belastingjaar', tekst('belastingjaar')],
    ]),
    feiten('volwassenen', 'gemeente', 'kwijtscheldingsaanvraag', 2, [
        ['aantal_volwassenen', tekst('aantal_volwassenen')],
    ]),
    feiten('getoetst_op_inkomen', 'gemeente', 'kwijtscheldingsaanvraag', 3, [
        ['huishoudtype', 'huishoudtype', 'norm', 'norm_waarde'],
        ['percentage_kosten_van_bestaan', tekst('percentage')],
        ['kosten_van_bestaan', tekst('kosten_van_bestaan')],
        ['netto_inkomen_maand', tekst('netto_inkomen_maand'), 'kw_maanden_inkomen'],
        ['betalingscapaciteit', tekst('betalingscapaciteit'), 'kw_aandeel_betalingscapaciteit'],
        ['bedrag_aanslag', tekst('bedrag_aanslag')],
    ]),
    feiten('inkomen', 'uwv', 'inkomstenopgave', 4, [
        ['maand', tekst('maand')],
        ['bedrag_loon_lb', tekst('bedrag_loon_lb')],
        ['bedrag_ingehouden_lb', tekst('bedrag_ingehouden_lb')],
    ]),
    feiten('bijstand_populatie', 'gemeente', 'bijstandspopulatie', 5, [['regeling', 'wet']]),
    feiten('bijstand_verhouding', 'gemeente', 'uitkeringsverhouding', 5, [['wet', 'wet']]),
    feiten('voertuig', 'rdw', 'voertuigbezit', 6, [
        ['kenteken', 'kenteken'],
    ], 'levering_nr_bezit', 'record_nr_bezit'),
    feiten('gewaardeerd', 'rdw', 'voertuig', 7, [
        ['bedrag_catalogusprijs', tekst('bedrag_catalogusprijs')],
        ['datum_eerste_toelating', datum_tekst('datum_eerste_toelating')],
        ['waarde_indicatief', tekst('waarde'), 'kw_auto_vrijstelling'],
    ]),
    feiten('afgeschreven', 'rdw', 'voertuig', 7, [
        ['leeftijd', tekst('leeftijd'), "'voertuigafschrijving'", 'percentage'],
    ]),
    feiten('oude_motor', 'rdw', 'voertuig', 7, [
        ['leeftijd', tekst('leeftijd'), 'kw_motor_leeftijd_oud'],
        ['soort_voertuig', 'soort_voertuig', 'kw_motor_waarde_oud'],
    ]),
    feiten('onderneming', 'kvk', 'functionaris', 8, [
        ['functie', 'functie'],
        ['datum_aanvang', datum_tekst('datum_aanvang')],
    ]),
    feiten('overleden', 'brp', 'persoon', 9, [['datum_overlijden', 'waarde']]),
    feiten('verblijf', 'brp', 'verblijfplaats', 9, [['gemeente_van_inschrijving', 'waarde']]),
    feiten('huwelijk', 'brp', 'huwelijk', 9, [['datum_sluiting', 'waarde']]),
]) }}
