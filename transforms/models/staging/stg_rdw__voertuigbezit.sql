-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    kenteken,
    datum_begin,
    datum_einde
from {{ invoer('rdw', 'voertuigbezit') }}
