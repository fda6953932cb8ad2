-- De functies van de populatie in het Handelsregister zoals ze nu gelden en of ze voor deze periode bekend waren.
with rijen as (
    select
        rij.persoon,
        rij.kvk_nummer,
        rij.functie,
        rij.datum_aanvang,
        rij.datum_einde,
        rij.levering_nr,
        rij.record_nr,
        levering.periode,
        coalesce(levering.periode < {{ periode() }}, true) as is_eerder
    from {{ ref('stg_kvk__functionaris') }} as rij
    left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = rij.levering_nr
    where rij.persoon in (select persoon from {{ ref('int_kvk__populatie') }} where reden_uitgesloten is null)
        and rij.functie in ('eigenaar', 'vennoot', 'bestuurder')
),

gerangschikt as (
    select
        rijen.*,
        row_number() over (
            partition by {{ sleutel('kvk', 'functionaris') | join(', ') }} order by levering_nr desc, record_nr desc
        ) as rang,
        row_number() over (
            partition by {{ sleutel('kvk', 'functionaris') | join(', ') }}, is_eerder
            order by levering_nr desc, record_nr desc
        ) as rang_eerder
    from rijen
),

was as (select * from gerangschikt where is_eerder and rang_eerder = 1)

select
    nu.persoon,
    nu.kvk_nummer,
    nu.functie,
    nu.datum_aanvang,
    nu.datum_einde,
    nu.periode as periode_levering,
    was.persoon is not null as was_bekend,
    was.datum_einde as was_datum_einde,
    nu.levering_nr,
    nu.record_nr
from gerangschikt as nu
left join was
    on was.persoon = nu.persoon
    and was.kvk_nummer = nu.kvk_nummer
    and was.functie is not distinct from nu.functie
    and was.datum_aanvang is not distinct from nu.datum_aanvang
where nu.rang = 1
