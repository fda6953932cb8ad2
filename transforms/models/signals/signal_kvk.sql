-- Inschrijvingen in het Handelsregister tijdens bijstand: begin (KVK-01), einde (KVK-02) en wijziging (KVK-03).
select
    signaal_id,
    signaal_code,
    ontvanger,
    {{ pseudoniem_binair('persoon') }} as persoon,
    {{ pseudoniem_binair('partner') }} as partner,
    onderwerp,
    ingang,
    einde,
    {{ peildatum() }} as peildatum,
    cast(null as string) as uitkomst,
    kvk_nummer,
    naam as naam_onderneming,
    functie,
    rechtsvorm,
    sbi_hoofdactiviteit,
    {{ vroegst_mogelijke_datum('datum_aanvang') }} as datum_aanvang,
    {{ laatst_mogelijke_datum('datum_einde') }} as datum_einde,
    gewijzigd,
    was,
    nu as {{ adapter.quote('is') }}
from {{ ref('int_kvk__signaal') }}
