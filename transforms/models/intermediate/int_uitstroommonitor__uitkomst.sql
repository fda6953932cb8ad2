-- Van iedereen in een cohort de uitkomst op de peildatum; de eerste die geldt telt, dus iedereen heeft er een.
with weer_bijstand as (
    select distinct persoon
    from {{ ref('int_uitstroommonitor__bijstand') }}
    where dag_begin <= {{ peildag() }} and dag_einde >= {{ peildag() }}
),

beoordeeld as (
    select
        cohort.persoon,
        cohort.gemeente,
        cohort.maand_einde,
        case
            when woonplaats.persoon is null then 'niet_in_brp'
            when woonplaats.reden_geen_ingezetene is not null then woonplaats.reden_geen_ingezetene
            when cohort.gemeente is null or cohort.gemeente <> woonplaats.gemeente then 'andere_gemeente'
        end as reden_uitgesloten,
        weer_bijstand.persoon is not null as heeft_bijstand,
        coalesce(inkomen.heeft_werk, false) as heeft_werk,
        coalesce(inkomen.heeft_uitkering, false) as heeft_uitkering,
        cohort.levering_nr,
        woonplaats.levering_nr_persoon
    from {{ ref('int_uitstroommonitor__cohort') }} as cohort
    left join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = cohort.persoon
    left join weer_bijstand on weer_bijstand.persoon = cohort.persoon
    left join {{ ref('int_uitstroommonitor__inkomen') }} as inkomen on inkomen.persoon = cohort.persoon
)

select
    persoon,
    gemeente,
    maand_einde,
    reden_uitgesloten,
    case
        when reden_uitgesloten is not null then 'niet_gevolgd'
        when heeft_bijstand then 'weer_bijstand'
        when heeft_werk and heeft_uitkering then 'werk_en_uitkering'
        when heeft_werk then 'werk'
        when heeft_uitkering then 'uitkering'
        else 'geen_van_beide'
    end as uitkomst,
    levering_nr,
    levering_nr_persoon
from beoordeeld
