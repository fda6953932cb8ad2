-- De ondernemingen van de populatie zoals ze nu zijn en zoals ze uit leveringen van eerdere maanden bekend waren.
with rijen as (
    select
        rij.kvk_nummer,
        rij.naam,
        rij.rechtsvorm,
        rij.sbi_hoofdactiviteit,
        nullif(concat_ws(' ', rij.straatnaam, rij.huisnummer, rij.postcode, rij.plaats), '') as adres,
        rij.levering_nr,
        rij.record_nr,
        coalesce(levering.periode < {{ periode() }}, true) as is_eerder,
        coalesce(levering.periode = {{ periode() }}, false) as is_nu
    from {{ ref('stg_kvk__onderneming') }} as rij
    left join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = rij.levering_nr
    where rij.kvk_nummer in (select kvk_nummer from {{ ref('int_kvk__functie') }})
),

gerangschikt as (
    select
        rijen.*,
        row_number() over (partition by kvk_nummer order by levering_nr desc, record_nr desc) as rang,
        row_number() over (partition by kvk_nummer, is_eerder order by levering_nr desc, record_nr desc) as rang_eerder
    from rijen
),

-- Een gegeven dat eerst of nu ontbreekt is geen wijziging: dan is er niets om mee te vergelijken.
vergeleken as (
    select
        nu.kvk_nummer,
        nu.naam,
        nu.rechtsvorm,
        nu.sbi_hoofdactiviteit,
        nu.adres,
        was.rechtsvorm as was_rechtsvorm,
        was.sbi_hoofdactiviteit as was_sbi_hoofdactiviteit,
        was.adres as was_adres,
        coalesce(nu.is_nu and nu.rechtsvorm <> was.rechtsvorm, false) as is_rechtsvorm_gewijzigd,
        coalesce(nu.is_nu and nu.sbi_hoofdactiviteit <> was.sbi_hoofdactiviteit, false) as is_sbi_gewijzigd,
        coalesce(nu.is_nu and nu.adres <> was.adres, false) as is_adres_gewijzigd,
        nu.levering_nr,
        nu.record_nr,
        was.levering_nr as levering_nr_was,
        was.record_nr as record_nr_was
    from gerangschikt as nu
    left join gerangschikt as was
        on was.kvk_nummer = nu.kvk_nummer and was.is_eerder and was.rang_eerder = 1
    where nu.rang = 1
)

select
    kvk_nummer,
    naam,
    rechtsvorm,
    sbi_hoofdactiviteit,
    adres,
    was_rechtsvorm,
    was_sbi_hoofdactiviteit,
    was_adres,
    is_rechtsvorm_gewijzigd,
    is_sbi_gewijzigd,
    is_adres_gewijzigd,
    nullif(concat_ws(',',
        case when is_rechtsvorm_gewijzigd then 'rechtsvorm' end,
        case when is_sbi_gewijzigd then 'sbi' end,
        case when is_adres_gewijzigd then 'adres' end
    ), '') as gewijzigd,
    concat_ws('; ',
        case when is_rechtsvorm_gewijzigd then was_rechtsvorm end,
        case when is_sbi_gewijzigd then was_sbi_hoofdactiviteit end,
        case when is_adres_gewijzigd then was_adres end
    ) as was,
    concat_ws('; ',
        case when is_rechtsvorm_gewijzigd then rechtsvorm end,
        case when is_sbi_gewijzigd then sbi_hoofdactiviteit end,
        case when is_adres_gewijzigd then adres end
    ) as nu,
    levering_nr,
    record_nr,
    levering_nr_was,
    record_nr_was
from vergeleken
