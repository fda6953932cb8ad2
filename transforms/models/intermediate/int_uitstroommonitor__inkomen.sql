-- Wie in de maand werk had (loon of Ziektewet) en wie een uitkering; bedragen van nul en eronder tellen niet, net als in VSV.
-- Bijstand in de polis telt niet: na het einde komt nog vakantiegeld. Of iemand weer bijstand heeft zegt de gemeente.
select
    persoon,
    max(case when groep in ('loon', 'zw') then 1 else 0 end) = 1 as heeft_werk,
    max(case when groep in ('loon', 'zw') then 0 else 1 end) = 1 as heeft_uitkering
from ({{ opgaven(ref('int_uitstroommonitor__cohort'), maand(), maand()) }}) as opgaven
where bedrag_loon_sv > 0
    and groep in ('loon', 'zw', 'wachtgeld', 'ww', 'wao', 'waz', 'wajong', 'iva', 'wga', 'tw', 'aow', 'anw')
group by persoon
