{# Wat DuckDB en Spark anders schrijven staat alleen hier; de modellen gebruiken deze namen. #}

{# De rijen van een tabel uit de Parquetbestanden die de run heeft vastgelegd; een kolom die een bestand niet heeft is leeg. #}
{% macro lees_parquet(bron, tabel, paden) %}{{ return(adapter.dispatch('lees_parquet')(bron, tabel, paden)) }}{% endmacro %}
{% macro default__lees_parquet(bron, tabel, paden) %}
  {%- set lijst = [] -%}
  {%- for pad in paden %}{% do lijst.append("'" ~ (pad | replace("'", "''")) ~ "'") %}{% endfor -%}
  {{ return('read_parquet([' ~ lijst | join(', ') ~ '], union_by_name = true)') }}
{% endmacro %}
{# Spark krijgt een tabel over de bestanden, met de kolommen van de source: zo hoeft het geen bestand te openen om ze te kennen. #}
{% macro spark__lees_parquet(bron, tabel, paden) %}
  {%- set invoer = target.schema ~ '.invoer_' ~ bron ~ '__' ~ tabel -%}
  {%- if execute %}
    {%- set kolommen = [] -%}
    {%- for veld in graph.sources['source.' ~ project_name ~ '.' ~ bron ~ '.' ~ tabel].columns.values() %}
      {%- do kolommen.append(adapter.quote(veld.name) ~ ' ' ~ (veld.data_type | replace('timestamp', 'timestamp_ntz'))) -%}
    {%- endfor -%}
    {%- do run_query('drop table if exists ' ~ invoer) -%}
    {%- do run_query(
      'create table ' ~ invoer ~ ' (' ~ kolommen | join(', ') ~ ") using parquet options (path '" ~ spark_paden(paden) ~ "')"
    ) -%}
  {%- endif %}
  {{ return(invoer) }}
{% endmacro %}
{# Een patroon van Hadoop dat precies deze paden aanwijst. S3 heet daar s3a. #}
{% macro spark_paden(paden) %}
  {%- set namen = [] -%}
  {%- for pad in paden %}
    {%- set naam = modules.re.sub('^s3:', 's3a:', pad) -%}
    {%- set stam = modules.re.match('([a-z0-9]+://[^/]+)?/', naam).group() -%}
    {%- if modules.re.search("[][{},*?'\\\\]", naam) or (namen and stam != namen[0][0]) -%}
      {{ exceptions.raise_compiler_error('Spark kan dit pad niet bij de andere lezen: ' ~ naam) }}
    {%- endif -%}
    {%- do namen.append((stam, naam[stam | length:])) -%}
  {%- endfor -%}
  {{ return(namen[0][0] ~ (namen[0][1] if namen | length == 1 else '{' ~ namen | map(attribute=1) | join(',') ~ '}')) }}
{% endmacro %}

{# Een pseudoniem (16 bytes) in de vorm waarin deze motor het snelst koppelt, en terug. #}
{% macro pseudoniem(kolom) %}{{ return(adapter.dispatch('pseudoniem')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem(kolom) %}{{ return('cast(' ~ kolom ~ ' as uuid)') }}{% endmacro %}
{% macro spark__pseudoniem(kolom) %}{{ return(kolom) }}{% endmacro %}
{% macro pseudoniem_tekst(kolom) %}{{ return(adapter.dispatch('pseudoniem_tekst')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem_tekst(kolom) %}{{ return('cast(' ~ kolom ~ ' as string)') }}{% endmacro %}
{% macro spark__pseudoniem_tekst(kolom) %}
  {{ return("lower(regexp_replace(hex(" ~ kolom ~ "), '(.{8})(.{4})(.{4})(.{4})(.{12})', '$1-$2-$3-$4-$5'))") }}
{% endmacro %}
{% macro pseudoniem_binair(kolom) %}{{ return(adapter.dispatch('pseudoniem_binair')(kolom)) }}{% endmacro %}
{% macro default__pseudoniem_binair(kolom) %}{{ return('cast(' ~ kolom ~ ' as binary)') }}{% endmacro %}

{# De eerste 32 hexadecimale tekens van SHA-256, in kleine letters. #}
{% macro vingerafdruk(tekst) %}{{ return(adapter.dispatch('vingerafdruk')(tekst)) }}{% endmacro %}
{% macro default__vingerafdruk(tekst) %}{{ return('substr(sha256(' ~ tekst ~ '), 1, 32)') }}{% endmacro %}
{% macro spark__vingerafdruk(tekst) %}{{ return('substr(sha2(' ~ tekst ~ ', 256), 1, 32)') }}{% endmacro %}

{# Zo een vingerafdruk in de vorm waarin deze motor het zuinigst sorteert, en terug. #}
{% macro signaal_getal(kolom) %}{{ return(adapter.dispatch('signaal_getal')(kolom)) }}{% endmacro %}
{% macro default__signaal_getal(kolom) %}{{ return('cast(' ~ kolom ~ ' as uuid)') }}{% endmacro %}
{% macro spark__signaal_getal(kolom) %}{{ return(kolom) }}{% endmacro %}
{% macro signaal_tekst(kolom) %}{{ return(adapter.dispatch('signaal_tekst')(kolom)) }}{% endmacro %}
{% macro default__signaal_tekst(kolom) %}{{ return("replace(cast(" ~ kolom ~ " as string), '-', '')") }}{% endmacro %}
{% macro spark__signaal_tekst(kolom) %}{{ return(kolom) }}{% endmacro %}

{# Deling van gehele getallen, afgekapt naar nul. #}
{% macro gedeeld_door(teller, noemer) %}{{ return(adapter.dispatch('gedeeld_door')(teller, noemer)) }}{% endmacro %}
{% macro default__gedeeld_door(teller, noemer) %}{{ return('((' ~ teller ~ ') // (' ~ noemer ~ '))') }}{% endmacro %}
{% macro spark__gedeeld_door(teller, noemer) %}{{ return('((' ~ teller ~ ') div (' ~ noemer ~ '))') }}{% endmacro %}

{# Een kalenderdatum uit getallen; een dag die niet bestaat is een fout, ook waar de motor er zelf leeg van zou maken. #}
{% macro kalenderdag(jaar, maand, dag) %}{{ return(adapter.dispatch('kalenderdag')(jaar, maand, dag)) }}{% endmacro %}
{% macro default__kalenderdag(jaar, maand, dag) %}{{ return('make_date(' ~ [jaar, maand, dag] | join(', ') ~ ')') }}{% endmacro %}
{% macro spark__kalenderdag(jaar, maand, dag) %}
  {%- set datum = default__kalenderdag(jaar, maand, dag) -%}
  {{ return('case when ' ~ jaar ~ ' is not null then coalesce(' ~ datum ~ ", raise_error('geen datum')) end") }}
{% endmacro %}

{# Kalenderdatums verder in de tijd. #}
{% macro dag_later(datum) %}{{ return(adapter.dispatch('dag_later')(datum)) }}{% endmacro %}
{% macro default__dag_later(datum) %}{{ return('cast((' ~ datum ~ ') + interval 1 day as date)') }}{% endmacro %}
{% macro spark__dag_later(datum) %}{{ return('date_add(' ~ datum ~ ', 1)') }}{% endmacro %}
{% macro jaren_later(datum, jaren) %}{{ return(adapter.dispatch('jaren_later')(datum, jaren)) }}{% endmacro %}
{% macro default__jaren_later(datum, jaren) %}
  {{ return('cast((' ~ datum ~ ') + to_years(cast(' ~ jaren ~ ' as integer)) as date)') }}
{% endmacro %}
{% macro spark__jaren_later(datum, jaren) %}
  {{ return('add_months(' ~ datum ~ ', cast(12 * ' ~ jaren ~ ' as integer))') }}
{% endmacro %}

{% macro tekst(uitdrukking) %}{{ return('cast(' ~ uitdrukking ~ ' as string)') }}{% endmacro %}

{# Bij een deelvraag die vaker wordt gebruikt. DuckDB bewaart anders van elke een kopie in het geheugen, die niet naar schijf
   kan: met de signalen van een heel land past dat niet in 2 GB. #}
{% macro zonder_kopie() %}{{ return(adapter.dispatch('zonder_kopie')()) }}{% endmacro %}
{% macro default__zonder_kopie() %}{{ return('not materialized') }}{% endmacro %}
{% macro spark__zonder_kopie() %}{{ return('') }}{% endmacro %}

{#
  Een model als een Parquetbestand, gesorteerd en vast van vorm, zodat dezelfde invoer dezelfde bytes geeft. Spark schrijft een
  map met delen op volgorde, waar pipeline/spark.py een bestand van maakt, en dwingt een contract niet af: dat gebeurt hier.
#}
{% macro schrijf_parquet(model, pad) %}{{ return(adapter.dispatch('schrijf_parquet')(model, pad)) }}{% endmacro %}
{% macro default__schrijf_parquet(model, pad) %}
  {%- set namen = [] -%}
  {%- for kolom in model.columns %}{% do namen.append(adapter.quote(kolom)) %}{% endfor -%}
  {% do run_query(
    "copy (select " ~ namen | join(', ') ~ " from " ~ model.relation_name ~ " order by " ~ model.config.meta['volgorde'] ~ ") to '"
    ~ (pad | replace("'", "''")) ~ "' (format parquet, compression zstd, row_group_size 122880, kv_metadata {sleutelversie: '"
    ~ env_var('KETEN_DBT_SLEUTELVERSIE', '1') ~ "'})"
  ) %}
{% endmacro %}
{% macro spark__schrijf_parquet(model, pad) %}
  {%- set namen = [] -%}
  {%- for kolom in model.columns.values() %}
    {%- set naam = adapter.quote(kolom.name) -%}
    {%- set verplicht = kolom.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
    {%- do namen.append('coalesce(' ~ naam ~ ", raise_error('leeg maar verplicht')) as " ~ naam if verplicht else naam) -%}
  {%- endfor -%}
  {% do run_query(
    "insert overwrite directory '" ~ spark_paden([pad]) ~ "' using parquet select " ~ namen | join(', ')
    ~ ' from ' ~ model.relation_name ~ ' order by ' ~ model.config.meta['volgorde']
  ) %}
{% endmacro %}

{# Het aantal rijen van elke gebouwde tabel, voor het grootboek. #}
{% macro schrijf_tellingen(tabellen, pad) %}{{ return(adapter.dispatch('schrijf_tellingen')(tabellen, pad)) }}{% endmacro %}
{% macro default__schrijf_tellingen(tabellen, pad) %}
  {% do run_query(
    "copy (select table_name as model, cast(estimated_size as bigint) as aantal from duckdb_tables() order by 1) to '"
    ~ (pad | replace("'", "''")) ~ "' (format parquet)"
  ) %}
{% endmacro %}
{% macro spark__schrijf_tellingen(tabellen, pad) %}
  {%- set tellingen = [] -%}
  {%- for tabel in tabellen %}
    {%- do tellingen.append("select '" ~ tabel.name ~ "' as model, count(*) as aantal from " ~ tabel.relation_name) -%}
  {%- endfor -%}
  {% do run_query(
    "insert overwrite directory '" ~ spark_paden([pad]) ~ "' using parquet " ~ tellingen | join(' union all ')
  ) if tellingen %}
{% endmacro %}

{# Waar de modellen van deze run staan, en dat weer weg. In DuckDB is dat het geheugen. #}
{% macro spark__create_schema(relation) %}
  {%- do run_query(
    'create schema if not exists ' ~ relation ~ " location '" ~ spark_paden([env_var('KETEN_DBT_UITVOER') ~ '/modellen']) ~ "'"
  ) -%}
{% endmacro %}
{% macro ruim_modellen_op() %}{{ return(adapter.dispatch('ruim_modellen_op')()) }}{% endmacro %}
{% macro default__ruim_modellen_op() %}{% endmacro %}
{% macro spark__ruim_modellen_op() %}{% do run_query('drop schema if exists ' ~ target.schema ~ ' cascade') %}{% endmacro %}
