-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    gemeentecode,
    {{ pseudoniem('persoon') }} as persoon,
    product,
    datum_van,
    datum_tot
from {{ invoer('gemeente', 'volgverzoek') }}
