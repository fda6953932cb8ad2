-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select
    levering_nr,
    record_nr,
    {{ pseudoniem('persoon') }} as persoon,
    {{ pseudoniem('loonheffingennummer') }} as loonheffingennummer,
    volgnummer_ikv,
    datum_begin_ikv,
    datum_begin,
    datum_einde,
    aantal_verloonde_uren,
    bedrag_loon_sv,
    bedrag_loon_lb,
    bedrag_ingehouden_lb
from {{ invoer('uwv', 'inkomstenopgave') }}
