-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    geboortedatum,
    datum_overlijden,
    datum_opschorting,
    reden_opschorting
from {{ invoer('brp', 'persoon') }}
