{#
  Een run op DuckDB begint met een lege databank in het geheugen: er is niets om opzij te zetten, te hernoemen of te herstellen.
  Wat dbt-duckdb daarvoor doet (een tussentabel, vier cursors voor hernoemen en weggooien) kostte een kwart van elk model.
  Spark houdt zijn eigen: daar blijft een tabel staan tot de run haar opruimt.
#}
{% materialization table, adapter='duckdb' %}
  {%- set tabel = this.incorporate(type='table') -%}
  {% call statement('main') %}{{ create_table_as(false, tabel, compiled_code) }}{% endcall %}
  {{ return({'relations': [tabel]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {%- set view = this.incorporate(type='view') -%}
  {% call statement('main') %}{{ create_view_as(view, compiled_code) }}{% endcall %}
  {{ return({'relations': [view]}) }}
{% endmaterialization %}
