-- Metingen na uitstroom uit de bijstand, een per gemeente en maand waarin bijstand stopte. Alleen aantallen, nooit een persoon.
select
    signaal_id,
    signaal_code,
    ontvanger,
    onderwerp,
    ingang,
    einde,
    {{ peildatum() }} as peildatum,
    maand_einde,
    cast(maanden_na_einde as integer) as maanden_na_einde,
    onderdrukking,
    cast(aantal_beeindigd as bigint) as aantal_beeindigd,
    cast(aantal_werk as bigint) as aantal_werk,
    cast(aantal_werk_en_uitkering as bigint) as aantal_werk_en_uitkering,
    cast(aantal_uitkering as bigint) as aantal_uitkering,
    cast(aantal_geen_van_beide as bigint) as aantal_geen_van_beide,
    cast(aantal_weer_bijstand as bigint) as aantal_weer_bijstand,
    cast(aantal_niet_gevolgd as bigint) as aantal_niet_gevolgd
from {{ ref('int_uitstroommonitor__meting') }}
