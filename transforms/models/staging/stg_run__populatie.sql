-- gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen
select persoon as persoon from {{ ref('stg_duo__persoon') }} where persoon is not null
union
select partner as persoon from {{ ref('stg_gemeente__bijstandspopulatie') }} where partner is not null
union
select persoon as persoon from {{ ref('stg_gemeente__bijstandspopulatie') }} where persoon is not null
union
select partner as persoon from {{ ref('stg_gemeente__kwijtscheldingsaanvraag') }} where partner is not null
union
select persoon as persoon from {{ ref('stg_gemeente__kwijtscheldingsaanvraag') }} where persoon is not null
union
select persoon as persoon from {{ ref('stg_gemeente__volgverzoek') }} where persoon is not null
