-- De signalen met de records waar ze op rusten.
with functie as (select * from {{ ref('int_kvk__functie') }}),

-- KVK-01: begonnen in de periode, of eerder begonnen terwijl een levering die het had kunnen melden het niet had.
begonnen as (
    select
        'KVK-01' as signaal_code, concat_ws('', kvk_nummer, '/', coalesce(functie, '')) as onderwerp,
        {{ laatst_getal('datum_aanvang') }} as dag, {{ vroegst_mogelijke_datum('datum_aanvang') }} as ingang, functie.*
    from functie
    where {{ in_periode('datum_aanvang') }}
        or (
            not was_bekend
            and {{ laatst_getal('datum_aanvang') }} < {{ eerste_dag() }}
            and {{ maand_tekst(laatst_getal('datum_aanvang')) }} <= (
                select max(periode) from {{ ref('stg_run__levering') }} where bron = 'kvk' and periode < {{ periode() }}
            )
        )
),

-- KVK-02: geeindigd in de periode, of eerder geeindigd terwijl dat pas nu is gemeld.
geeindigd as (
    select
        'KVK-02' as signaal_code, concat_ws('', kvk_nummer, '/', coalesce(functie, '')) as onderwerp,
        {{ laatst_getal('datum_einde') }} as dag,
        coalesce({{ vroegst_mogelijke_datum('datum_aanvang') }}, {{ laatst_mogelijke_datum('datum_einde') }}) as ingang,
        functie.*
    from functie
    where {{ laatst_getal('datum_einde') }} <= {{ peildag() }}
        and (
            {{ laatst_getal('datum_einde') }} >= {{ eerste_dag() }}
            or (was_bekend and periode_levering = {{ periode() }} and was_datum_einde is distinct from datum_einde)
        )
),

-- KVK-03: een keer per onderneming, hoeveel functies de persoon er ook heeft.
gewijzigd as (
    select signaal_code, onderwerp, dag, ingang, persoon, kvk_nummer, functie, datum_aanvang, datum_einde,
        periode_levering, was_bekend, was_datum_einde, levering_nr, record_nr
    from (
        select
            'KVK-03' as signaal_code, functie.kvk_nummer as onderwerp,
            {{ peildag() }} as dag, {{ eerste_datum() }} as ingang, functie.*,
            row_number() over (
                partition by functie.persoon, functie.kvk_nummer order by functie.functie, functie.datum_aanvang desc
            ) as rang
        from functie
        inner join {{ ref('int_kvk__onderneming') }} as onderneming
            on onderneming.kvk_nummer = functie.kvk_nummer and onderneming.gewijzigd is not null
        where {{ loopt_in_periode('functie.datum_aanvang', 'functie.datum_einde') }}
    ) as gerangschikt
    where rang = 1
),

gebeurtenissen as (
    select * from begonnen
    union all
    select * from geeindigd
    union all
    select * from gewijzigd
),

-- Begin en einde worden gemeld als de bijstand op die dag liep, een wijziging als zij in de periode loopt.
gekoppeld as (
    {{ met_bijstand(
        'gebeurtenissen', ref('int_kvk__populatie'), 'rij.signaal_code, rij.persoon, rij.onderwerp, rij.ingang',
        "rij.signaal_code = 'KVK-03' or " ~ loopt_op('bijstand.datum_ingang', 'bijstand.datum_einde', 'rij.dag')
    ) }}
),

samen as (
    select
        gekoppeld.signaal_code, gekoppeld.persoon, gekoppeld.partner, gekoppeld.ontvanger, gekoppeld.onderwerp,
        gekoppeld.ingang,
        {{ laatst_mogelijke_datum('gekoppeld.datum_einde') }} as einde,
        gekoppeld.kvk_nummer, onderneming.naam, gekoppeld.functie, onderneming.rechtsvorm,
        onderneming.sbi_hoofdactiviteit, gekoppeld.datum_aanvang, gekoppeld.datum_einde,
        case when gekoppeld.signaal_code = 'KVK-03' then onderneming.gewijzigd end as gewijzigd,
        case when gekoppeld.signaal_code = 'KVK-03' then onderneming.was end as was,
        case when gekoppeld.signaal_code = 'KVK-03' then onderneming.nu end as nu,
        gekoppeld.regeling, gekoppeld.tabel_bijstand, gekoppeld.datum_ingang_bijstand, gekoppeld.datum_einde_bijstand,
        gekoppeld.levering_nr_bijstand, gekoppeld.record_nr_bijstand,
        gekoppeld.gemeente_van_inschrijving, gekoppeld.levering_nr_verblijf, gekoppeld.record_nr_verblijf,
        gekoppeld.levering_nr, gekoppeld.record_nr
    from gekoppeld
    left join {{ ref('int_kvk__onderneming') }} as onderneming on onderneming.kvk_nummer = gekoppeld.kvk_nummer
)

select
    {{ signaal_id('kvk') }} as signaal_id,
    signaal_code, persoon, partner, ontvanger, onderwerp, ingang, einde, kvk_nummer, naam, functie, rechtsvorm,
    sbi_hoofdactiviteit, datum_aanvang, datum_einde, gewijzigd, was, nu, regeling, tabel_bijstand,
    datum_ingang_bijstand, datum_einde_bijstand, levering_nr_bijstand, record_nr_bijstand,
    gemeente_van_inschrijving, levering_nr_verblijf, record_nr_verblijf, levering_nr, record_nr
from samen
