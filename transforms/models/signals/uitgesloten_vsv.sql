-- Jongeren in de DUO-lijst die om woonplaats, overlijden of onbekende geboortedatum geen signaal krijgen, per reden.
select reden_uitgesloten as reden, cast(count(*) as bigint) as aantal
from {{ ref('int_vsv__jongere') }}
where reden_uitgesloten is not null
group by reden_uitgesloten
