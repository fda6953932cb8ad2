-- Auto's en motoren die tijdens bijstand op naam kwamen.
select
    signaal_id,
    signaal_code,
    ontvanger,
    {{ pseudoniem_binair('persoon') }} as persoon,
    {{ pseudoniem_binair('partner') }} as partner,
    onderwerp,
    ingang,
    cast(null as date) as einde,
    {{ peildatum() }} as peildatum,
    cast(null as string) as uitkomst,
    kenteken,
    soort_voertuig,
    {{ vroegst_mogelijke_datum('datum_begin') }} as datum_begin
from {{ ref('int_autobezit__signaal') }}
