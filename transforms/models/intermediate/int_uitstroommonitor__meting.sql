{% set uitkomsten = ['werk', 'werk_en_uitkering', 'uitkering', 'geen_van_beide', 'weer_bijstand', 'niet_gevolgd'] %}
{%- set telling = var('periode')[:4] | int * 12 + var('periode')[5:] | int -%}
-- Een rij per gemeente en maand waarin bijstand stopte; wat niet mag worden getoond is leeg, een uitkomst van niemand is nul.
-- Het onderwerp noemt de gemeente: zo is elke meting een andere, ook zonder persoon.
with meting as (
    select
        gemeente as ontvanger,
        maand_einde as maand,
        {{ telling }} - {{ gedeeld_door('maand_einde', 100) }} * 12 - maand_einde % 100 as maanden_na_einde,
        max(onderdrukking) as onderdrukking,
        max(case when onderdrukking <> 'alles' then totaal end) as aantal_beeindigd,
        {%- for uitkomst in uitkomsten %}
        case
            when max(onderdrukking) = 'alles' or max(case when uitkomst = '{{ uitkomst }}' and is_weggelaten then 1 else 0 end) = 1 then null
            else sum(case when uitkomst = '{{ uitkomst }}' then aantal else 0 end)
        end as aantal_{{ uitkomst }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('int_uitstroommonitor__telling') }}
    group by gemeente, maand_einde
),

benoemd as (
    select
        'UIT-01' as signaal_code,
        ontvanger,
        concat_ws('/', ontvanger, {{ tekst('maand') }}, {{ tekst('maanden_na_einde') }}) as onderwerp,
        {{ vroegst_mogelijke_datum('maand * 100') }} as ingang,
        {{ laatst_mogelijke_datum('maand * 100') }} as einde,
        maand,
        {{ maand_tekst('maand * 100') }} as maand_einde,
        maanden_na_einde,
        onderdrukking,
        aantal_beeindigd,
        {%- for uitkomst in uitkomsten %}
        aantal_{{ uitkomst }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from meting
)

select
    {{ vingerafdruk("concat_ws('|', 'uitstroommonitor', signaal_code, onderwerp, " ~ tekst('ingang') ~ ")") }} as signaal_id,
    signaal_code,
    ontvanger,
    onderwerp,
    ingang,
    einde,
    maand,
    maand_einde,
    maanden_na_einde,
    onderdrukking,
    aantal_beeindigd,
    {%- for uitkomst in uitkomsten %}
    aantal_{{ uitkomst }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from benoemd
