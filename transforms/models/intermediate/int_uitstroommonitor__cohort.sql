-- Per maand van de twaalf ervoor: de mensen van wie de bijstand toen stopte en die de maand erna nergens bijstand hadden.
-- Wie overstapt naar een andere regeling, of met bijstand verhuist, is dus niet gestopt.
with gestopt as (
    select
        bijstand.*,
        case when maand_einde % 100 = 12 then maand_einde + 89 else maand_einde + 1 end * 100 + 1 as dag_erna
    from {{ ref('int_uitstroommonitor__bijstand') }} as bijstand
    where maand_einde between {{ maand(12) }} and {{ maand(1) }}
),

verder as (
    select distinct gestopt.persoon, gestopt.maand_einde
    from gestopt
    inner join {{ ref('int_uitstroommonitor__bijstand') }} as ander
        on ander.persoon = gestopt.persoon
        and ander.dag_begin <= gestopt.dag_erna
        and ander.dag_einde >= gestopt.dag_erna
)

select persoon, gemeente, maand_einde, levering_nr
from (
    select
        gestopt.persoon,
        gestopt.gemeente,
        gestopt.maand_einde,
        gestopt.levering_nr,
        row_number() over (
            partition by gestopt.persoon, gestopt.maand_einde
            order by gestopt.dag_einde desc, gestopt.dag_begin desc, gestopt.gemeente, gestopt.levering_nr
        ) as rang
    from gestopt
    left join verder on verder.persoon = gestopt.persoon and verder.maand_einde = gestopt.maand_einde
    where verder.persoon is null
) as gerangschikt
where rang = 1
