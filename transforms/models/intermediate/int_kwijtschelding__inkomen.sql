-- De inkomstenopgaven van het huishouden in de laatste hele maanden, met het nettobedrag (loon LB/PVV min inhouding).
select
    huishouden.aanvraag,
    opgave.maand,
    opgave.code_soort_ikv,
    coalesce(opgave.groep, '') = 'bijstand' as is_bijstand,
    opgave.bedrag_loon_lb,
    opgave.bedrag_ingehouden_lb,
    opgave.bedrag_loon_lb - opgave.bedrag_ingehouden_lb as netto,
    opgave.levering_nr,
    opgave.record_nr
from (
    {{ opgaven(
        ref('int_kwijtschelding__huishouden'), eerste_maand_van('kw_maanden_inkomen'), maand(),
        ref('int_kwijtschelding__ikv'), ref('int_kwijtschelding__soort')
    ) }}
) as opgave
inner join {{ ref('int_kwijtschelding__huishouden') }} as huishouden on huishouden.persoon = opgave.persoon
