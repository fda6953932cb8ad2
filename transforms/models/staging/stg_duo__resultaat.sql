-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    code_niveau,
    datum_resultaat,
    code_resultaat
from {{ invoer('duo', 'resultaat') }}
