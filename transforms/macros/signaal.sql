{# De waarde van een norm op de peildatum; leeg als er dan geen is. #}
{% macro norm(naam) -%}
  (select waarde from {{ ref('stg_referentie__norm') }} where norm = '{{ naam }}' and {{ geldig_op_peildatum() }})
{%- endmacro %}

{#
  Het nummer van een signaal binnen deze sleutelversie: dezelfde persoon, code, werkgever, zelfde onderwerp en begin geven
  in elke run hetzelfde. Een onderwerp bevat geen pseudoniem. Het nummer in het bericht maakt de uitlevering.
#}
{% macro signaal_id(product, werkgever=none) -%}
  {{ vingerafdruk(
    "concat_ws('|', " ~ pseudoniem_tekst('persoon') ~ ", '" ~ product ~ "', signaal_code, "
    ~ (('coalesce(' ~ pseudoniem_tekst(werkgever) ~ ", ''), ") if werkgever else '') ~ "onderwerp, " ~ tekst('ingang')
    ~ ")"
  ) }}
{%- endmacro %}

{#
  Feiten voor het bewijs: van elke rij van `relatie` (met signaal_id, levering_nr, record_nr) een feit per kenmerk.
  `velden` is een lijst [kenmerk, waarde], [kenmerk, waarde, norm] of [kenmerk, waarde, uitdrukking voor de naam van de
  norm, uitdrukking voor de waarde van de norm]; een leeg feit vervalt.
#}
{% macro feiten(relatie, bron, tabel, volgorde, velden, levering='levering_nr', record='record_nr') -%}
  {%- for veld in velden %}
  select
    signaal_id,
    {{ volgorde * 100 + loop.index }} as volgorde,
    '{{ bron }}' as bron,
    '{{ tabel }}' as tabel,
    {{ levering }} as levering_nr,
    {{ record }} as record_nr,
    '{{ veld[0] }}' as kenmerk,
    {{ veld[1] }} as waarde,
    {% if veld | length == 4 -%}
    {{ veld[2] }} as norm,
    {{ tekst(veld[3]) }} as norm_waarde
    {%- elif veld | length == 3 -%}
    '{{ veld[2] }}' as norm,
    {{ tekst(norm(veld[2])) }} as norm_waarde
    {%- else -%}
    cast(null as string) as norm,
    cast(null as string) as norm_waarde
    {%- endif %}
  from {{ relatie }}
  where {{ levering }} is not null and {{ veld[1] }} is not null
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
{%- endmacro %}

{# Het slot van elk bewijsmodel: elk feit een keer, genummerd per signaal, met de levering erbij. #}
{% macro bewijs(feiten) -%}
  select
    feit.signaal_id,
    cast(row_number() over (
      partition by feit.signaal_id
      order by {{ gedeeld_door('feit.volgorde', 100) }}, feit.levering_nr, feit.record_nr, feit.volgorde, feit.waarde
    ) as integer) as volgnummer,
    feit.bron,
    feit.tabel,
    cast(feit.levering_nr as integer) as levering_nr,
    levering.levering_id,
    cast(feit.record_nr as bigint) as record_nr,
    {{ peildatum() }} as peildatum,
    feit.kenmerk,
    feit.waarde,
    feit.norm,
    feit.norm_waarde
  from (
    select distinct signaal_id, volgorde, bron, tabel, levering_nr, record_nr, kenmerk, waarde, norm, norm_waarde
    from {{ feiten }}
  ) as feit
  left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = feit.levering_nr
{%- endmacro %}
