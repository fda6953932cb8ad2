-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    levering_id,
    bron,
    periode,
    ontvangen_op
from {{ invoer('run', 'levering') }}
