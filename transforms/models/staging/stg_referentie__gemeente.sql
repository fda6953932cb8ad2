-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    gemeentecode,
    gemeentenaam,
    opvolger,
    gemeente_actueel,
    rmc_regio,
    geldig_van,
    geldig_tot
from {{ invoer('referentie', 'gemeente') }}
