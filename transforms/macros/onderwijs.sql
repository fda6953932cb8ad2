{#
  Van iedere persoon de rij van `relatie` die het laatst eindigt: loopt er nog een, dan die. Bij gelijk einde gaat voor wat
  `voorrang` het eerst zet, en daarna wat het laatst begon. `loopt` zegt of zij op de peildatum nog loopt.
#}
{% macro laatste_per_persoon(relatie, voorrang=none) %}
  select *
  from (
    select
      rij.*,
      coalesce({{ laatst_getal('rij.datum_einde') }}, 99999999) >= {{ peildag() }} as loopt,
      row_number() over (
        partition by rij.persoon
        order by coalesce({{ laatst_getal('rij.datum_einde') }}, 99999999) desc,
          {% if voorrang %}rij.{{ voorrang }}, {% endif %}rij.datum_begin desc,
          rij.levering_nr desc, rij.record_nr
      ) as rang
    from {{ relatie }} as rij
  ) as gerangschikt
  where rang = 1
{% endmacro %}
