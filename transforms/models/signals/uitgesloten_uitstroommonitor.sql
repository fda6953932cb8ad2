-- Personen van wie de bijstand stopte en die niet worden gevolgd, geteld per reden.
select reden_uitgesloten as reden, cast(count(distinct persoon) as bigint) as aantal
from {{ ref('int_uitstroommonitor__uitkomst') }}
where reden_uitgesloten is not null
group by reden_uitgesloten
