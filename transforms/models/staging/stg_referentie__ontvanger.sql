-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    ontvanger,
    soort,
    percentage_kosten_van_bestaan
from {{ invoer('referentie', 'ontvanger') }}
