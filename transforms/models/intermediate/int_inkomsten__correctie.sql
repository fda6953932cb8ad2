-- Opgaven van eerdere maanden die in deze periode zijn herzien, alsnog gekomen, of met hun inkomstenverhouding ingetrokken.
-- Een opgave komt alsnog als een eerdere levering van UWV haar had kunnen bevatten; dan is er geen bedrag dat was.
with ingetrokken_ikv as (
    select *
    from {{ ref('int_inkomsten__ikv') }}
    where melding = 'INTREKKING' and periode_levering = {{ periode() }} and was_bekend and was_melding <> 'INTREKKING'
),

-- Wat eerder bekend was is alleen nodig van de maanden waarover nu iets is gemeld, en van wie nu een verhouding kwijt is:
-- dat zijn er weinig. Apart gevraagd, want van die maanden ziet de motor al waar ze niet staan zonder te lezen.
gemeld as (
    select rij.persoon, rij.datum_begin
    from {{ ref('stg_uwv__inkomstenopgave') }} as rij
    where rij.levering_nr in (select levering_nr from {{ ref('stg_run__levering') }} where periode = {{ periode() }})
        and rij.datum_begin < {{ maand() }} * 100
        and rij.persoon in (select persoon from {{ ref('int_inkomsten__populatie') }} where reden_uitgesloten is null)
),

opgaven as (
    select rij.*
    from {{ ref('stg_uwv__inkomstenopgave') }} as rij
    where (rij.persoon, rij.datum_begin) in (select persoon, datum_begin from gemeld)
    union
    select rij.*
    from {{ ref('stg_uwv__inkomstenopgave') }} as rij
    where rij.persoon in (select persoon from ingetrokken_ikv) and rij.datum_begin < {{ maand() }} * 100
),

rijen as (
    select
        rij.*,
        coalesce(levering.periode < {{ periode() }}, true) as is_eerder,
        coalesce(levering.periode = {{ periode() }}, false) as is_nu
    from opgaven as rij
    left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = rij.levering_nr
),

gerangschikt as (
    select
        rijen.*,
        row_number() over (
            partition by {{ ikv_velden() | join(', ') }}, datum_begin order by levering_nr desc, record_nr desc
        ) as rang,
        row_number() over (
            partition by {{ ikv_velden() | join(', ') }}, datum_begin, is_eerder
            order by levering_nr desc, record_nr desc
        ) as rang_eerder
    from rijen
),

was as (select * from gerangschikt where is_eerder and rang_eerder = 1),

herzien as (
    select
        nu.persoon, nu.loonheffingennummer, nu.volgnummer_ikv, nu.datum_begin_ikv, nu.datum_begin,
        nu.datum_einde, nu.aantal_verloonde_uren, nu.bedrag_loon_sv, nu.bedrag_loon_lb, nu.bedrag_ingehouden_lb,
        coalesce(was.bedrag_loon_sv, was.bedrag_loon_lb) as bedrag_was,
        coalesce(nu.bedrag_loon_sv, nu.bedrag_loon_lb) as bedrag_is,
        was.bedrag_loon_lb as was_bedrag_loon_lb, was.bedrag_ingehouden_lb as was_bedrag_ingehouden_lb,
        was.aantal_verloonde_uren as was_aantal_verloonde_uren,
        was.levering_nr as levering_nr_was, was.record_nr as record_nr_was,
        nu.levering_nr, nu.record_nr,
        'inkomstenopgave' as tabel
    from gerangschikt as nu
    left join was on {{ zelfde_ikv('was', 'nu') }} and was.datum_begin = nu.datum_begin
    where nu.rang = 1 and nu.is_nu
        and (
            was.persoon is not null
            or {{ maand_tekst('nu.datum_begin') }} <= (
                select max(periode) from {{ ref('stg_run__levering') }} where bron = 'uwv' and periode < {{ periode() }}
            )
        )
        and (
            nu.bedrag_loon_sv is distinct from was.bedrag_loon_sv
            or nu.bedrag_loon_lb is distinct from was.bedrag_loon_lb
            or nu.bedrag_ingehouden_lb is distinct from was.bedrag_ingehouden_lb
            or nu.aantal_verloonde_uren is distinct from was.aantal_verloonde_uren
        )
),

-- Een ingetrokken inkomstenverhouding neemt al haar opgaven mee; zonder opgaven is er een rij voor de verhouding zelf.
ingetrokken as (
    select
        ikv.persoon, ikv.loonheffingennummer, ikv.volgnummer_ikv, ikv.datum_begin_ikv,
        coalesce(was.datum_begin, {{ laatst_getal('ikv.datum_begin_ikv') }}) as datum_begin,
        was.datum_einde, 0 as aantal_verloonde_uren,
        cast(0 as bigint) as bedrag_loon_sv, cast(0 as bigint) as bedrag_loon_lb, cast(0 as bigint) as bedrag_ingehouden_lb,
        coalesce(was.bedrag_loon_sv, was.bedrag_loon_lb) as bedrag_was, 0 as bedrag_is,
        was.bedrag_loon_lb as was_bedrag_loon_lb, was.bedrag_ingehouden_lb as was_bedrag_ingehouden_lb,
        was.aantal_verloonde_uren as was_aantal_verloonde_uren,
        was.levering_nr as levering_nr_was, was.record_nr as record_nr_was,
        ikv.levering_nr, ikv.record_nr,
        'inkomstenverhouding' as tabel
    from ingetrokken_ikv as ikv
    left join was on {{ zelfde_ikv('was', 'ikv') }}
    where was.persoon is not null or ikv.datum_begin_ikv <> 0
),

-- Een herziening binnen een verhouding die nu is ingetrokken vervalt: de intrekking zegt alles.
samen as (
    select herzien.*
    from herzien
    left join {{ ref('int_inkomsten__ikv') }} as ikv on {{ zelfde_ikv('ikv', 'herzien') }}
    where coalesce(ikv.melding, 'OPGAVE') <> 'INTREKKING'
    union all
    select * from ingetrokken
),

met_soort as ({{ met_soort('samen', ref('int_inkomsten__soort'), 'datum_begin') }})

select
    met_soort.persoon,
    met_soort.loonheffingennummer,
    met_soort.volgnummer_ikv,
    met_soort.datum_begin_ikv,
    ikv.naam_werkgever,
    met_soort.datum_begin,
    met_soort.datum_einde,
    met_soort.code_soort_ikv,
    met_soort.groep,
    met_soort.soort_inkomen,
    met_soort.aantal_verloonde_uren,
    met_soort.bedrag_loon_sv,
    met_soort.bedrag_loon_lb,
    met_soort.bedrag_ingehouden_lb,
    cast(met_soort.bedrag_was as bigint) as bedrag_was,
    cast(met_soort.bedrag_is as bigint) as bedrag_is,
    met_soort.was_bedrag_loon_lb,
    met_soort.was_bedrag_ingehouden_lb,
    met_soort.was_aantal_verloonde_uren,
    met_soort.tabel,
    met_soort.levering_nr_was,
    met_soort.record_nr_was,
    met_soort.levering_nr,
    met_soort.record_nr,
    met_soort.levering_nr_ikp,
    met_soort.record_nr_ikp
from met_soort
left join {{ ref('int_inkomsten__ikv') }} as ikv on {{ zelfde_ikv('ikv', 'met_soort') }}
