-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('partner') }} as partner,
    wet,
    datum_begin,
    datum_einde
from {{ invoer('gemeente', 'uitkeringsverhouding') }}
