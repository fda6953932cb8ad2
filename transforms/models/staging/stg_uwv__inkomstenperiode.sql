-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('loonheffingennummer') }} as loonheffingennummer,
    volgnummer_ikv,
    datum_begin_ikv,
    datum_begin,
    datum_einde,
    code_soort_ikv
from {{ invoer('uwv', 'inkomstenperiode') }}
