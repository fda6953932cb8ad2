-- Een lopende uitkering Participatiewet (of haar voorgangers), IOAW of IOAZ van het huishouden, met hoeveel van zijn personen
-- er een hebben; een rij per aanvraag.
with lopend as (
    select persoon, regeling as wet, 'bijstandspopulatie' as tabel, levering_nr, record_nr
    from {{ ref('int_gemeente__bijstand') }}
    where tabel = 'bijstandspopulatie' and {{ loopt_op('datum_ingang', 'datum_einde', peildag()) }}
    union all
    select persoon, wet, 'uitkeringsverhouding', levering_nr, record_nr
    from {{ herleid('gemeente', 'uitkeringsverhouding') }} as rijen
    where {{ loopt_op('datum_begin', 'datum_einde', peildag()) }}
    union all
    select partner, wet, 'uitkeringsverhouding', levering_nr, record_nr
    from {{ herleid('gemeente', 'uitkeringsverhouding') }} as rijen
    where partner is not null and {{ loopt_op('datum_begin', 'datum_einde', peildag()) }}
)

select aanvraag, wet, tabel, levering_nr, record_nr, heeft_aanvrager + heeft_partner as aantal_personen
from (
    select
        huishouden.aanvraag,
        lopend.wet,
        lopend.tabel,
        lopend.levering_nr,
        lopend.record_nr,
        max(case when huishouden.rol = 'aanvrager' then 1 else 0 end) over (partition by huishouden.aanvraag) as heeft_aanvrager,
        max(case when huishouden.rol = 'partner' then 1 else 0 end) over (partition by huishouden.aanvraag) as heeft_partner,
        row_number() over (
            partition by huishouden.aanvraag
            order by lopend.tabel, lopend.levering_nr desc, lopend.record_nr, lopend.wet
        ) as rang
    from {{ ref('int_kwijtschelding__huishouden') }} as huishouden
    inner join lopend on lopend.persoon = huishouden.persoon
    where lopend.wet in ('PW', 'WWB', 'ABW', 'IOAW', 'IOAZ')
) as gerangschikt
where rang = 1
