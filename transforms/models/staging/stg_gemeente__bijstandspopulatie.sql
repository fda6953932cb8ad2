-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    gemeentecode,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('partner') }} as partner,
    regeling,
    datum_ingang,
    datum_einde
from {{ invoer('gemeente', 'bijstandspopulatie') }}
