-- Waar een meting op rust: de leveringen, zonder record, want een record is van een persoon.
with gemeente as {{ zonder_kopie() }} (
    select distinct meting.signaal_id, levering.levering_nr, levering.periode
    from {{ ref('int_uitstroommonitor__meting') }} as meting
    inner join {{ ref('int_uitstroommonitor__uitkomst') }} as uitkomst
        on uitkomst.gemeente = meting.ontvanger and uitkomst.maand_einde = meting.maand
    inner join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = uitkomst.levering_nr
),

brp as {{ zonder_kopie() }} (
    select distinct meting.signaal_id, levering.levering_nr, levering.periode
    from {{ ref('int_uitstroommonitor__meting') }} as meting
    inner join {{ ref('int_uitstroommonitor__uitkomst') }} as uitkomst
        on uitkomst.gemeente = meting.ontvanger and uitkomst.maand_einde = meting.maand
    inner join {{ ref('stg_run__levering') }} as levering on levering.levering_nr = uitkomst.levering_nr_persoon
),

uwv as {{ zonder_kopie() }} (
    select meting.signaal_id, levering.levering_nr, levering.periode
    from {{ ref('int_uitstroommonitor__meting') }} as meting
    cross join {{ ref('stg_run__levering') }} as levering
    where levering.bron = 'uwv' and levering.periode = {{ periode() }}
)

{{ bewijs([
    feiten('gemeente', 'gemeente', 'bijstandspopulatie', 1, [['periode', 'periode', 'telling_grens']], record='cast(null as bigint)'),
    feiten('brp', 'brp', 'persoon', 2, [['periode', 'periode']], record='cast(null as bigint)'),
    feiten('uwv', 'uwv', 'inkomstenopgave', 3, [['periode', 'periode']], record='cast(null as bigint)'),
]) }}
