-- Wie in de periode bijstand heeft of wordt gevolgd: een rij per persoon en record, ook voor de partner in het record.
-- Een gemeente levert elke maand haar hele populatie; alleen de laatste maand telt, want wie er niet meer in staat heeft
-- geen bijstand meer. Levert de opvolger van een gemeente, dan telt wat die gemeente eerder leverde niet meer. Een
-- volgverzoek blijft gelden tot zijn einddatum.
with levering as (
    select levering_nr, periode from {{ ref('stg_run__levering') }} where periode <= {{ periode() }}
),

gemeente as (
    select gemeentecode, gemeente from {{ ref('stg_referentie__gemeente_opvolging') }} where {{ geldig_op_peildatum() }}
),

populatie as (
    select *
    from (
        select
            rij.*,
            levering.periode,
            max(levering.periode) over (partition by coalesce(gemeente.gemeente, rij.gemeentecode)) as laatste_periode
        from {{ ref('stg_gemeente__bijstandspopulatie') }} as rij
        inner join levering on levering.levering_nr = rij.levering_nr
        left join gemeente on gemeente.gemeentecode = rij.gemeentecode
    ) as per_maand
    where periode = laatste_periode
),

geldend as (
    select *
    from (
        select
            populatie.*,
            row_number() over (
                partition by {{ sleutel('gemeente', 'bijstandspopulatie') | join(', ') }}
                order by levering_nr desc, record_nr desc
            ) as rang
        from populatie
    ) as gerangschikt
    where rang = 1 and {{ loopt_in_periode('datum_ingang', 'datum_einde') }}
),

gevolgd as (
    select gemeentecode, persoon, product, datum_van, datum_tot, levering_nr, record_nr
    from {{ herleid('gemeente', 'volgverzoek') }} as rijen
    where {{ loopt_in_periode('datum_van', 'datum_tot') }}
),

rollen as (
    select
        persoon, partner, gemeentecode, regeling, datum_ingang, datum_einde, 'aanvrager' as rol, 1 as voorrang,
        cast(null as string) as product, 'bijstandspopulatie' as tabel, levering_nr, record_nr
    from geldend
    union all
    select
        partner, persoon, gemeentecode, regeling, datum_ingang, datum_einde, 'partner', 2,
        cast(null as string), 'bijstandspopulatie', levering_nr, record_nr
    from geldend
    where partner is not null
    union all
    select
        persoon, null, gemeentecode, cast(null as string), datum_van, datum_tot, 'gevolgd', 3,
        product, 'volgverzoek', levering_nr, record_nr
    from gevolgd
)

select
    rollen.persoon,
    rollen.partner,
    rollen.gemeentecode,
    gemeente.gemeente,
    rollen.regeling,
    rollen.datum_ingang,
    rollen.datum_einde,
    rollen.rol,
    rollen.product,
    rollen.tabel,
    row_number() over (
        partition by rollen.persoon
        order by rollen.voorrang, rollen.datum_ingang desc, rollen.regeling, rollen.levering_nr desc, rollen.record_nr
    ) as voorkeur,
    rollen.levering_nr,
    rollen.record_nr
from rollen
left join gemeente on gemeente.gemeentecode = rollen.gemeentecode
