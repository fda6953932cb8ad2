{# Wat DuckDB en Spark anders schrijven staat alleen hier; de modellen gebruiken deze namen. #}

{# De rijen van een tabel uit de Parquetbestanden die de run heeft vastgelegd. #}
{% macro lees_parquet(paden) %}{{ return(adapter.dispatch('lees_parquet')(paden)) }}{% endmacro %}
{% macro default__lees_parquet(paden) %}
  {%- set lijst = [] -%}
  {%- for pad in paden %}{% do lijst.append("'" ~ (pad | replace("'", "''")) ~ "'") %}{% endfor -%}
  {{ return('read_parquet([' ~ lijst | join(', ') ~ '], union_by_name = true)') }}
{% endmacro %}

{# Een pseudoniem (16 bytes) in de vorm waarin deze motor het snelst koppelt, en terug. #}
{% macro pseudoniem(kolom) %}{{ return(adapter.dispatch('pseudoniem')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem(kolom) %}{{ return('cast(' ~ kolom ~ ' as uuid)') }}{% endmacro %}
{% macro pseudoniem_tekst(kolom) %}{{ return(adapter.dispatch('pseudoniem_tekst')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem_tekst(kolom) %}{{ return('cast(' ~ kolom ~ ' as string)') }}{% endmacro %}
{% macro pseudoniem_binair(kolom) %}{{ return(adapter.dispatch('pseudoniem_binair')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem_binair(kolom) %}{{ return('cast(' ~ kolom ~ ' as blob)') }}{% endmacro %}

{# De eerste 32 hexadecimale tekens van SHA-256, in kleine letters. #}
{% macro vingerafdruk(tekst) %}{{ return(adapter.dispatch('vingerafdruk')(tekst)) }}{% endmacro %}
{% macro default__vingerafdruk(tekst) %}{{ return('substr(sha256(' ~ tekst ~ '), 1, 32)') }}{% endmacro %}

{# Deling van gehele getallen, afgekapt naar nul. #}
{% macro gedeeld_door(teller, noemer) %}{{ return(adapter.dispatch('gedeeld_door')(teller, noemer)) }}{% endmacro %}
{% macro default__gedeeld_door(teller, noemer) %}{{ return('((' ~ teller ~ ') // (' ~ noemer ~ '))') }}{% endmacro %}

{# Kalenderdatums verder in de tijd. #}
{% macro dag_later(datum) %}{{ return(adapter.dispatch('dag_later')(datum)) }}{% endmacro %}
{% macro default__dag_later(datum) %}{{ return('cast((' ~ datum ~ ') + interval 1 day as date)') }}{% endmacro %}
{% macro jaren_later(datum, jaren) %}{{ return(adapter.dispatch('jaren_later')(datum, jaren)) }}{% endmacro %}
{% macro default__jaren_later(datum, jaren) %}
  {{ return('cast((' ~ datum ~ ') + to_years(cast(' ~ jaren ~ ' as integer)) as date)') }}
{% endmacro %}

{% macro tekst(uitdrukking) %}{{ return('cast(' ~ uitdrukking ~ ' as string)') }}{% endmacro %}

{# Een tabel als een Parquetbestand, gesorteerd en vast van vorm, zodat dezelfde invoer dezelfde bytes geeft. #}
{% macro schrijf_parquet(relatie, kolommen, volgorde, pad) %}
  {{ return(adapter.dispatch('schrijf_parquet')(relatie, kolommen, volgorde, pad)) }}
{% endmacro %}
{% macro default__schrijf_parquet(relatie, kolommen, volgorde, pad) %}
  {%- set namen = [] -%}
  {%- for kolom in kolommen %}{% do namen.append(adapter.quote(kolom)) %}{% endfor -%}
  {% do run_query(
    "copy (select " ~ namen | join(', ') ~ " from " ~ relatie ~ " order by " ~ volgorde ~ ") to '"
    ~ (pad | replace("'", "''")) ~ "' (format parquet, compression zstd, row_group_size 122880, kv_metadata {sleutelversie: '"
    ~ env_var('KETEN_DBT_SLEUTELVERSIE', '1') ~ "'})"
  ) %}
{% endmacro %}

{# Het aantal rijen van elke gebouwde tabel, voor het grootboek. #}
{% macro schrijf_tellingen(relaties, pad) %}
  {% do run_query(
    "copy (select table_name as model, cast(estimated_size as bigint) as aantal from duckdb_tables() order by 1) to '"
    ~ (pad | replace("'", "''")) ~ "' (format parquet)"
  ) %}
{% endmacro %}
