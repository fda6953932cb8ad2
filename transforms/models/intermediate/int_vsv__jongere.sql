-- Elke jongere in de DUO-lijst met leeftijd, woonplaats, doelgroep en prioriteit op de peildatum.
with normen as (
    select
        {{ norm('vsv_leeftijd_van') }} as leeftijd_van,
        {{ norm('vsv_leeftijd_grens') }} as leeftijd_grens,
        {{ norm('vsv_d3_leeftijd_grens') }} as d3_leeftijd_grens,
        {{ norm('vsv_inkomensgrens') }} as inkomensgrens,
        {{ norm('vsv_inkomensgrens_23plus') }} as inkomensgrens_23plus,
        {{ norm('vsv_inkomensgrens_leeftijd') }} as inkomensgrens_leeftijd
),

inkomen as (
    select
        persoon,
        cast(sum(case when aard = 'werk' then bedrag_loon_sv end) as bigint) as inkomen_werk,
        max(case when aard = 'uitkering' then 1 else 0 end) = 1 as heeft_uitkering
    from {{ ref('int_vsv__inkomen') }}
    group by persoon
),

bijstand as (
    select persoon, regeling, levering_nr, record_nr
    from (
        select
            bron.*,
            row_number() over (partition by persoon order by voorkeur) as rang
        from {{ ref('int_gemeente__bijstand') }} as bron
        where tabel = 'bijstandspopulatie'
    ) as gerangschikt
    where rang = 1
),

jongere as (
    select
        onderwijs.*,
        woonplaats.gemeente,
        woonplaats.gemeente_van_inschrijving,
        woonplaats.geboortedatum,
        {{ laatst_mogelijke_datum('woonplaats.geboortedatum') }} as laatste_geboortedatum,
        case
            when woonplaats.persoon is null then 'niet_in_brp'
            when woonplaats.reden_geen_ingezetene is not null then woonplaats.reden_geen_ingezetene
            when coalesce(woonplaats.geboortedatum, 0) = 0 then 'geboortedatum_onbekend'
        end as reden_uitgesloten,
        woonplaats.levering_nr_persoon,
        woonplaats.record_nr_persoon,
        woonplaats.levering_nr_verblijf,
        woonplaats.record_nr_verblijf,
        inkomen.inkomen_werk is not null as heeft_werk,
        case when {{ aanwezig('uwv.inkomstenopgave') }} then coalesce(inkomen.inkomen_werk, 0) end as inkomen_werk,
        coalesce(inkomen.heeft_uitkering, false) or bijstand.persoon is not null as heeft_uitkering,
        bijstand.regeling,
        bijstand.levering_nr as levering_nr_bijstand,
        bijstand.record_nr as record_nr_bijstand
    from {{ ref('int_vsv__onderwijs') }} as onderwijs
    left join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = onderwijs.persoon
    left join inkomen on inkomen.persoon = onderwijs.persoon
    left join bijstand on bijstand.persoon = onderwijs.persoon
),

met_leeftijd as (
    select
        jongere.*,
        cast({{ jaren_tussen('laatste_geboortedatum', peildatum()) }} as integer) as leeftijd
    from jongere
),

met_doelgroep as (
    select
        met_leeftijd.*,
        normen.*,
        case
            when is_ingeschreven then null
            when leeftijd < leeftijd_van then null
            when leeftijd < leeftijd_grens and is_speciaal then 'D2'
            when leeftijd < leeftijd_grens and not heeft_startkwalificatie then 'D1'
            when leeftijd >= leeftijd_grens and leeftijd < d3_leeftijd_grens and not heeft_startkwalificatie then 'D3'
        end as doelgroep
    from met_leeftijd
    cross join normen
),

-- De drempel zelf telt als erboven. Zonder levering van UWV is de prioriteit onbekend, niet 1.
met_prioriteit as (
    select
        met_doelgroep.*,
        case
            when not {{ aanwezig('uwv.inkomstenopgave') }} then null
            when not heeft_werk and not heeft_uitkering then 1
            when heeft_werk and heeft_uitkering then 4
            when heeft_uitkering then 5
            when inkomen_werk
                < case when leeftijd >= inkomensgrens_leeftijd then inkomensgrens_23plus else inkomensgrens end then 2
            else 3
        end as prioriteit
    from met_doelgroep
)

select
    persoon,
    gemeente,
    reden_uitgesloten,
    case when doelgroep <> 'D3' or prioriteit in (1, 2) then doelgroep end as doelgroep,
    prioriteit,
    leeftijd,
    leeftijd >= inkomensgrens_leeftijd as heeft_grens_23plus,
    inkomen_werk,
    heeft_startkwalificatie,
    is_ingeschreven,
    laatste_niveau,
    datum_uitschrijving,
    -- De dag na de laatste inschrijving; wie nooit was ingeschreven telt vanaf de dag dat die zeker oud genoeg was.
    cast(case
        when coalesce(datum_uitschrijving, 0) <> 0 then {{ dag_later(laatst_mogelijke_datum('datum_uitschrijving')) }}
        else {{ jaren_later('laatste_geboortedatum', 'leeftijd_van') }}
    end as date) as ingang,
    geboortedatum,
    gemeente_van_inschrijving,
    indicatie_startkwalificatie,
    regeling,
    tabel_inschrijving,
    levering_nr,
    record_nr,
    levering_nr_persoon,
    record_nr_persoon,
    levering_nr_verblijf,
    record_nr_verblijf,
    levering_nr_inschrijving,
    record_nr_inschrijving,
    levering_nr_niveau,
    record_nr_niveau,
    levering_nr_bijstand,
    record_nr_bijstand
from met_prioriteit
