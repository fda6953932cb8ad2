-- Per jongere in de DUO-lijst: nu ingeschreven, laatste inschrijving en niveau, startkwalificatie op de peildatum.
with jongere as (
    select persoon, indicatie_startkwalificatie, levering_nr, record_nr
    from {{ herleid('duo', 'persoon') }} as rijen
),

overeenkomst as (
    select persoon, brin, datum_inschrijving, datum_uitschrijving, levering_nr, record_nr
    from {{ herleid('duo', 'onderwijsovereenkomst') }} as rijen
    where {{ sinds_getal('datum_inschrijving') }} <= {{ peildag() }}
),

-- Een deelname loopt niet langer dan de overeenkomst waar zij bij hoort.
deelname as (
    select
        deel.persoon,
        deel.datum_begin,
        case
            when overeenkomst.datum_uitschrijving < coalesce(deel.datum_einde, 99999999)
                then overeenkomst.datum_uitschrijving
            else deel.datum_einde
        end as datum_einde,
        deel.code_niveau,
        deel.levering_nr,
        deel.record_nr
    from {{ herleid('duo', 'deelname') }} as deel
    left join overeenkomst
        on overeenkomst.persoon = deel.persoon
        and overeenkomst.brin is not distinct from deel.brin
        and overeenkomst.datum_inschrijving is not distinct from deel.datum_inschrijving
    where {{ sinds_getal('deel.datum_begin') }} <= {{ peildag() }}
),

inschrijving as (
    select
        persoon, datum_inschrijving as datum_begin, datum_uitschrijving as datum_einde,
        'onderwijsovereenkomst' as tabel, 1 as voorrang, levering_nr, record_nr
    from overeenkomst
    union all
    select persoon, datum_begin, datum_einde, 'deelname', 2, levering_nr, record_nr
    from deelname
),

laatste_inschrijving as ({{ laatste_per_persoon('inschrijving', 'voorrang') }}),

laatste_niveau as ({{ laatste_per_persoon('(select * from deelname where code_niveau is not null)') }}),

-- Alleen G (geslaagd) telt: wat andere codes betekenen is niet gepubliceerd, en DUO geeft zelf de indicatie.
diploma as (
    select *
    from (
        select
            resultaat.*,
            row_number() over (
                partition by resultaat.persoon order by datum_resultaat, resultaat.code_niveau, levering_nr, record_nr
            ) as rang
        from {{ herleid('duo', 'resultaat') }} as resultaat
        inner join {{ ref('stg_referentie__niveau_opleiding') }} as niveau
            on niveau.niveau = resultaat.code_niveau and niveau.startkwalificatie
        where resultaat.code_resultaat = 'G' and {{ laatst_getal('resultaat.datum_resultaat') }} <= {{ peildag() }}
    ) as gerangschikt
    where rang = 1
)

select
    jongere.persoon,
    coalesce(jongere.indicatie_startkwalificatie, false) or diploma.persoon is not null as heeft_startkwalificatie,
    coalesce(laatste_inschrijving.loopt, false) as is_ingeschreven,
    laatste_inschrijving.datum_einde as datum_uitschrijving,
    laatste_inschrijving.tabel as tabel_inschrijving,
    laatste_niveau.code_niveau as laatste_niveau,
    coalesce(niveau.speciaal, false) as is_speciaal,
    jongere.indicatie_startkwalificatie,
    jongere.levering_nr,
    jongere.record_nr,
    laatste_inschrijving.levering_nr as levering_nr_inschrijving,
    laatste_inschrijving.record_nr as record_nr_inschrijving,
    laatste_niveau.levering_nr as levering_nr_niveau,
    laatste_niveau.record_nr as record_nr_niveau
from jongere
left join laatste_inschrijving on laatste_inschrijving.persoon = jongere.persoon
left join laatste_niveau on laatste_niveau.persoon = jongere.persoon
left join {{ ref('stg_referentie__niveau_opleiding') }} as niveau on niveau.niveau = laatste_niveau.code_niveau
left join diploma on diploma.persoon = jongere.persoon
