-- Van wie van de doelpopulatie in de BRP staat: of die op de peildatum ingezetene is, en van welke gemeente (herindelingen
-- tot dan).
-- Overlijden, opschorting en vertrek tellen zodra ze mogelijk zijn: een signaal gaat over wie er zeker woont (ADR 0021).
with persoon as (
    select
        persoon, geboortedatum, datum_overlijden, datum_opschorting, reden_opschorting, levering_nr, record_nr
    from {{ herleid('brp', 'persoon', ref('stg_run__populatie')) }} as rijen
),

verblijf as (
    select
        persoon,
        gemeente_van_inschrijving,
        coalesce(land_buitenland, '6030') <> '6030' and coalesce(datum_vertrek, 0) <= {{ peildag() }} as is_vertrokken,
        gemeente_van_inschrijving = '1999' or coalesce(land_buitenland, '6030') <> '6030' as is_vertrek,
        datum_inschrijving,
        datum_begin,
        datum_vertrek,
        coalesce(actueel, false) as is_actueel,
        levering_nr,
        record_nr
    from {{ herleid_per_persoon('brp', 'verblijfplaats', ref('stg_run__populatie')) }} as rijen
    where coalesce(indicatie_onjuist, '') = ''
),

begonnen as (
    select
        verblijf.*,
        greatest(
            coalesce(datum_inschrijving, 0),
            coalesce(datum_begin, 0),
            case when is_vertrokken then coalesce(datum_vertrek, 0) else 0 end
        ) as datum_begonnen
    from verblijf
),

met_begin as (
    select
        begonnen.*,
        case when is_vertrek then datum_begonnen else {{ sinds_getal('datum_begonnen') }} end as datum_sinds
    from begonnen
),

-- Is de actuele verblijfplaats voor de peildatum begonnen, dan gold die; anders de historische die het laatst begon.
-- Een persoonslijst kan een historische rij met een latere datum hebben dan de actuele: die is hersteld.
laatste as (
    select *
    from (
        select
            met_begin.*,
            row_number() over (
                partition by persoon order by is_actueel desc, datum_sinds desc, record_nr, gemeente_van_inschrijving
            ) as rang
        from met_begin
        where datum_sinds <= {{ peildag() }}
    ) as gerangschikt
    where rang = 1
),

allen as (
    select persoon from persoon
    union
    select persoon from laatste
),

beoordeeld as (
    select
        allen.persoon,
        persoon.geboortedatum,
        gemeente.gemeente,
        laatste.gemeente_van_inschrijving,
        case
            when coalesce(persoon.datum_overlijden, 99999999) <= {{ peildag() }} then 'overleden'
            when persoon.reden_opschorting = 'O' and coalesce(persoon.datum_opschorting, 0) <= {{ peildag() }}
                then 'overleden'
            when coalesce(persoon.datum_opschorting, 0) <= {{ peildag() }} and persoon.reden_opschorting in ('E', 'M')
                then 'geemigreerd'
            when coalesce(persoon.datum_opschorting, 0) <= {{ peildag() }} and persoon.reden_opschorting = 'R'
                then 'rni'
            when persoon.reden_opschorting in ('F', 'W') then 'niet_in_brp'
            when laatste.gemeente_van_inschrijving = '1999' then 'rni'
            when laatste.is_vertrokken then 'geemigreerd'
            when gemeente.gemeente is null then 'niet_in_brp'
        end as reden_geen_ingezetene,
        persoon.levering_nr as levering_nr_persoon,
        persoon.record_nr as record_nr_persoon,
        laatste.levering_nr as levering_nr_verblijf,
        laatste.record_nr as record_nr_verblijf,
        persoon.datum_overlijden,
        persoon.reden_opschorting
    from allen
    left join persoon on persoon.persoon = allen.persoon
    left join laatste on laatste.persoon = allen.persoon
    left join {{ ref('stg_referentie__gemeente_opvolging') }} as gemeente
        on gemeente.gemeentecode = laatste.gemeente_van_inschrijving and {{ geldig_op_peildatum('gemeente.') }}
)

select
    persoon,
    geboortedatum,
    gemeente,
    gemeente_van_inschrijving,
    reden_geen_ingezetene,
    datum_overlijden,
    reden_opschorting,
    levering_nr_persoon,
    record_nr_persoon,
    levering_nr_verblijf,
    record_nr_verblijf
from beoordeeld
