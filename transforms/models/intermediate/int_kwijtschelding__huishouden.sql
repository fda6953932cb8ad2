-- De personen van elke aanvraag: de aanvrager en de partner, die samen worden getoetst.
select aanvraag, persoon, 'aanvrager' as rol from {{ ref('int_kwijtschelding__aanvraag') }}
union
select aanvraag, partner, 'partner' from {{ ref('int_kwijtschelding__aanvraag') }} where partner is not null
