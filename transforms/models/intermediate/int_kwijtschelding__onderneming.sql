-- Lopende inschrijvingen als eigenaar of vennoot van iemand in het huishouden; een bestuurder is geen ondernemer.
with functie as (
    select persoon, kvk_nummer, functie, datum_aanvang, datum_einde, levering_nr, record_nr
    from {{ herleid('kvk', 'functionaris', ref('int_kwijtschelding__huishouden')) }} as rijen
    where functie in ('eigenaar', 'vennoot') and {{ loopt_op('datum_aanvang', 'datum_einde', peildag()) }}
),

onderneming as (
    select kvk_nummer, datum_einde
    from {{ herleid('kvk', 'onderneming', waar='kvk_nummer in (select kvk_nummer from functie)') }} as rijen
)

select aanvraag, kvk_nummer, functie, datum_aanvang, levering_nr, record_nr
from (
    select
        huishouden.aanvraag,
        functie.*,
        row_number() over (
            partition by huishouden.aanvraag, functie.kvk_nummer
            order by huishouden.rol, functie.datum_aanvang, functie.levering_nr, functie.record_nr
        ) as rang
    from functie
    inner join {{ ref('int_kwijtschelding__huishouden') }} as huishouden on huishouden.persoon = functie.persoon
    left join onderneming on onderneming.kvk_nummer = functie.kvk_nummer
    where onderneming.datum_einde is null or {{ laatst_getal('onderneming.datum_einde') }} >= {{ peildag() }}
) as gerangschikt
where rang = 1
