-- Positieve inkomsten van de maand: werk (loon en Ziektewet) of uitkering. Pensioen, lijfrente, vut, ontslagvergoeding en
-- overige inkomsten zijn geen van beide en vallen weg.
{% set populatie = '(select persoon from ' ~ ref('int_vsv__onderwijs') ~ ' where not is_ingeschreven) as populatie' %}
select
    persoon,
    case when groep in ('loon', 'zw') then 'werk' else 'uitkering' end as aard,
    code_soort_ikv,
    soort_inkomen,
    bedrag_loon_sv,
    levering_nr,
    record_nr,
    levering_nr_ikp,
    record_nr_ikp
from ({{ opgaven(populatie, maand(), maand()) }}) as opgaven
where bedrag_loon_sv > 0
    and groep in (
        'loon', 'zw', 'wachtgeld', 'ww', 'wao', 'waz', 'wajong', 'iva', 'wga', 'tw', 'aow', 'anw', 'bijstand'
    )
