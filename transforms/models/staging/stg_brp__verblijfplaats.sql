-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    gemeente_van_inschrijving,
    datum_inschrijving,
    datum_begin,
    land_buitenland,
    datum_vertrek,
    indicatie_onjuist,
    actueel
from {{ invoer('brp', 'verblijfplaats') }}
