-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    niveau,
    startkwalificatie,
    speciaal,
    omschrijving
from {{ invoer('referentie', 'niveau_opleiding') }}
