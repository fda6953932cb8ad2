{# Schrijft aan het einde van een geslaagde run de signalen, het bewijs en wie is uitgesloten; bij een fout niets. #}
{% macro schrijf_uitvoer(results) %}
  {% if execute and flags.WHICH == 'build' and env_var('KETEN_DBT_UITVOER', '') %}
    {% set mislukt = results | rejectattr('status', 'in', ['success', 'pass']) | list %}
    {% set modellen = results | map(attribute='node') | selectattr('resource_type', 'equalto', 'model') | list %}
    {% if not mislukt %}
      {% for model in modellen if model.fqn[1] == 'signals' %}
        {% do schrijf_parquet(
          model.relation_name, model.columns.keys() | list, model.config.meta['volgorde'],
          env_var('KETEN_DBT_UITVOER') ~ '/' ~ model.name ~ '.parquet'
        ) %}
      {% endfor %}
    {% endif %}
    {% do schrijf_tellingen(modellen, env_var('KETEN_DBT_WERKMAP') ~ '/tellingen.parquet') %}
  {% endif %}
{% endmacro %}
