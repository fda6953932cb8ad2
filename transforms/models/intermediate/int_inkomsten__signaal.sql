{% set leeg = 'cast(null as bigint)' %}
-- De signalen met de records waar ze op rusten. Bijstand zelf (groep bijstand) is geen inkomen en geeft geen signaal.
with ikv as (select * from {{ ref('int_inkomsten__ikv') }} where melding <> 'INTREKKING'),

-- INK-01: begonnen in de periode, of eerder begonnen terwijl een levering die het had kunnen melden het niet had.
begonnen as (
    select 'INK-01' as signaal_code, {{ laatst_getal('datum_begin_ikv') }} as dag, ikv.*
    from ikv
    where {{ in_periode('datum_begin_ikv') }}
        or (
            not was_bekend
            and {{ laatst_getal('datum_begin_ikv') }} < {{ eerste_dag() }}
            and {{ maand_tekst(laatst_getal('datum_begin_ikv')) }} <= (
                select max(periode) from {{ ref('stg_run__levering') }} where bron = 'uwv' and periode < {{ periode() }}
            )
        )
),

-- INK-03: geeindigd in de periode, of eerder geeindigd terwijl dat pas nu is gemeld.
geeindigd as (
    select 'INK-03' as signaal_code, {{ laatst_getal('datum_einde_ikv') }} as dag, ikv.*
    from ikv
    where {{ laatst_getal('datum_einde_ikv') }} <= {{ peildag() }}
        and (
            {{ laatst_getal('datum_einde_ikv') }} >= {{ eerste_dag() }}
            or (was_bekend and periode_levering = {{ periode() }} and was_datum_einde_ikv is distinct from datum_einde_ikv)
        )
),

-- Begin en einde worden gemeld als de bijstand op die dag liep: anders was er geen samenloop.
gebeurtenissen as (select * from begonnen union all select * from geeindigd),

gebeurtenis_met_soort as ({{ met_soort('gebeurtenissen', ref('int_inkomsten__soort'), 'dag') }}),

gebeurtenis as (
    {{ met_bijstand(
        'gebeurtenis_met_soort', ref('int_inkomsten__populatie'),
        "rij.signaal_code, rij.persoon, rij.loonheffingennummer, rij.volgnummer_ikv, rij.datum_begin_ikv",
        "coalesce(rij.groep, '') <> 'bijstand' and "
        ~ loopt_op('bijstand.datum_ingang', 'bijstand.datum_einde', 'rij.dag')
    ) }}
),

-- INK-02: per inkomstenverhouding de som van de opgaven van de maand, met het totaal van de persoon. Wat UWV niet geeft
-- blijft leeg; nul is een gegeven.
per_ikv as (
    select
        {{ ikv_velden() | join(', ') }},
        max(naam_werkgever) as naam_werkgever,
        min(code_soort_ikv) as code_soort_ikv,
        cast(sum(bedrag_loon_sv) as bigint) as bedrag_loon_sv,
        cast(sum(bedrag_loon_lb) as bigint) as bedrag_loon_lb,
        cast(sum(bedrag_ingehouden_lb) as bigint) as bedrag_ingehouden_lb,
        cast(sum(aantal_verloonde_uren) as integer) as aantal_verloonde_uren
    from {{ ref('int_inkomsten__opgave') }}
    where coalesce(groep, '') <> 'bijstand'
    group by {{ ikv_velden() | join(', ') }}
),

met_totaal as (
    select
        per_ikv.*,
        cast(sum(bedrag_loon_sv) over (partition by persoon) as bigint) as totaal_loon_sv,
        cast(sum(bedrag_loon_lb) over (partition by persoon) as bigint) as totaal_loon_lb,
        cast(sum(bedrag_ingehouden_lb) over (partition by persoon) as bigint) as totaal_ingehouden_lb
    from per_ikv
),

inkomen as (
    {{ met_bijstand(
        'met_totaal', ref('int_inkomsten__populatie'),
        "rij.persoon, rij.loonheffingennummer, rij.volgnummer_ikv, rij.datum_begin_ikv",
        "(coalesce(rij.bedrag_loon_sv, 0) <> 0 or coalesce(rij.bedrag_loon_lb, 0) <> 0"
        ~ " or coalesce(rij.bedrag_ingehouden_lb, 0) <> 0 or coalesce(rij.aantal_verloonde_uren, 0) <> 0)"
    ) }}
),

-- INK-04: alleen als de bijstand al liep in de maand die is herzien.
correctie as (
    {{ met_bijstand(
        ref('int_inkomsten__correctie'), ref('int_inkomsten__populatie'),
        "rij.persoon, rij.loonheffingennummer, rij.volgnummer_ikv, rij.datum_begin_ikv, rij.datum_begin",
        "coalesce(rij.groep, '') <> 'bijstand' and " ~ maand_van(sinds_getal('bijstand.datum_ingang')) ~ ' <= '
        ~ maand_van('rij.datum_begin')
    ) }}
),

samen as (
    select
        signaal_code, persoon, partner, ontvanger, {{ ikv_onderwerp() }} as onderwerp,
        coalesce({{ vroegst_mogelijke_datum('datum_begin_ikv') }}, {{ laatst_mogelijke_datum('datum_einde_ikv') }}) as ingang,
        {{ laatst_mogelijke_datum('datum_einde_ikv') }} as einde,
        loonheffingennummer, volgnummer_ikv, datum_begin_ikv, datum_einde_ikv, naam_werkgever, code_soort_ikv, soort_inkomen,
        regeling,
        {{ leeg }} as bedrag_loon_sv, {{ leeg }} as bedrag_loon_lb, {{ leeg }} as bedrag_ingehouden_lb,
        cast(null as integer) as aantal_verloonde_uren,
        {{ leeg }} as totaal_loon_sv, {{ leeg }} as totaal_loon_lb, {{ leeg }} as totaal_ingehouden_lb,
        cast(null as string) as tijdvak, {{ leeg }} as bedrag_was, {{ leeg }} as bedrag_is,
        {{ leeg }} as was_bedrag_loon_lb, {{ leeg }} as was_bedrag_ingehouden_lb,
        cast(null as integer) as was_aantal_verloonde_uren, cast(null as string) as tabel_correctie,
        cast(null as integer) as levering_nr_was, cast(null as bigint) as record_nr_was,
        levering_nr, record_nr, levering_nr_ikp, record_nr_ikp,
        tabel_bijstand, datum_ingang_bijstand, datum_einde_bijstand, levering_nr_bijstand, record_nr_bijstand,
        gemeente_van_inschrijving, levering_nr_verblijf, record_nr_verblijf
    from gebeurtenis
    union all
    select
        'INK-02', persoon, partner, ontvanger, {{ ikv_onderwerp() }},
        {{ eerste_datum() }}, {{ peildatum() }},
        loonheffingennummer, volgnummer_ikv, datum_begin_ikv, null, naam_werkgever, code_soort_ikv, null, regeling,
        bedrag_loon_sv, bedrag_loon_lb, bedrag_ingehouden_lb, aantal_verloonde_uren,
        totaal_loon_sv, totaal_loon_lb, totaal_ingehouden_lb,
        null, null, null, null, null, null, null, null, null, null, null, null, null,
        tabel_bijstand, datum_ingang_bijstand, datum_einde_bijstand, levering_nr_bijstand, record_nr_bijstand,
        gemeente_van_inschrijving, levering_nr_verblijf, record_nr_verblijf
    from inkomen
    union all
    select
        'INK-04', persoon, partner, ontvanger, {{ ikv_onderwerp() }},
        {{ vroegst_mogelijke_datum('datum_begin') }}, {{ laatst_mogelijke_datum('datum_einde') }},
        loonheffingennummer, volgnummer_ikv, datum_begin_ikv, null, naam_werkgever, code_soort_ikv, soort_inkomen, regeling,
        bedrag_loon_sv, bedrag_loon_lb, bedrag_ingehouden_lb, aantal_verloonde_uren,
        null, null, null,
        {{ maand_tekst('datum_begin') }}, bedrag_was, bedrag_is,
        was_bedrag_loon_lb, was_bedrag_ingehouden_lb, was_aantal_verloonde_uren, tabel, levering_nr_was, record_nr_was,
        levering_nr, record_nr, levering_nr_ikp, record_nr_ikp,
        tabel_bijstand, datum_ingang_bijstand, datum_einde_bijstand, levering_nr_bijstand, record_nr_bijstand,
        gemeente_van_inschrijving, levering_nr_verblijf, record_nr_verblijf
    from correctie
)

select
    {{ signaal_id('inkomsten', werkgever='loonheffingennummer') }} as signaal_id,
    signaal_code, persoon, partner, ontvanger, onderwerp, ingang, einde, loonheffingennummer, volgnummer_ikv,
    datum_begin_ikv, datum_einde_ikv, naam_werkgever, code_soort_ikv, soort_inkomen, regeling, bedrag_loon_sv,
    bedrag_loon_lb, bedrag_ingehouden_lb, aantal_verloonde_uren, totaal_loon_sv, totaal_loon_lb,
    totaal_ingehouden_lb, tijdvak, bedrag_was, bedrag_is, was_bedrag_loon_lb, was_bedrag_ingehouden_lb,
    was_aantal_verloonde_uren, tabel_correctie, levering_nr_was, record_nr_was, levering_nr, record_nr,
    levering_nr_ikp, record_nr_ikp, tabel_bijstand, datum_ingang_bijstand, datum_einde_bijstand,
    levering_nr_bijstand, record_nr_bijstand, gemeente_van_inschrijving, levering_nr_verblijf,
    record_nr_verblijf
from samen
