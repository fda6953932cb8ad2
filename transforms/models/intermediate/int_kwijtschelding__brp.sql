-- Waarin een aanvraag afwijkt van de BRP: aanvrager overleden, niet in het gebied van de ontvanger, of een ander huishouden.
with huwelijk as (
    select
        persoon, partner, datum_sluiting, datum_ontbinding, coalesce(actueel, false) as is_actueel,
        levering_nr, record_nr
    from {{ herleid_per_persoon('brp', 'huwelijk', ref('int_kwijtschelding__huishouden')) }} as rijen
    where coalesce(indicatie_onjuist, '') = ''
),

-- Een persoonslijst noemt een ontbonden huwelijk soms twee keer: met de sluiting, en met de ontbinding. Een historische
-- rij telt niet naast een actuele over hetzelfde huwelijk: die is hersteld.
lopend_huwelijk as (
    select huwelijk.*
    from huwelijk
    left join huwelijk as ontbonden
        on ontbonden.persoon = huwelijk.persoon
        and ontbonden.partner is not distinct from huwelijk.partner
        and ontbonden.datum_ontbinding is not null
        and {{ laatst_getal('ontbonden.datum_ontbinding') }} >= coalesce(huwelijk.datum_sluiting, 0)
        and {{ sinds_getal('ontbonden.datum_ontbinding') }} <= {{ peildag() }}
    left join huwelijk as hersteld
        on hersteld.persoon = huwelijk.persoon
        and (
            hersteld.partner is not distinct from huwelijk.partner
            or hersteld.datum_sluiting = huwelijk.datum_sluiting
        )
        and hersteld.is_actueel
        and not huwelijk.is_actueel
        and hersteld.datum_sluiting is not null
        and {{ sinds_getal('hersteld.datum_sluiting') }} <= {{ peildag() }}
    where ontbonden.persoon is null
        and hersteld.persoon is null
        and huwelijk.datum_sluiting is not null
        and {{ sinds_getal('huwelijk.datum_sluiting') }} <= {{ peildag() }}
),

overleden as (
    select
        aanvraag.aanvraag, 'overleden' as reden, 'persoon' as tabel, 'datum_overlijden' as kenmerk,
        coalesce({{ datum_tekst('woonplaats.datum_overlijden') }}, 'onbekend') as waarde,
        woonplaats.levering_nr_persoon as levering_nr, woonplaats.record_nr_persoon as record_nr
    from {{ ref('int_kwijtschelding__aanvraag') }} as aanvraag
    inner join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = aanvraag.persoon
    where woonplaats.reden_geen_ingezetene = 'overleden'
),

elders as (
    select
        aanvraag.aanvraag, 'niet_in_gebied' as reden, 'verblijfplaats' as tabel,
        'gemeente_van_inschrijving' as kenmerk,
        coalesce(woonplaats.gemeente_van_inschrijving, 'onbekend') as waarde,
        coalesce(woonplaats.levering_nr_verblijf, woonplaats.levering_nr_persoon) as levering_nr,
        coalesce(woonplaats.record_nr_verblijf, woonplaats.record_nr_persoon) as record_nr
    from {{ ref('int_kwijtschelding__aanvraag') }} as aanvraag
    inner join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = aanvraag.persoon
    where woonplaats.reden_geen_ingezetene in ('geemigreerd', 'rni')
        or (
            woonplaats.reden_geen_ingezetene is null
            and aanvraag.soort_ontvanger = 'gemeente'
            and woonplaats.gemeente <> aanvraag.gemeente_ontvanger
        )
),

ander_huishouden as (
    select
        aanvraag.aanvraag, 'huishouden_wijkt_af' as reden, 'huwelijk' as tabel, 'datum_sluiting' as kenmerk,
        {{ datum_tekst('lopend_huwelijk.datum_sluiting') }} as waarde,
        lopend_huwelijk.levering_nr, lopend_huwelijk.record_nr
    from {{ ref('int_kwijtschelding__aanvraag') }} as aanvraag
    inner join lopend_huwelijk on lopend_huwelijk.persoon = aanvraag.persoon
    where lopend_huwelijk.partner <> aanvraag.partner
        or (aanvraag.partner is null and aanvraag.huishoudtype <> 'echtgenoten')
    union all
    select
        aanvraag.aanvraag, 'huishouden_wijkt_af', 'persoon', 'datum_overlijden',
        coalesce({{ datum_tekst('woonplaats.datum_overlijden') }}, 'onbekend'),
        woonplaats.levering_nr_persoon, woonplaats.record_nr_persoon
    from {{ ref('int_kwijtschelding__aanvraag') }} as aanvraag
    inner join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = aanvraag.partner
    where woonplaats.reden_geen_ingezetene = 'overleden'
)

select aanvraag, reden, tabel, kenmerk, waarde, levering_nr, record_nr from overleden
union all
select aanvraag, reden, tabel, kenmerk, waarde, levering_nr, record_nr from elders
union all
select aanvraag, reden, tabel, kenmerk, waarde, levering_nr, record_nr from ander_huishouden
