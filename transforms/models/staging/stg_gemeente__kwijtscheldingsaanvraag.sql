-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    ontvanger,
    aanvraagnummer,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('partner') }} as partner,
    soort,
    belastingjaar,
    huishoudtype,
    aantal_volwassenen,
    indicatie_pensioengerechtigd,
    bedrag_aanslag
from {{ invoer('gemeente', 'kwijtscheldingsaanvraag') }}
