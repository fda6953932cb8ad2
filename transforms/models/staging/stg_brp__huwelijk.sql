-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('partner') }} as partner,
    datum_sluiting,
    datum_ontbinding,
    indicatie_onjuist,
    actueel
from {{ invoer('brp', 'huwelijk') }}
