-- Geen getoond aantal is 1 tot en met 4, en naast een getoond totaal is nooit precies een aantal weggelaten.
{% set uitkomsten = ['werk', 'werk_en_uitkering', 'uitkering', 'geen_van_beide', 'weer_bijstand', 'niet_gevolgd'] %}
select signaal_id
from {{ ref('signal_uitstroommonitor') }}
where aantal_beeindigd between 1 and 4
    {%- for uitkomst in uitkomsten %}
    or aantal_{{ uitkomst }} between 1 and 4
    {%- endfor %}
    or (
        aantal_beeindigd is not null
        and {% for uitkomst in uitkomsten %}case when aantal_{{ uitkomst }} is null then 1 else 0 end{% if not loop.last %} + {% endif %}{% endfor %} = 1
    )
