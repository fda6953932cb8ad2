-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    kvk_nummer,
    naam,
    rechtsvorm,
    datum_aanvang,
    datum_einde,
    sbi_hoofdactiviteit,
    straatnaam,
    huisnummer,
    postcode,
    plaats
from {{ invoer('kvk', 'onderneming') }}
