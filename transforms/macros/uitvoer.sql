{# Schrijft aan het einde van een geslaagde run de signalen, het bewijs en wie is uitgesloten; bij een fout niets. #}
{% macro schrijf_uitvoer(results) %}
  {% if execute and flags.WHICH == 'build' and env_var('KETEN_DBT_UITVOER', '') %}
    {% set mislukt = results | rejectattr('status', 'in', ['success', 'pass']) | list %}
    {% set gelukt = results | selectattr('status', 'equalto', 'success') | map(attribute='node') | list %}
    {% set tabellen = gelukt | selectattr('config.materialized', 'equalto', 'table') | list %}
    {% if not mislukt %}
      {% for model in tabellen if model.fqn[1] == 'signals' %}
        {% do schrijf_parquet(model, env_var('KETEN_DBT_UITVOER') ~ '/' ~ model.name ~ '.parquet') %}
      {% endfor %}
    {% endif %}
    {% do schrijf_tellingen(tabellen, env_var('KETEN_DBT_WERKMAP') ~ '/tellingen.parquet') %}
    {% do ruim_modellen_op() %}
  {% endif %}
{% endmacro %}
