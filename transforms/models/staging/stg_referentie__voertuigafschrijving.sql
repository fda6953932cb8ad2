-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    leeftijd_van,
    leeftijd_tot,
    percentage,
    geldig_van,
    geldig_tot,
    bron
from {{ invoer('referentie', 'voertuigafschrijving') }}
