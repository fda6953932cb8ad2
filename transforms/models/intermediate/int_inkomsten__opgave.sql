{% set populatie = '(select persoon from ' ~ ref('int_inkomsten__populatie') ~ ' where reden_uitgesloten is null) as populatie' %}
-- De inkomstenopgaven van de periode, met de soort van de inkomstenverhouding.
select
    persoon,
    loonheffingennummer,
    volgnummer_ikv,
    datum_begin_ikv,
    naam_werkgever,
    datum_begin,
    datum_einde,
    code_soort_ikv,
    groep,
    soort_inkomen,
    aantal_verloonde_uren,
    bedrag_loon_sv,
    bedrag_loon_lb,
    bedrag_ingehouden_lb,
    levering_nr,
    record_nr,
    levering_nr_ikp,
    record_nr_ikp
from ({{ opgaven(populatie, maand(), maand(), ref('int_inkomsten__ikv'), ref('int_inkomsten__soort')) }}) as opgaven
