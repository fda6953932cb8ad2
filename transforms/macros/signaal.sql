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
  {%- set gevonden = [] -%}
  {%- for veld in velden -%}
    {%- do gevonden.append({
      'relatie': relatie,
      'soort': (volgorde * 100 + loop.index, bron, tabel, veld[0]),
      'levering': levering,
      'record': record,
      'waarde': veld[1],
      'norm': veld[2] if veld | length == 4 else ("'" ~ veld[2] ~ "'" if veld | length == 3 else 'cast(null as string)'),
      'norm_waarde': veld[3] if veld | length == 4 else (norm(veld[2]) if veld | length == 3 else 'null'),
    }) -%}
  {%- endfor -%}
  {{ return(gevonden) }}
{%- endmacro %}

{#
  Een bewijsmodel, na zijn deelvragen: elk feit een keer, genummerd per signaal, met de levering erbij. `delen` is een lijst van
  wat `feiten` geeft. Wat voor een soort feit vast is (bron, tabel, kenmerk) komt er pas na het nummeren bij: van een heel land
  zijn er miljoenen feiten van enkele tientallen soorten, en wat wordt gesorteerd moet smal zijn.
#}
{% macro bewijs(delen) -%}
  {%- set alle = delen | sum(start=[]) -%}
  {%- set soorten = alle | map(attribute='soort') | unique | list -%}
  select
    {{ signaal_tekst('feit.signaal') }} as signaal_id,
    cast(feit.volgnummer as integer) as volgnummer,
    soort.bron,
    soort.tabel,
    feit.levering_nr,
    levering.levering_id,
    feit.record_nr,
    {{ peildatum() }} as peildatum,
    soort.kenmerk,
    feit.waarde,
    feit.norm,
    feit.norm_waarde
  from (
    select
      *,
      row_number() over (
        partition by signaal
        order by {{ gedeeld_door('volgorde', 100) }}, levering_nr, record_nr, volgorde, waarde
      ) as volgnummer
    from (
      {%- for feit in alle %}
      {{ 'select distinct * from (' if loop.first else 'union all' }}
      select
        {{ signaal_getal('signaal_id') }} as signaal,
        {{ feit.soort[0] }} as volgorde,
        {{ soorten.index(feit.soort) }} as soort,
        cast({{ feit.levering }} as integer) as levering_nr,
        cast({{ feit.record }} as bigint) as record_nr,
        {{ feit.waarde }} as waarde,
        {{ feit.norm }} as norm,
        {{ tekst(feit.norm_waarde) }} as norm_waarde
      from {{ feit.relatie }}
      where {{ feit.levering }} is not null and {{ feit.waarde }} is not null
      {%- endfor %}
      ) as niet_uniek
    ) as uniek
  ) as feit
  inner join (
    {%- for soort in soorten %}
    {{ 'union all ' if not loop.first }}select {{ loop.index0 }} as soort, '{{ soort[1] }}' as bron, '{{ soort[2] }}' as tabel, '{{ soort[3] }}' as kenmerk
    {%- endfor %}
  ) as soort on soort.soort = feit.soort
  left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = feit.levering_nr
{%- endmacro %}
