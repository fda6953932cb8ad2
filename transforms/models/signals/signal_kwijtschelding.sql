-- De uitkomst van de toets per aanvraag, met een rij per belemmering. De waarde van een voertuig is indicatief.
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
    uitkomst,
    aanvraagnummer,
    soort,
    belastingjaar,
    reden,
    cast(netto_inkomen_maand as bigint) as netto_inkomen_maand,
    cast(kosten_van_bestaan as bigint) as kosten_van_bestaan,
    cast(betalingscapaciteit as bigint) as betalingscapaciteit,
    kenteken,
    cast(waarde_voertuig as bigint) as waarde_voertuig,
    aantal_voertuigen,
    kvk_nummer
from {{ ref('int_kwijtschelding__signaal') }}
