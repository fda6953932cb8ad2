"""What the rules must cover and the edges they stand or fall by, each with the case that shows it."""

from __future__ import annotations

RANDEN = {
    "norm met datum": "kwijtschelding/norm_met_datum",
    "codelijst met geldigheid": "inkomsten/code_15_oud_en_nieuw",
    "correctie herziet de geschiedenis": "inkomsten/correctie_van_eerdere_maand",
    "onvolledige datum": "vsv/onvolledige_geboortedatum",
    "huishouden": "kwijtschelding/afwijking_van_de_brp",
    "dagelijkse aan- en afmeldingen": "vsv/dagelijkse_aan_en_afmeldingen",
    "RMC-bundel": "vsv/rmc_bundel",
    "volgverzoek": "inkomsten/volgverzoek",
    "percentage van de ontvanger": "kwijtschelding/percentage_hoort_bij_de_ontvanger",
    "indicatieve waarde van een auto": "kwijtschelding/auto_op_de_vrijstelling",
    "gemeente opgegaan, in tellingen": "uitstroommonitor/gemeente_opgegaan",
    "gelijk aan de drempel": "vsv/inkomen_gelijk_aan_drempel",
    "op de verjaardag": "vsv/verjaardag_op_peildatum",
    "einde op de laatste dag": "inkomsten/einde_op_laatste_dag",
    "alleen Ziektewet": "vsv/alleen_ziektewet",
    "correctie neemt een signaal terug": "inkomsten/correctie_neemt_melding_terug",
    "alleen de partner": "inkomsten/alleen_de_partner",
    "tweede auto op beider naam": "kwijtschelding/tweede_auto_op_beider_naam",
    "RNI": "inkomsten/rni",
    "overleden midden in de maand": "inkomsten/overleden_midden_in_de_maand",
    "gemeente opgegaan": "inkomsten/gemeente_opgegaan",
    "gepubliceerde bedragen 90%": "kwijtschelding/gepubliceerde_bedragen_90_procent",
    "gepubliceerde bedragen 100%": "kwijtschelding/gepubliceerde_bedragen_100_procent",
}
