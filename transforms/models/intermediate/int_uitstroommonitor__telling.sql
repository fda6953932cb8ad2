-- De aantallen per gemeente, maand en uitkomst, en welke daarvan niet mogen worden getoond (privacy.md, punt 12).
-- Een aantal onder de grens wordt weggelaten. Omdat het totaal ernaast staat is dat niet genoeg: samen met het kleine gaan
-- de kleinste andere weg, tot elk weggelaten aantal nog elk getal onder de grens kan zijn. Met k weggelaten die samen s zijn
-- kan een ervan 1 tot s - (k - 1) zijn. Lukt dat niet, dan gaat alles weg, ook het totaal en wat nul is.
with geteld as (
    select gemeente, maand_einde, uitkomst, count(*) as aantal
    from {{ ref('int_uitstroommonitor__uitkomst') }}
    where gemeente is not null
        and {{ aanwezig('brp.persoon') }}
        and {{ aanwezig('uwv.inkomstenopgave') }}
        and exists (select 1 from {{ ref('stg_run__levering') }} where bron = 'uwv' and periode = {{ periode() }})
    group by gemeente, maand_einde, uitkomst
),

gerangschikt as (
    select
        geteld.*,
        row_number() over oplopend as rang,
        sum(aantal) over oplopend as tot_hier,
        sum(aantal) over groep as totaal,
        sum(case when aantal < grens.waarde then 1 else 0 end) over groep as klein,
        grens.waarde as grens
    from geteld
    cross join (select max(waarde) as waarde from {{ ref('stg_referentie__norm') }} where norm = 'telling_grens' and {{ geldig_op_peildatum() }}) as grens
    window
        groep as (partition by gemeente, maand_einde),
        oplopend as (partition by gemeente, maand_einde order by aantal, uitkomst)
),

met_genoeg as (
    select
        gerangschikt.*,
        min(case when rang >= klein and rang >= 2 and tot_hier >= rang + grens - 2 then rang end)
            over (partition by gemeente, maand_einde) as genoeg
    from gerangschikt
)

select
    gemeente,
    maand_einde,
    uitkomst,
    aantal,
    totaal,
    case when klein = 0 then 'geen' when genoeg is null then 'alles' else 'deel' end as onderdrukking,
    case when klein = 0 then false when genoeg is null then true else rang <= genoeg end as is_weggelaten
from met_genoeg
where grens is not null
