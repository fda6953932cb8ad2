-- De auto's en motoren die op de peildatum op naam van het huishouden staan, elk kenteken een keer, met de indicatieve
-- waarde. Geexporteerde en gesloopte voertuigen tellen niet mee; van een onbekend voertuig is de waarde niet te bepalen.
with bezit as (
    select *
    from (
        select
            huishouden.aanvraag,
            bezit.kenteken,
            bezit.levering_nr,
            bezit.record_nr,
            row_number() over (
                partition by huishouden.aanvraag, bezit.kenteken order by bezit.levering_nr desc, bezit.record_nr
            ) as rang
        from {{ herleid('rdw', 'voertuigbezit', ref('int_kwijtschelding__huishouden')) }} as bezit
        inner join {{ ref('int_kwijtschelding__huishouden') }} as huishouden on huishouden.persoon = bezit.persoon
        where {{ loopt_op('bezit.datum_begin', 'bezit.datum_einde', peildag()) }}
    ) as gerangschikt
    where rang = 1
),

voertuig as (
    select
        rijen.*,
        soort_voertuig = 'M'
            and {{ jaren_later(laatst_mogelijke_datum('datum_eerste_toelating'), norm('kw_motor_leeftijd_oud')) }}
                < {{ peildatum() }} as is_oude_motor,
        {{ jaren_tussen(laatst_mogelijke_datum('datum_eerste_toelating'), peildatum()) }} as leeftijd
    from {{ herleid('rdw', 'voertuig', waar='kenteken in (select kenteken from bezit)') }} as rijen
),

gewaardeerd as (
    select
        bezit.aanvraag,
        bezit.kenteken,
        voertuig.soort_voertuig,
        voertuig.kenteken is null as is_onbekend,
        voertuig.leeftijd,
        voertuig.bedrag_catalogusprijs,
        voertuig.datum_eerste_toelating,
        coalesce(voertuig.is_oude_motor, false) as is_oude_motor,
        case
            when voertuig.is_oude_motor then {{ norm('kw_motor_waarde_oud') }}
            else {{ gedeeld_door('voertuig.bedrag_catalogusprijs * afschrijving.percentage', 100) }}
        end as waarde,
        afschrijving.percentage,
        bezit.levering_nr as levering_nr_bezit,
        bezit.record_nr as record_nr_bezit,
        voertuig.levering_nr,
        voertuig.record_nr
    from bezit
    left join voertuig on voertuig.kenteken = bezit.kenteken
    left join {{ ref('stg_referentie__voertuigafschrijving') }} as afschrijving
        on voertuig.leeftijd between afschrijving.leeftijd_van and afschrijving.leeftijd_tot
        and {{ geldig_op_peildatum('afschrijving.') }}
    where voertuig.kenteken is null
        or (
            voertuig.soort_voertuig in ('P', 'M')
            and not coalesce(voertuig.indicatie_export, false)
            and not coalesce(voertuig.indicatie_gesloopt, false)
        )
)

select
    aanvraag, kenteken, soort_voertuig, is_onbekend, leeftijd, bedrag_catalogusprijs, datum_eerste_toelating,
    is_oude_motor, waarde, percentage, levering_nr_bezit, record_nr_bezit, levering_nr, record_nr
from gewaardeerd
