-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('partner') }} as partner,
    wet,
    datum_aanvraag,
    code_beslissing,
    datum_beslissing
from {{ invoer('gemeente', 'bijstandsaanvraag') }}
