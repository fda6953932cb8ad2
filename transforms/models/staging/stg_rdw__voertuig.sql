-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    kenteken,
    soort_voertuig,
    merk,
    datum_eerste_toelating,
    bedrag_catalogusprijs,
    indicatie_export,
    indicatie_gesloopt
from {{ invoer('rdw', 'voertuig') }}
