-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    norm,
    waarde,
    eenheid,
    geldig_van,
    geldig_tot,
    bron
from {{ invoer('referentie', 'norm') }}
