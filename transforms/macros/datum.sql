{#
  Datums zijn getallen jjjjmmdd waarin maand en dag 00 kunnen zijn (onbekend) en 0 alles onbekend is; leeg is afwezig.
  Een feit telt als het zeker is: een begin en een einde tellen vanaf hun laatst mogelijke dag (ADR 0021). Als getal is zo'n
  datum vanzelf de vroegst mogelijke dag; die telt alleen voor wat een signaal uitsluit (overlijden, vertrek).
#}

{% macro periode() %}{{ return("'" ~ var('periode') ~ "'") }}{% endmacro %}
{% macro peildatum() %}{{ return("date '" ~ var('peildatum') ~ "'") }}{% endmacro %}
{% macro peildag() %}{{ return(var('peildatum') | replace('-', '')) }}{% endmacro %}
{% macro eerste_dag() %}{{ return((var('periode') | replace('-', '')) ~ '01') }}{% endmacro %}
{% macro eerste_datum() %}{{ return("date '" ~ var('periode') ~ "-01'") }}{% endmacro %}

{# De maand jjjjmm die `terug` maanden voor de periode ligt. #}
{% macro maand(terug=0) %}
  {%- set telling = var('periode')[:4] | int * 12 + var('periode')[5:] | int - 1 - terug -%}
  {{ return((telling // 12) * 100 + telling % 12 + 1) }}
{% endmacro %}
{# De eerste maand jjjjmm van de laatste zoveel hele maanden, de periode meegeteld; het aantal is een norm. #}
{% macro eerste_maand_van(norm_naam) %}
  {%- set telling = var('periode')[:4] | int * 12 + var('periode')[5:] | int -%}
  {%- set eerste = '(' ~ telling ~ ' - ' ~ norm(norm_naam) ~ ')' -%}
  {{ return('(' ~ gedeeld_door(eerste, 12) ~ ' * 100 + ' ~ eerste ~ ' % 12 + 1)') }}
{% endmacro %}
{% macro maand_van(datum) %}{{ return(gedeeld_door(datum, 100)) }}{% endmacro %}
{% macro maand_tekst(datum) %}
  {{ return("concat_ws('', substr(" ~ tekst(datum) ~ ", 1, 4), '-', substr(" ~ tekst(datum) ~ ", 5, 2))") }}
{% endmacro %}

{# De laatst mogelijke dag als getal, om te vergelijken; geheel onbekend is nooit, afwezig blijft leeg. #}
{% macro laatst_getal(datum) -%}
  case when {{ datum }} = 0 then 99991231
       when {{ datum }} % 10000 = 0 then {{ datum }} + 1231
       when {{ datum }} % 100 = 0
         then {{ datum }} + day(last_day({{ kalenderdag(gedeeld_door(datum, 10000), gedeeld_door(datum, 100) ~ ' % 100', 1) }}))
       else {{ datum }} end
{%- endmacro %}
{# De dag als getal vanaf wanneer iets zeker geldt; een geheel onbekend of afwezig begin is er al: de bron zegt dat het loopt. #}
{% macro sinds_getal(datum) -%}
  case when coalesce({{ datum }}, 0) = 0 then 0 else {{ laatst_getal(datum) }} end
{%- endmacro %}

{# Geldt een termijn op een dag, of ergens in de periode? Beide dagen tellen mee. #}
{% macro loopt_op(begin, einde, dag) -%}
  ({{ sinds_getal(begin) }} <= {{ dag }} and ({{ einde }} is null or {{ laatst_getal(einde) }} >= {{ dag }}))
{%- endmacro %}
{% macro loopt_in_periode(begin, einde) -%}
  ({{ sinds_getal(begin) }} <= {{ peildag() }} and ({{ einde }} is null or {{ laatst_getal(einde) }} >= {{ eerste_dag() }}))
{%- endmacro %}
{# Ligt een dag zeker in de periode? Een onbekende dag van de maand wel, een onbekende maand pas in december. #}
{% macro in_periode(datum) -%}
  ({{ laatst_getal(datum) }} between {{ eerste_dag() }} and {{ peildag() }})
{%- endmacro %}

{# Als kalenderdatum: de laatst mogelijke en de vroegst mogelijke; geheel onbekend is leeg. #}
{% macro laatst_mogelijke_datum(datum) -%}
  case when {{ datum }} is null or {{ datum }} = 0 then null
       when {{ datum }} % 10000 = 0 then {{ kalenderdag(gedeeld_door(datum, 10000), 12, 31) }}
       when {{ datum }} % 100 = 0
         then last_day({{ kalenderdag(gedeeld_door(datum, 10000), gedeeld_door(datum, 100) ~ ' % 100', 1) }})
       else {{ kalenderdag(gedeeld_door(datum, 10000), gedeeld_door(datum, 100) ~ ' % 100', datum ~ ' % 100') }} end
{%- endmacro %}
{% macro vroegst_mogelijke_datum(datum) -%}
  case when {{ datum }} is null or {{ datum }} = 0 then null
       when {{ datum }} % 10000 = 0 then {{ kalenderdag(gedeeld_door(datum, 10000), 1, 1) }}
       when {{ datum }} % 100 = 0 then {{ kalenderdag(gedeeld_door(datum, 10000), gedeeld_door(datum, 100) ~ ' % 100', 1) }}
       else {{ kalenderdag(gedeeld_door(datum, 10000), gedeeld_door(datum, 100) ~ ' % 100', datum ~ ' % 100') }} end
{%- endmacro %}

{# Een datum zoals die in het bewijs staat: 2026-01-31, 2026-01 of 2026. #}
{% macro datum_tekst(datum) -%}
  case when {{ datum }} is null then null
       when {{ datum }} = 0 then 'onbekend'
       when {{ datum }} % 10000 = 0 then substr({{ tekst(datum) }}, 1, 4)
       when {{ datum }} % 100 = 0 then {{ maand_tekst(datum) }}
       else concat_ws('', {{ maand_tekst(datum) }}, '-', substr({{ tekst(datum) }}, 7, 2)) end
{%- endmacro %}

{# Hele jaren tussen twee kalenderdatums; op de verjaardag zelf is het jaar vol. #}
{% macro jaren_tussen(van, tot) -%}
  (year({{ tot }}) - year({{ van }})
   - case when month({{ tot }}) * 100 + day({{ tot }}) < month({{ van }}) * 100 + day({{ van }}) then 1 else 0 end)
{%- endmacro %}
{% macro als_getal(datum) %}
  {{ return('(year(' ~ datum ~ ') * 10000 + month(' ~ datum ~ ') * 100 + day(' ~ datum ~ '))') }}
{% endmacro %}
{% macro geldig_op_peildatum(rij='') -%}
  (coalesce({{ rij }}geldig_van, date '0001-01-01') <= {{ peildatum() }}
   and coalesce({{ rij }}geldig_tot, date '9999-12-31') >= {{ peildatum() }})
{%- endmacro %}
