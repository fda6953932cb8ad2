-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    kenteken,
    datum_begin,
    datum_einde,
    code_status,
    datum_status
from {{ invoer('rdw', 'voertuigbezit') }}
