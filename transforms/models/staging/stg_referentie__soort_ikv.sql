-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    code,
    groep,
    omschrijving,
    geldig_van,
    geldig_tot
from {{ invoer('referentie', 'soort_ikv') }}
