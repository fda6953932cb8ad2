"""Places that change something and are not killed at, each with why that is no gap; a test that is named must exist."""

from __future__ import annotations

_LEEST = "bij een ontvanger, die niets bewaart: wat half is wordt bij de volgende keer opnieuw gemaakt"
_WERKMAP = "in de werkmap van een proces, die de opruiming vindt"
_GENEREERT = "maakt broncode voor een ontwikkelaar, die het verschil in git ziet"
_KANAAL = "tests/integration/test_lever_kanalen.py (SIGKILL midden in een upload), tests/fault/test_kanaal_wankel.py"
_HERHAAL = "eigen map zonder stand; werkmap met procesnummer, die de opruiming vindt: tests/e2e/test_herhalen.py"
_OPHALEN = "dood voor en na elke aanroep en naamswisseling: tests/fault/test_ophalen.py"
_OPNAME = "dood voor en na elke verandering: tests/fault/test_gedood_opname.py"
_METING = "meet alleen, in een map van zichzelf; wat afgebroken is wordt opnieuw gemaakt"

UITGEZONDERD: dict[str, str] = {
    "connectors/kanaal_s3.py:S3Kanaal.lever schrijft": _KANAAL,
    "connectors/kanaal_sftp.py:SftpKanaal.lever.work schrijft": _KANAAL,
    "connectors/kanaal_sftp.py:SftpKanaal.lever.work zet neer": _KANAAL,
    **dict.fromkeys(
        (
            "connectors/kanaal_sftp.py:SftpKanaal.verwijder.work wist",
            "pipeline/levering/inbox.py:_zet_in_inbox.zet_neer zet neer",
            "pipeline/ophalen.py:Winkel._ontvang zet neer",
            "pipeline/ophalen.py:Winkel._ontvang zet neer 2",
            "pipeline/ophalen.py:Winkel._ruim_op wist",
            "pipeline/ophalen.py:_verwijder_wat_er_niet_meer_is wist",
            "pipeline/retour/inbox.py:_zet_in_inbox.zet_neer wist",
            "pipeline/retour/inbox.py:_zet_in_inbox.zet_neer zet neer",
        ),
        _OPHALEN,
    ),
    **dict.fromkeys(
        (
            "pipeline/levering/opname.py:Opnames._neem_op wist",
            "pipeline/levering/opname.py:Opnames._neem_op zet neer",
            "pipeline/levering/opnamebestand.py:Opnemer.__init__ schrijft",
        ),
        _OPNAME,
    ),
    "pipeline/levering/opnamebestand.py:Opnemer.breek_af wist": "een lezing die afbreekt laat niets na: "
    "tests/unit/test_opname.py",
    "lineage/alleen.py:alleen schrijft": "een slot: leeg bestand, het slot zelf gaat met het proces",
    "pipeline/bewaren/vernietig.py:alleen schrijft": "een slot: leeg bestand, het slot zelf gaat met het proces",
    "lineage/vernietiging.py:trek_in grootboek": "een voornemen dat vervalt: tests/e2e/test_bewaren.py",
    "message_formats/generate.py:main wist": _GENEREERT,
    "message_formats/generate.py:main schrijft": _GENEREERT,
    "message_formats/ontsleutel.py:ontsleutel schrijft": _LEEST,
    "message_formats/ontsleutel.py:ontsleutel wist": _LEEST,
    "message_formats/ontsleutel.py:ontsleutel wist 2": _LEEST,
    "message_formats/openen.py:Opener._open zet neer": _LEEST,
    "pipeline/bereken.py:_write_reference wist": "een ander proces was eerder: de eigen map gaat weg",
    "pipeline/dbt_docs.py:maak_docs schrijft": "een pagina buiten de stand, die elke keer geheel opnieuw wordt gemaakt",
    "pipeline/dbt_docs.py:_lege_invoer schrijft": "lege invoer in de werkmap van een proces",
    "pipeline/herkomst/kolommen.py:main schrijft": _GENEREERT,
    "pipeline/motor.py:_merge schrijft": "naar de map in wording, op Spark: tests/spec/signals/test_spark.py",
    "pipeline/signaleer.py:_link schrijft": "een bestandssysteem zonder links: een kopie in de map in wording",
    "pipeline/aanwijzingen.py:_Schrijver.breek_af wist": "een lezing die afbreekt laat niets na: test_inputs.py",
    "privacy/schrijver.py:Schrijver.sluit wist": "een lezing die afbreekt laat niets na: test_inputs.py",
    "message_formats/write.py:write_csv_table schrijft": _LEEST,
    "pipeline/bereken.py:bereken wist": _WERKMAP,
    "pipeline/dbt_build.py:_tellingen wist": _WERKMAP,
    "pipeline/rekenen.py:rekenruimte wist": _WERKMAP,
    **dict.fromkeys(
        (
            "pipeline/dbt_project.py:bewaar schrijft",
            "pipeline/dbt_project.py:bewaar wist",
            "pipeline/dbt_project.py:bewaar zet neer",
        ),
        "het gelezen dbt-project, dat anders opnieuw gelezen wordt: tests/integration/test_dbt_project.py",
    ),
    "pipeline/demonstratie.py:bied_aan wist": "de demo zet er bestanden neer, zoals een bron",
    "pipeline/demonstratie.py:bied_aan zet neer": "de demo zet er bestanden neer, zoals een bron",
    "pipeline/demonstratie.py:bied_aan zet neer 2": "de demo zet er bestanden neer, zoals een bron",
    "pipeline/vertrek/export.py:exporteer schrijft 3": "in de map in wording, die pas heel haar naam krijgt",
    "pipeline/vertrek/export.py:_schrijf schrijft 2": "in de map in wording, die pas heel haar naam krijgt",
    **dict.fromkeys(
        (
            "privacy/bewaren.py:_plaats schrijft",
            "privacy/bewaren.py:_plaats wist",
            "privacy/bewaren.py:_plaats zet neer 2",
        ),
        "een lake op een eigen bestandssysteem: tests/unit/test_bewaren_bestanden.py",
    ),
    **dict.fromkeys(
        (
            "pipeline/herhaling/herhaal.py:_in_proces schrijft",
            "pipeline/herhaling/herhaal.py:_laat_weg wist",
            "pipeline/herhaling/proces.py:main schrijft",
            "pipeline/herhaling/proces.py:main wist",
            "pipeline/herhaling/vergelijk.py:vergelijk_berichten wist",
            "pipeline/herhaling/herhaal.py:herhaal wist",
            "pipeline/herhaling/herhaal.py:herhaal wist 2",
            "pipeline/herhaling/herhaal.py:herhaal zet neer",
            "pipeline/herhaling/herhaal.py:controleer wist",
            "pipeline/herhaling/herhaal.py:_werkmap wist",
            "pipeline/herhaling/herhaal.py:_doe wist",
            "pipeline/vastlegging.py:pak_uit schrijft",
        ),
        _HERHAAL,
    ),
    **dict.fromkeys(
        (
            "pipeline/meting/blad.py:schrijf schrijft",
            "pipeline/meting/blad.py:schrijf schrijft 2",
            "pipeline/meting/grens.py:inname schrijft",
            "pipeline/meting/grens.py:uitlevering schrijft",
            "pipeline/meting/uitslag.py:Uitslag.bewaar schrijft",
            "pipeline/meting/voorraad.py:Voorraad._maak_eerder wist",
            "pipeline/meting/voorraad.py:Voorraad._maak_eerder wist 2",
            "pipeline/meting/voorraad.py:Voorraad._maak_maand wist",
            "pipeline/meting/voorraad.py:Voorraad._maak_maand zet neer",
            "pipeline/meting/voorraad.py:Voorraad.zet_klaar schrijft",
            "pipeline/meting/voorraad.py:Voorraad.zet_klaar wist",
        ),
        _METING,
    ),
}
