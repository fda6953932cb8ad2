-- Jongeren zonder onderwijs: zonder startkwalificatie (D1), uit praktijkonderwijs of vso (D2), of ouder met weinig inkomen
-- (D3), met hun prioriteit.
select
    signaal_id,
    signaal_code,
    ontvanger,
    {{ pseudoniem_binair('persoon') }} as persoon,
    {{ pseudoniem_binair('null') }} as partner,
    onderwerp,
    ingang,
    cast(null as date) as einde,
    {{ peildatum() }} as peildatum,
    cast(null as string) as uitkomst,
    doelgroep,
    cast(prioriteit as integer) as prioriteit,
    leeftijd,
    inkomen_werk,
    laatste_niveau,
    {{ laatst_mogelijke_datum('datum_uitschrijving') }} as datum_uitschrijving
from {{ ref('int_vsv__signaal') }}
