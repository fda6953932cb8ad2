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

adres as {{ zonder_kopie() }} (select * from wijziging where is_adres_gewijzigd),

feiten as (
    {{ feiten('bijstand', 'gemeente', 'bijstandspopulatie', 1, [
        ['regeling', 'regeling'],
        ['datum_ingang', datum_tekst('datum_ingang_bijstand')],
        ['datum_einde', datum_tekst('datum_einde_bijstand')],
    ], 'levering_nr_bijstand', 'record_nr_bijstand') }}
    union all
    {{ feiten('gevolgd', 'gemeente', 'volgverzoek', 1, [
        ['datum_van', datum_tekst('datum_ingang_bijstand')],
        ['datum_tot', datum_tekst('datum_einde_bijstand')],
    ], 'levering_nr_bijstand', 'record_nr_bijstand') }}
    union all
    {{ feiten('signaal', 'brp', 'verblijfplaats', 2, [
        ['gemeente_van_inschrijving', 'gemeente_van_inschrijving'],
    ], 'levering_nr_verblijf', 'record_nr_verblijf') }}
    union all
    {{ feiten('signaal', 'kvk', 'functionaris', 3, [
        ['functie', 'functie'],
        ['datum_aanvang', datum_tekst('datum_aanvang')],
        ['datum_einde', datum_tekst('datum_einde')],
    ]) }}
    {%- for cte, kenmerk, kolom in [
        ('rechtsvorm', 'rechtsvorm', 'rechtsvorm'),
        ('sbi', 'sbi_hoofdactiviteit', 'sbi_hoofdactiviteit'),
        ('adres', 'adres', 'adres'),
    ] %}
    union all
    {{ feiten(cte, 'kvk', 'onderneming', 4, [
        [kenmerk ~ '_was', 'was_' ~ kolom],
    ], 'levering_nr_was', 'record_nr_was') }}
    union all
    {{ feiten(cte, 'kvk', 'onderneming', 5, [[kenmerk ~ '_is', kolom]]) }}
    {%- endfor %}
)

{{ bewijs('feiten') }}
