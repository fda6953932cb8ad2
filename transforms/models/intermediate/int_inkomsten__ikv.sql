-- De inkomstenverhoudingen van de populatie zoals ze nu gelden en zoals ze voor deze periode bekend waren.
with rijen as (
    select
        rij.persoon,
        rij.loonheffingennummer,
        rij.volgnummer_ikv,
        rij.datum_begin as datum_begin_ikv,
        rij.datum_einde as datum_einde_ikv,
        rij.naam_werkgever,
        coalesce(rij.melding, 'OPGAVE') as melding,
        rij.levering_nr,
        rij.record_nr,
        levering.periode,
        coalesce(levering.periode < {{ periode() }}, true) as is_eerder
    from {{ ref('stg_uwv__inkomstenverhouding') }} as rij
    left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = rij.levering_nr
    where rij.persoon in (select persoon from {{ ref('int_inkomsten__populatie') }} where reden_uitgesloten is null)
),

gerangschikt as (
    select
        rijen.*,
        row_number() over (partition by {{ ikv_velden() | join(', ') }} order by levering_nr desc, record_nr desc) as rang,
        row_number() over (
            partition by {{ ikv_velden() | join(', ') }}, is_eerder order by levering_nr desc, record_nr desc
        ) as rang_eerder
    from rijen
),

nu as (select * from gerangschikt where rang = 1),

was as (select * from gerangschikt where is_eerder and rang_eerder = 1)

select
    nu.persoon,
    nu.loonheffingennummer,
    nu.volgnummer_ikv,
    nu.datum_begin_ikv,
    nu.datum_einde_ikv,
    nu.naam_werkgever,
    nu.melding,
    nu.periode as periode_levering,
    was.levering_nr is not null as was_bekend,
    was.melding as was_melding,
    was.datum_einde_ikv as was_datum_einde_ikv,
    nu.levering_nr,
    nu.record_nr
from nu
left join was on {{ zelfde_ikv('was', 'nu') }}
