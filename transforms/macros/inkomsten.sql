{# De velden die samen een inkomstenverhouding (IKV) aanwijzen. #}
{% macro ikv_velden() %}{{ return(['persoon', 'loonheffingennummer', 'volgnummer_ikv', 'datum_begin_ikv']) }}{% endmacro %}
{% macro zelfde_ikv(a, b) -%}
  {{ a }}.persoon = {{ b }}.persoon
  and {{ a }}.loonheffingennummer is not distinct from {{ b }}.loonheffingennummer
  and {{ a }}.volgnummer_ikv is not distinct from {{ b }}.volgnummer_ikv
  and {{ a }}.datum_begin_ikv is not distinct from {{ b }}.datum_begin_ikv
{%- endmacro %}
{% macro ikv_onderwerp() -%}
  concat_ws('/', coalesce(volgnummer_ikv, ''), coalesce({{ tekst('datum_begin_ikv') }}, ''))
{%- endmacro %}

{# De inkomstenverhoudingen van de populatie zoals ze nu gelden, met melding (INTREKKING: teruggenomen). #}
{% macro ikv(populatie) %}
  select
    persoon, loonheffingennummer, volgnummer_ikv, datum_begin as datum_begin_ikv, datum_einde as datum_einde_ikv,
    naam_werkgever, coalesce(melding, 'OPGAVE') as melding, levering_nr, record_nr
  from {{ herleid('uwv', 'inkomstenverhouding', populatie) }} as rijen
{% endmacro %}

{#
  De soort van een IKV door de tijd: elke inkomstenperiode (IKP) geldt tot de volgende begint. De eerste geldt ook ervoor,
  want een opgave kan beginnen voor de eerste dag van de IKP.
#}
{% macro ikv_soort(populatie) %}
  select
    persoon, loonheffingennummer, volgnummer_ikv, datum_begin_ikv, code_soort_ikv, levering_nr, record_nr,
    case when lag(datum_begin) over reeks is null then 0 else datum_begin end as geldt_van,
    coalesce(lead(datum_begin) over reeks, 99999999) as geldt_voor
  from {{ herleid('uwv', 'inkomstenperiode', populatie) }} as rijen
  window reeks as (
    partition by persoon, loonheffingennummer, volgnummer_ikv, datum_begin_ikv order by datum_begin
  )
{% endmacro %}

{# Voegt bij `relatie` (met een IKV en een dag) de soort en de groep van die dag. #}
{% macro met_soort(relatie, soorten, dag) %}
  select
    rij.*,
    soort.code_soort_ikv,
    codelijst.groep,
    codelijst.omschrijving as soort_inkomen,
    soort.levering_nr as levering_nr_ikp,
    soort.record_nr as record_nr_ikp
  from {{ relatie }} as rij
  left join {{ soorten }} as soort
    on {{ zelfde_ikv('soort', 'rij') }} and rij.{{ dag }} >= soort.geldt_van and rij.{{ dag }} < soort.geldt_voor
  left join {{ ref('stg_referentie__soort_ikv') }} as codelijst
    on codelijst.code = soort.code_soort_ikv
    and rij.{{ dag }} >= {{ als_getal("coalesce(codelijst.geldig_van, date '0001-01-01')") }}
    and rij.{{ dag }} <= {{ als_getal("coalesce(codelijst.geldig_tot, date '9999-12-31')") }}
{% endmacro %}

{#
  De inkomstenopgaven (IKO) van de populatie in de maanden van..tot (jjjjmm), zoals ze nu gelden, zonder ingetrokken IKV.
  Een opgave hoort bij de maand waarin haar tijdvak begint, ook bij een tijdvak van vier weken. Wie de verhoudingen en hun
  soorten al heeft (als `ikv` en `ikv_soort` ze geven) geeft ze mee, dan worden die tabellen niet nog eens gelezen.
#}
{% macro opgaven(populatie, van, tot, verhoudingen=none, soorten=none) %}
  with ikv as ({% if verhoudingen %}select * from {{ verhoudingen }}{% else %}{{ ikv(populatie) }}{% endif %}),
  soorten as ({% if soorten %}select * from {{ soorten }}{% else %}{{ ikv_soort(populatie) }}{% endif %}),
  iko as (
    select
      persoon, loonheffingennummer, volgnummer_ikv, datum_begin_ikv, datum_begin, datum_einde,
      {{ maand_van('datum_begin') }} as maand,
      aantal_verloonde_uren, bedrag_loon_sv, bedrag_loon_lb, bedrag_ingehouden_lb, levering_nr, record_nr
    from {{ herleid('uwv', 'inkomstenopgave', populatie,
                    'datum_begin between ' ~ van ~ ' * 100 and ' ~ tot ~ ' * 100 + 99') }} as rijen
  ),
  niet_ingetrokken as (
    select iko.*, ikv.naam_werkgever, ikv.datum_einde_ikv
    from iko
    left join ikv on {{ zelfde_ikv('ikv', 'iko') }}
    where coalesce(ikv.melding, 'OPGAVE') <> 'INTREKKING'
  )
  {{ met_soort('niet_ingetrokken', 'soorten', 'datum_begin') }}
{% endmacro %}
