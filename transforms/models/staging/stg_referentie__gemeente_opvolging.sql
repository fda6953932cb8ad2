-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    gemeentecode,
    gemeente,
    geldig_van,
    geldig_tot
from {{ invoer('referentie', 'gemeente_opvolging') }}
