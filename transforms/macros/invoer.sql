{# De rijen van een bron: source() legt de herkomst vast, de vars van de run zeggen welke bestanden het zijn. #}
{% macro invoer(bron, tabel) %}
  {%- set _ = source(bron, tabel) -%}
  {%- set paden = var('invoer').get(bron ~ '.' ~ tabel, []) -%}
  {%- if execute and not paden -%}
    {{ exceptions.raise_compiler_error('geen invoer voor ' ~ bron ~ '.' ~ tabel) }}
  {%- endif -%}
  {{ return(lees_parquet(bron, tabel, paden)) }}
{% endmacro %}

{# Of van deze tabel ten minste een levering is ontvangen: het verschil tussen "niets" en "onbekend". #}
{% macro aanwezig(naam) %}{{ return('true' if naam in var('aanwezig') else 'false') }}{% endmacro %}

{#
  De rijen van een tabel zoals ze nu gelden: van rijen met dezelfde sleutel telt die van de laatste levering.
  Eerst wordt beperkt tot de populatie; dat scheelt bij miljoenen rijen het meeste werk.
#}
{% macro herleid(bron, tabel, populatie=none, waar=none) %}
  {%- set rijen = ref('stg_' ~ bron ~ '__' ~ tabel) -%}
  (
    select *
    from (
      select
        rij.*,
        row_number() over (
          partition by {{ sleutel(bron, tabel) | join(', ') }} order by levering_nr desc, record_nr desc
        ) as rang_van_levering
      from {{ rijen }} as rij
      where true
        {% if populatie %}and persoon in (select persoon from {{ populatie }}){% endif %}
        {% if waar %}and {{ waar }}{% endif %}
    ) as gerangschikt
    where rang_van_levering = 1
  )
{%- endmacro %}

{#
  De rijen van een tabel waarin een levering steeds alles van een persoon bevat (een persoonslijst): alleen de laatste
  levering waarin de persoon voorkomt telt, zodat een rij die de bron heeft laten vervallen niet blijft hangen.
#}
{% macro herleid_per_persoon(bron, tabel, populatie=none) %}
  (
    select *
    from (
      select rij.*, max(levering_nr) over (partition by persoon) as laatste_levering_nr
      from {{ ref('stg_' ~ bron ~ '__' ~ tabel) }} as rij
      {% if populatie %}where persoon in (select persoon from {{ populatie }}){% endif %}
    ) as gerangschikt
    where levering_nr = laatste_levering_nr
  )
{%- endmacro %}
