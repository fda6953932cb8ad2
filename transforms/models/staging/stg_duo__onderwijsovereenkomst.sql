-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    brin,
    datum_inschrijving,
    datum_uitschrijving
from {{ invoer('duo', 'onderwijsovereenkomst') }}
