-- Elke bijstand van de laatste maanden zoals zij nu bekend is, een rij per persoon, ook voor de partner in het record.
-- Een gemeente levert elke maand wie bijstand heeft of die maand had. Wie er zonder einde niet meer in staat heeft sinds de
-- laatste maand dat hij er wel in stond geen bijstand meer: dag 31 staat dan voor de laatste van die maand.
with levering as (
    select levering_nr, periode, cast(replace(periode, '-', '') as integer) * 100 + 31 as laatste_dag
    from {{ ref('stg_run__levering') }}
    where periode <= {{ periode() }}
),

gemeente as (
    select gemeentecode, gemeente from {{ ref('stg_referentie__gemeente_opvolging') }} where {{ geldig_op_peildatum() }}
),

rijen as (
    select
        rij.*,
        gemeente.gemeente,
        levering.periode,
        levering.laatste_dag,
        max(levering.laatste_dag) over (partition by coalesce(gemeente.gemeente, rij.gemeentecode)) as geleverd_tot
    from {{ ref('stg_gemeente__bijstandspopulatie') }} as rij
    inner join levering on levering.levering_nr = rij.levering_nr
    left join gemeente on gemeente.gemeentecode = rij.gemeentecode
),

laatste as (
    select *
    from (
        select
            rijen.*,
            row_number() over (
                partition by {{ sleutel('gemeente', 'bijstandspopulatie') | join(', ') }}
                order by periode desc, levering_nr desc, record_nr desc
            ) as rang
        from rijen
    ) as gerangschikt
    where rang = 1
),

begrensd as (
    select
        persoon,
        partner,
        gemeente,
        {{ sinds_getal('datum_ingang') }} as dag_begin,
        case
            when laatste_dag < geleverd_tot and (datum_einde is null or {{ laatst_getal('datum_einde') }} > laatste_dag)
                then laatste_dag
            when datum_einde is null then 99991231
            else {{ laatst_getal('datum_einde') }}
        end as dag_einde,
        levering_nr
    from laatste
)

select persoon, gemeente, dag_begin, dag_einde, {{ maand_van('dag_einde') }} as maand_einde, levering_nr
from begrensd
where dag_begin <= dag_einde
union all
select partner, gemeente, dag_begin, dag_einde, {{ maand_van('dag_einde') }}, levering_nr
from begrensd
where partner is not null and dag_begin <= dag_einde
