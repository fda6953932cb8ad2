-- Elke aanvraag krijgt een uitkomst, dus er valt niemand af. Het model is er zodat elk product dezelfde drie uitkomsten heeft.
select cast(null as string) as reden, cast(count(*) as bigint) as aantal
from {{ ref('int_kwijtschelding__uitkomst') }}
where uitkomst is null
having count(*) > 0
