-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    ontvanger,
    soort,
    percentage_kosten_van_bestaan,
    aow_norm
from {{ invoer('referentie', 'ontvanger') }}
