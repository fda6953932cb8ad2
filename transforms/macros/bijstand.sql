{#
  De doelpopulatie van een product dat gemeenten attendeert: wie in de periode bijstand heeft (of wordt gevolgd) en op de
  peildatum woont in de gemeente die het aanleverde. Wie afvalt houdt een reden, om te tellen.
#}
{% macro bijstandspopulatie(product) %}
select
    bijstand.persoon,
    bijstand.partner,
    bijstand.gemeente,
    bijstand.regeling,
    bijstand.datum_ingang,
    bijstand.datum_einde,
    bijstand.rol,
    bijstand.tabel,
    bijstand.voorkeur,
    case
        when woonplaats.persoon is null then 'niet_in_brp'
        when woonplaats.reden_geen_ingezetene is not null then woonplaats.reden_geen_ingezetene
        when bijstand.gemeente is null or bijstand.gemeente <> woonplaats.gemeente then 'andere_gemeente'
    end as reden_uitgesloten,
    woonplaats.gemeente_van_inschrijving,
    woonplaats.levering_nr_verblijf,
    woonplaats.record_nr_verblijf,
    bijstand.levering_nr,
    bijstand.record_nr
from {{ ref('int_gemeente__bijstand') }} as bijstand
left join {{ ref('int_brp__woonplaats') }} as woonplaats on woonplaats.persoon = bijstand.persoon
where bijstand.product is null or bijstand.product = '{{ product }}'
{% endmacro %}

{# Personen in de populatie die om hun woonplaats geen signaal krijgen, per reden. #}
{% macro uitgesloten_bijstand(populatie) %}
select reden as reden, cast(count(*) as bigint) as aantal
from (
    select persoon, min(reden_uitgesloten) as reden
    from {{ populatie }}
    group by persoon
    having count(*) = count(reden_uitgesloten)
) as personen
group by reden
{% endmacro %}

{#
  Bij elke rij van `relatie` (met persoon en een dag) het record van de populatie waar het signaal op rust: het
  voorkeursrecord dat voldoet aan `voorwaarde`.
#}
{% macro met_bijstand(relatie, populatie, sleutel_rij, voorwaarde) %}
select *
from (
    select
        rij.*,
        bijstand.partner,
        bijstand.gemeente as ontvanger,
        bijstand.regeling,
        bijstand.tabel as tabel_bijstand,
        bijstand.datum_ingang as datum_ingang_bijstand,
        bijstand.datum_einde as datum_einde_bijstand,
        bijstand.levering_nr as levering_nr_bijstand,
        bijstand.record_nr as record_nr_bijstand,
        bijstand.gemeente_van_inschrijving,
        bijstand.levering_nr_verblijf,
        bijstand.record_nr_verblijf,
        row_number() over (partition by {{ sleutel_rij }} order by bijstand.voorkeur) as rang_bijstand
    from {{ relatie }} as rij
    inner join {{ populatie }} as bijstand
        on bijstand.persoon = rij.persoon and bijstand.reden_uitgesloten is null
    where {{ voorwaarde }}
) as gekoppeld
where rang_bijstand = 1
{% endmacro %}
