-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    kvk_nummer,
    functie,
    datum_aanvang,
    datum_einde
from {{ invoer('kvk', 'functionaris') }}
