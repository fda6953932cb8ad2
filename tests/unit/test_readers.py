"""Every format gives the same raw rows, with the record numbers they have in the file."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import lees_csv as lees_csv_module
from connectors.json_paden import Paden
from connectors.lees import LidOnbruikbaar, herken_bestand, lees_bestand
from connectors.rijen import BATCH_ROWS, Bevinding
from schemas.fout import KetenFout
from schemas.load import bronnen
from tests.bouw import IKV, als_json, ikv, maak_bsn, schrijf_csv, schrijf_json

A, B, C = maak_bsn(1), maak_bsn(2), maak_bsn(3)
NS = "http://bkwi.nl/SuwiML/Diensten/UWVDossierInkomstenGSD/v0200"
BRP_NS = "http://bkwi.nl/SuwiML/Diensten/BRPDossierPersoonGSD/v0200"


class Lezing:
    """What came out of one file: rows per table as dicts, and findings."""

    def __init__(
        self, path: Path, bron: str, tabellen: Sequence[str] = (), overslaan: Sequence[int | None] = ()
    ) -> None:
        declared = bronnen()[bron]
        self.rijen: dict[str, list[dict[str, object]]] = {}
        self.bevindingen: list[Bevinding] = []
        for item in lees_bestand(path, declared, tabellen or tuple(declared.tabellen), overslaan):
            if isinstance(item, Bevinding):
                self.bevindingen.append(item)
            else:
                assert item.batch.schema.names[0] == "record_nr"
                self.rijen.setdefault(item.tabel, []).extend(item.batch.to_pylist())

    def kolom(self, tabel: str, veld: str) -> list[object]:
        return [rij[veld] for rij in self.rijen.get(tabel, [])]

    def codes(self) -> list[tuple[str, int | None, int | None]]:
        return [(item.code, item.lid_nr, item.record_nr) for item in self.bevindingen]


@pytest.fixture
def lees(tmp_path: Path):
    def _lees(inhoud: str | bytes, naam: str = "bestand.csv", bron: str = "uwv", **meer: object) -> Lezing:
        path = tmp_path / naam
        path.write_bytes(inhoud.encode() if isinstance(inhoud, str) else inhoud)
        return Lezing(path, bron, **meer)

    return _lees


TABEL = "uwv.inkomstenverhouding"
RIJEN = [ikv(A, 1), ikv(B, 2, einde="20260131", naam='Bakkerij; \'t "Hoekje"'), ikv(C, 3, naam="")]
VERWACHT = [
    {
        "record_nr": 1,
        "burgerservicenummer": A,
        "volgnummer_ikv": "1",
        "datum_einde": None,
        "naam_werkgever": "Werkgever",
    },
    {
        "record_nr": 2,
        "burgerservicenummer": B,
        "volgnummer_ikv": "2",
        "datum_einde": "20260131",
        "naam_werkgever": 'Bakkerij; \'t "Hoekje"',
    },
    {"record_nr": 3, "burgerservicenummer": C, "volgnummer_ikv": "3", "datum_einde": None, "naam_werkgever": None},
]


def deel(rijen: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    return [{veld: rij[veld] for veld in VERWACHT[0]} for rij in rijen]


def parquet(kolommen: Sequence[str], rijen: Sequence[Sequence[object]]) -> bytes:
    buffer = io.BytesIO()
    columns = [
        pa.array([str(rij[i]) if rij[i] != "" else None for rij in rijen], pa.string()) for i in range(len(kolommen))
    ]
    pq.write_table(pa.table(columns, names=list(kolommen)), buffer)
    return buffer.getvalue()


def suwi(inhoud: str, *, voorvoegsel: str = "", root: str = "UWVPersoonsIkvInfoResponse", ns: str = NS) -> str:
    xmlns = f"xmlns:{voorvoegsel[:-1]}" if voorvoegsel else "xmlns"
    return f'<?xml version="1.0"?><{voorvoegsel}{root} {xmlns}="{ns}">{inhoud}</{voorvoegsel}{root}>'


def ikv_xml(bsn: str, volgnummer: object, einde: str = "", naam: str = "Werkgever") -> str:
    return (
        f"<ClientSuwi><Burgerservicenr>{bsn}</Burgerservicenr><Inkomstenverhouding><VolgnrIkv>{volgnummer}</VolgnrIkv>"
        f"<DatBIkv>20260105</DatBIkv><DatEIkv>{einde}</DatEIkv><AdministratieveEenheid>"
        f"<NaamAdministratieveEenheid>{naam}</NaamAdministratieveEenheid></AdministratieveEenheid>"
        "</Inkomstenverhouding></ClientSuwi>"
    )


OBJECTEN = schrijf_json(IKV, RIJEN)
XML_RIJEN = "".join(ikv_xml(str(rij[0]), rij[2], str(rij[4]), str(rij[5])) for rij in RIJEN)
VORMEN: dict[str, tuple[str, str | bytes]] = {
    "csv": ("a.csv", schrijf_csv(IKV, RIJEN)),
    "csv met komma": ("a.csv", schrijf_csv(IKV, RIJEN, ",")),
    "csv met tab": ("a.tsv", schrijf_csv(IKV, RIJEN, "\t")),
    "csv met pijp": ("a.csv", schrijf_csv(IKV, RIJEN, "|")),
    "csv met BOM": ("a.csv", "\ufeff" + schrijf_csv(IKV, RIJEN)),
    "csv met CRLF": ("a.csv", schrijf_csv(IKV, RIJEN).replace("\n", "\r\n")),
    "csv met CR": ("a.csv", schrijf_csv(IKV, RIJEN).replace("\n", "\r")),
    "csv met beide": ("a.csv", schrijf_csv(IKV, RIJEN).replace("\n", "\r\n", 2)),
    "csv zonder laatste regeleinde": ("a.csv", schrijf_csv(IKV, RIJEN).rstrip("\n")),
    "csv met lege regels": ("a.csv", schrijf_csv(IKV, RIJEN).replace("\n", "\n\n")),
    "csv zonder naam": ("bestand", schrijf_csv(IKV, RIJEN)),
    "csv in andere volgorde": (
        "a.csv",
        schrijf_csv(IKV[::-1], [list(reversed(rij)) for rij in RIJEN]),
    ),
    "json reeks": ("a.json", als_json(OBJECTEN)),
    "json reeks over regels": ("a.json", als_json(OBJECTEN, indent=2)),
    "json met BOM": ("a.json", "\ufeff" + als_json(OBJECTEN, indent=2)),
    "json regels": ("a.jsonl", "\n".join(als_json(een) for een in OBJECTEN)),
    "json regels met CRLF, lege regel en BOM": (
        "a",
        "\ufeff" + "\r\n\r\n".join(als_json(een) for een in OBJECTEN) + "\r\n",
    ),
    "xml": ("a.xml", suwi(XML_RIJEN)),
    "xml met BOM": ("a.xml", "\ufeff" + suwi(XML_RIJEN)),
    "xml met voorvoegsel": (
        "a.xml",
        suwi(XML_RIJEN.replace("</", "<\0").replace("<", "<s:").replace("<s:\0", "</s:"), voorvoegsel="s:"),
    ),
    "parquet": ("a.parquet", parquet(IKV, RIJEN)),
}


@pytest.mark.parametrize("vorm", VORMEN)
def test_every_format_gives_the_same_rows(lees, vorm: str) -> None:
    naam, inhoud = VORMEN[vorm]
    lezing = lees(inhoud, naam)
    assert deel(lezing.rijen[TABEL]) == VERWACHT
    assert lezing.bevindingen == []


class TestCsv:
    def test_newlines_and_quotes_inside_a_cell(self, lees) -> None:
        rijen = [ikv(A, naam='Regel 1\nregel "2";\r\nregel 3'), ikv(B)]
        lezing = lees(schrijf_csv(IKV, rijen))
        assert lezing.kolom(TABEL, "naam_werkgever") == ['Regel 1\nregel "2";\r\nregel 3', "Werkgever"]
        assert lezing.kolom(TABEL, "record_nr") == [1, 2]

    def test_broken_rows_keep_their_number(self, lees) -> None:
        lines = schrijf_csv(IKV, [ikv(A), ikv(B), ikv(C)]).splitlines()
        lezing = lees("\n".join([lines[0], "1;2", lines[1], lines[2] + ";te;veel", "x", lines[3], "1;2"]) + "\n")
        assert lezing.kolom(TABEL, "record_nr") == [2, 5]
        assert lezing.kolom(TABEL, "burgerservicenummer") == [A, C]
        assert lezing.codes() == [("R-KAPOT", None, nr) for nr in (1, 3, 4, 6)]

    def test_broken_rows_keep_their_number_after_a_cell_over_lines(self, lees) -> None:
        lines = schrijf_csv(IKV, [ikv(A, naam="a\nb\nc")]) + "1;2\n" + schrijf_csv(IKV, [ikv(B)]).split("\n", 1)[1]
        lezing = lees(lines)
        assert lezing.kolom(TABEL, "record_nr") == [1, 3]
        assert lezing.codes() == [("R-KAPOT", None, 2)]

    def test_record_numbers_over_many_blocks(self, lees, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lees_csv_module, "BLOCK_BYTES", 2048)
        header, *lines = schrijf_csv(IKV, [ikv(maak_bsn(nr), nr) for nr in range(1, 501)]).splitlines()
        broken = {3, 4, 100, *range(200, 260), 499}
        kept = [str(nr) for nr in range(1, 501) if nr not in broken]
        text = "\n".join([header, *("kapot;" if nr in broken else line for nr, line in enumerate(lines, 1))])
        lezing = lees(text)
        assert lezing.kolom(TABEL, "volgnummer_ikv") == kept
        assert [str(nr) for nr in lezing.kolom(TABEL, "record_nr")] == kept
        assert {nr for _, _, nr in lezing.codes()} == broken
        assert len(lezing.bevindingen) == len(broken)

    def test_unknown_columns_are_counted_and_not_read(self, lees) -> None:
        kolommen = (*IKV, "geheim", "nog iets")
        lezing = lees(schrijf_csv(kolommen, [[*ikv(A), "x", "y"]]))
        [bevinding] = lezing.bevindingen
        assert (bevinding.code, bevinding.tabel, bevinding.aantal) == ("W-KOLOM-ONBEKEND", TABEL, 2)
        assert set(lezing.rijen[TABEL][0]) == {"record_nr", *bronnen()["uwv"].tabellen["inkomstenverhouding"].velden}

    def test_optional_column_may_be_absent(self, lees) -> None:
        assert lees(schrijf_csv(IKV[:-1], [ikv(A)[:-1]])).kolom(TABEL, "melding") == [None]

    def test_required_column_may_not(self, lees) -> None:
        with pytest.raises(KetenFout) as fout:
            lees(schrijf_csv(IKV[1:], [ikv(A)[1:]]))
        assert fout.value.code == "B-KOLOM-ONTBREEKT"
        assert fout.value.wijzer == "Burgerservicenr"

    def test_header_alone_is_no_rows(self, lees) -> None:
        assert lees(schrijf_csv(IKV, [])).rijen == {}

    def test_euros_in_the_format_become_cents(self, lees) -> None:
        lezing = lees("kenteken;catalogusprijs;merk\nAB123C;12345;X\nAB123D;;Y\n", bron="rdw")
        assert lezing.kolom("rdw.voertuig", "bedrag_catalogusprijs") == ["1234500", None]


class TestJson:
    def test_kvk_paths(self, lees) -> None:
        bedrijf = {
            "kvkNummer": "12345678",
            "naam": "Zaak",
            "materieleRegistratie": {"datumAanvang": "20200101"},
            "sbiActiviteiten": [
                {"sbiCode": "1011", "indHoofdactiviteit": "Nee"},
                {"sbiCode": "4711", "indHoofdactiviteit": "Ja"},
            ],
            "_embedded": {
                "eigenaar": {"rechtsvorm": "Eenmanszaak"},
                "hoofdvestiging": {
                    "adressen": [
                        {"type": "correspondentieadres", "plaats": "A"},
                        {"type": "bezoekadres", "huisnummer": 7},
                    ]
                },
            },
        }
        for inhoud in (als_json(bedrijf), als_json(bedrijf, indent=1), als_json([bedrijf])):
            [rij] = lees(inhoud, "a.json", "kvk").rijen["kvk.onderneming"]
            assert rij["rechtsvorm"] == "Eenmanszaak"
            assert rij["sbi_hoofdactiviteit"] == "4711"
            assert rij["huisnummer"] == "7"
            assert rij["plaats"] is None
            assert rij["datum_aanvang"] == "20200101"
            assert rij["datum_einde"] is None

    def test_signals_of_the_kvk_stand_in_a_page(self, lees) -> None:
        signalen = [
            {
                "id": f"s-{nr}",
                "timestamp": "2025-07-17T13:16:01.86692Z",
                "kvknummer": f"9000340{nr}",
                "signaalType": soort,
            }
            for nr, soort in enumerate(["SignaalNieuweInschrijving", "SignaalGewijzigdeVestiging"])
        ]
        signalen[1]["vestigingsnummer"] = "000038821281"
        pagina = {
            "pagina": 1,
            "aantal": 2,
            "totaal": 2,
            "totaalPaginas": 1,
            "signalen": [*signalen, 3],
            "volgende": None,
        }
        for inhoud in (als_json(pagina), als_json(pagina, indent=1), als_json(pagina) + "\n" + als_json(pagina)):
            lezing = lees(inhoud, "a.json", "kvk")
            rijen = lezing.rijen["kvk.mutatiesignaal"]
            assert [rij["kvk_nummer"] for rij in rijen[:2]] == ["90003400", "90003401"]
            assert [rij["vestigingsnummer"] for rij in rijen[:2]] == [None, "000038821281"]
            assert lezing.codes()[0] == ("R-KAPOT", None, 3)
            assert len({rij["record_nr"] for rij in rijen}) == len(rijen)
        assert lees(als_json({**pagina, "signalen": []}), "a.json", "kvk").rijen == {}

    @pytest.mark.parametrize(
        "waarde", [None, [], {}, "tekst", 3, [1], {"adressen": "x"}, {"adressen": [3, {"type": "y"}]}]
    )
    def test_path_through_something_else_is_nothing(self, waarde: object) -> None:
        assert Paden(["a/adressen[type=x]/plaats"]).vind({"a": waarde}) == [None]

    def test_broken_lines_keep_their_number(self, lees) -> None:
        goed = [als_json(een) for een in OBJECTEN]
        lezing = lees("\n".join([goed[0], "{kapot", "[1]", "3", goed[1], "null", goed[2]]), "a.jsonl")
        assert lezing.kolom(TABEL, "record_nr") == [1, 5, 7]
        assert lezing.codes() == [("R-KAPOT", None, nr) for nr in (2, 3, 4, 6)]

    def test_element_that_is_no_object_keeps_its_number(self, lees) -> None:
        lezing = lees(als_json([OBJECTEN[0], 3, None, OBJECTEN[1]]), "a.json")
        assert lezing.kolom(TABEL, "record_nr") == [1, 4]
        assert lezing.codes() == [("R-KAPOT", None, 2), ("R-KAPOT", None, 3)]

    def test_numbers_and_booleans_become_text(self, lees) -> None:
        lezing = lees(
            als_json([{**OBJECTEN[0], "Burgerservicenr": int(A), "NaamAdministratieveEenheid": True, "DatEIkv": 1.5}]),
            "a.json",
        )
        [rij] = lezing.rijen[TABEL]
        assert (rij["burgerservicenummer"], rij["naam_werkgever"], rij["datum_einde"]) == (A, "true", "1.5")

    def test_more_records_than_one_batch(self, lees) -> None:
        count = BATCH_ROWS + 5
        lines = [json.dumps({"Burgerservicenr": A, "IndStartkwalificatieDuo": str(nr)}) for nr in range(1, count + 1)]
        lines[BATCH_ROWS - 1] = "kapot"
        lezing = lees("\n".join(lines), "a.jsonl", "duo")
        assert [str(nr) for nr in lezing.kolom("duo.persoon", "record_nr")] == lezing.kolom(
            "duo.persoon", "indicatie_startkwalificatie"
        )
        assert lezing.codes() == [("R-KAPOT", None, BATCH_ROWS)]
        assert len(lezing.rijen["duo.persoon"]) == count - 1


class TestXml:
    def test_standaardbedr_has_its_sign_apart(self, lees) -> None:
        def bedrag(teken: str, waarde: str) -> str:
            positief = f"<CdPositiefNegatief>{teken}</CdPositiefNegatief>" if teken else ""
            return (
                "<Inkomstenopgave><DatBIko>20260101</DatBIko><BedrBrutoloonSv><CdMunteenheid>EUR</CdMunteenheid>"
                f"{positief}<WaardeBedr>{waarde}</WaardeBedr></BedrBrutoloonSv></Inkomstenopgave>"
            )

        opgaven = bedrag("+", "000012300") + bedrag("-", "500") + bedrag("", "7") + bedrag("-", "")
        lezing = lees(
            suwi(ikv_xml(A, 1).replace("</Inkomstenverhouding>", opgaven + "</Inkomstenverhouding>")), "a.xml"
        )
        assert lezing.kolom("uwv.inkomstenopgave", "bedrag_loon_sv") == ["000012300", "-500", "7", None]
        assert lezing.kolom("uwv.inkomstenopgave", "burgerservicenummer") == [A] * 4
        assert lezing.kolom("uwv.inkomstenopgave", "volgnummer_ikv") == ["1"] * 4
        assert lezing.kolom("uwv.inkomstenopgave", "record_nr") == [1, 2, 3, 4]

    def test_element_in_other_case_is_read_and_counted(self, lees) -> None:
        lezing = lees(suwi(ikv_xml(A, 1).replace("DatBIkv", "datBIkv") + ikv_xml(B, 2)), "a.xml")
        assert lezing.kolom(TABEL, "datum_begin") == ["20260105"] * 2
        assert [(item.code, item.aantal) for item in lezing.bevindingen] == [("W-AFWIJKING", 1)]

    def test_row_element_in_other_case_is_not_lost(self, lees) -> None:
        lezing = lees(suwi(ikv_xml(A, 1).replace("Inkomstenverhouding>", "inkomstenverhouding>")), "a.xml")
        assert lezing.rijen.get(TABEL) or lezing.bevindingen

    @pytest.mark.parametrize(
        ("inhoud", "centen", "afwijkingen"),
        [
            ("<WaardeBedr>5000</WaardeBedr>", "5000", 0),
            ("<CdMunteenheid>EUR</CdMunteenheid><WaardeBedr>5000</WaardeBedr>", "5000", 0),
            ("<CdMunteenheid>USD</CdMunteenheid><WaardeBedr>5000</WaardeBedr>", "?", 1),
            ("5000.00", "500000", 1),
            ("5000", "500000", 1),
            ("-0,5", "-050", 1),
            ("vijfduizend", "?", 1),
            ("", None, 0),
            ("<CdPositiefNegatief>-</CdPositiefNegatief>", None, 0),
        ],
    )
    def test_bare_amounts_only_where_declared(self, lees, inhoud: str, centen: str | None, afwijkingen: int) -> None:
        """The field says that this bron also writes bare euros; in another field that is no amount."""
        ns = "http://bkwi.nl/SuwiML/Diensten/Bijstandsregelingen/v0500"
        vordering = f"<Vordering><BedrSaldoVordering>{inhoud}</BedrSaldoVordering></Vordering>"
        client = f"<ClientSuwi><Burgerservicenr>{A}</Burgerservicenr>{vordering}</ClientSuwi>"
        lezing = lees(suwi(client, root="BijstandsregelingenInfoResponse", ns=ns), "a.xml", "gemeente")
        assert lezing.kolom("gemeente.vordering", "bedrag_saldo") == [centen]
        assert sum(item.aantal for item in lezing.bevindingen if item.code == "W-AFWIJKING") == afwijkingen

        opgave = f"<Inkomstenopgave><BedrBrutoloonSv>{inhoud}</BedrBrutoloonSv></Inkomstenopgave>"
        client = f"<ClientSuwi><Inkomstenverhouding>{opgave}</Inkomstenverhouding></ClientSuwi>"
        expected = centen if inhoud.startswith("<") or not inhoud else "?"
        assert lees(suwi(client), "a.xml").kolom("uwv.inkomstenopgave", "bedrag_loon_sv") == [expected]

    def test_the_element_says_what_its_rows_are(self, lees) -> None:
        nieuw = (
            f"<ClientSuwi><Burgerservicenr>{A}</Burgerservicenr><AangifteAdreshoudingBrp/><VerblijfplaatsHistorisch/>"
        )
        xml = suwi(nieuw + "</ClientSuwi>", root="AanvraagPersoonResponse", ns=BRP_NS)
        assert lees(xml, "a.xml", "brp").kolom("brp.verblijfplaats", "actueel") == ["ja", "nee"]

    def test_attributes_of_the_root(self, lees) -> None:
        xml = (
            '<Bijstandspopulatie xmlns="urn:signaalketen:aanlevering:bijstandspopulatie:1" gemeentecode="0344">'
            f"<Bijstand><Burgerservicenummer>{A}</Burgerservicenummer><Regeling>PW</Regeling></Bijstand>"
            f"<Bijstand><Burgerservicenummer>{B}</Burgerservicenummer><Regeling>IOAW</Regeling></Bijstand></Bijstandspopulatie>"
        )
        lezing = lees(xml, "a.xml", "gemeente")
        assert lezing.kolom("gemeente.bijstandspopulatie", "gemeentecode") == ["0344"] * 2
        assert lezing.kolom("gemeente.bijstandspopulatie", "regeling") == ["PW", "IOAW"]

    @pytest.mark.parametrize(("element", "code"), [("NietsGevonden", "W-NIETS-GEVONDEN"), ("FWI", "W-FWI")])
    def test_nothing_found_is_an_outcome(self, lees, element: str, code: str) -> None:
        for inhoud in (
            f"<{element}/>",
            f'<f:{element} xmlns:f="http://bkwi.nl/SuwiML/FWI/v0205"><f:Foutmelding/></f:{element}>',
        ):
            lezing = lees(suwi(inhoud), "a.xml")
            assert lezing.rijen == {}
            assert lezing.codes() == [(code, None, None)]

    def test_comments_instructions_and_cdata(self, lees) -> None:
        inhoud = ikv_xml(f"<![CDATA[{A}]]>", 1).replace("<VolgnrIkv>", "<!-- let op --><?pi x?><VolgnrIkv> ")
        lezing = lees(suwi("<!-- begin -->" + inhoud), "a.xml")
        assert lezing.kolom(TABEL, "burgerservicenummer") == [A]
        assert lezing.kolom(TABEL, "volgnummer_ikv") == ["1"]

    def test_last_of_several_counts_where_declared(self, lees) -> None:
        status = "".join(
            f"<StatusVoertuig><CdStatusVoertuig>{code}</CdStatusVoertuig></StatusVoertuig>" for code in "ABC"
        )
        inhoud = (
            f"<ClientSuwi><Burgerservicenr>{A}</Burgerservicenr><Aansprakelijke><Voertuig><KentekenVoertuig>AB123C"
            f"</KentekenVoertuig>{status}</Voertuig></Aansprakelijke></ClientSuwi>"
        )
        ns = "http://bkwi.nl/SuwiML/Diensten/RDWDossierGSD/v0200"
        lezing = lees(suwi(inhoud, root="VoertuigbezitInfoPersoonResponse", ns=ns), "a.xml", "rdw")
        assert lezing.kolom("rdw.voertuigbezit", "code_status") == ["C"]

    def test_two_kinds_of_rows_of_one_table(self, lees) -> None:
        inhoud = (
            f"<ClientSuwi><Burgerservicenr>{A}</Burgerservicenr>"
            "<AangifteAdreshoudingBrp><CdGemeenteVanInschrijving>0344</CdGemeenteVanInschrijving></AangifteAdreshoudingBrp>"
            "<VerblijfplaatsHistorisch><AangifteAdreshoudingBrp><CdGemeenteVanInschrijving>0363</CdGemeenteVanInschrijving>"
            "</AangifteAdreshoudingBrp></VerblijfplaatsHistorisch></ClientSuwi>"
        )
        lezing = lees(suwi(inhoud, root="AanvraagPersoonResponse", ns=BRP_NS), "a.xml", "brp")
        assert sorted(map(str, lezing.kolom("brp.verblijfplaats", "gemeente_van_inschrijving"))) == ["0344", "0363"]
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == [A, A]

    def test_broken_document_adds_nothing(self, lees) -> None:
        lezing = lees(suwi(XML_RIJEN * 900)[:-60], "a.xml")
        assert lezing.rijen == {}
        assert lezing.codes() == [("B-KAPOT", None, None)]

    @pytest.mark.zwaar
    def test_document_that_breaks_after_a_batch_is_refused(self, lees) -> None:
        with pytest.raises(LidOnbruikbaar) as fout:
            lees(suwi(ikv_xml(A, 1) * (BATCH_ROWS + 10))[:-60], "a.xml")
        assert (fout.value.code, fout.value.lid_nr) == ("B-KAPOT", None)


class TestParquet:
    def test_typed_columns_become_text(self, lees) -> None:
        buffer = io.BytesIO()
        table = pa.table(
            {
                "Burgerservicenr": pa.array([int(A), None], pa.int64()),
                "DatBIkv": pa.array([20_458, None], pa.date32()),
                "DatEIkv": pa.array([20_260_131, None], pa.int32()),
                "VolgnrIkv": pa.array(["1", "2"], pa.large_string()),
                "NaamAdministratieveEenheid": pa.array(["Zaak", ""]).dictionary_encode(),
                "Loonheffingennr": pa.array(["x", "y"], pa.string()),
                "teveel": [1, 2],
            }
        )
        pq.write_table(table, buffer)
        lezing = lees(buffer.getvalue(), "a.parquet")
        een, twee = lezing.rijen[TABEL]
        assert een["burgerservicenummer"] == A
        assert een["datum_begin"] == "20260105"
        assert een["datum_einde"] == "20260131"
        assert een["naam_werkgever"] == "Zaak"
        assert (twee["burgerservicenummer"], twee["datum_begin"], twee["datum_einde"], twee["naam_werkgever"]) == (
            None,
        ) * 4
        assert [(item.code, item.aantal) for item in lezing.bevindingen] == [("W-KOLOM-ONBEKEND", 1)]

    def test_row_groups_number_on(self, lees) -> None:
        buffer = io.BytesIO()
        table = pa.table({"Burgerservicenr": [A] * 10, "IndStartkwalificatieDuo": list("1212121212")})
        pq.write_table(table, buffer, row_group_size=3)
        assert lees(buffer.getvalue(), "a.parquet", "duo").kolom("duo.persoon", "record_nr") == list(range(1, 11))


LO_KOP = ";01.01.20;01.03.10;05.01.20;05.06.10;07.67.10;08.09.10;08.09.20"


class TestPersoonslijsten:
    def test_history_rows_belong_to_the_person_above(self, lees) -> None:
        lines = [
            LO_KOP,
            f"1;{A};19800101;{C};20100101;;0344;20200101",
            ";;;;;;0363;20100101",
            ";;;;;;;",
            f"2;{B};19900000;;;20240101;0518;20000000",
            f";;;{A};19990101;;;",
        ]
        lezing = lees("\n".join(lines), bron="brp")
        assert lezing.kolom("brp.persoon", "burgerservicenummer") == [A, B]
        assert lezing.kolom("brp.persoon", "record_nr") == [1, 4]
        assert lezing.kolom("brp.persoon", "datum_opschorting") == [None, "20240101"]
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == [A, A, B]
        assert lezing.kolom("brp.verblijfplaats", "gemeente_van_inschrijving") == ["0344", "0363", "0518"]
        assert lezing.kolom("brp.verblijfplaats", "record_nr") == [1, 2, 4]
        assert lezing.kolom("brp.huwelijk", "burgerservicenummer") == [A, B]
        assert lezing.kolom("brp.huwelijk", "record_nr") == [1, 5]

    @pytest.mark.parametrize("blok", [300, 8 * 2**20])
    def test_the_row_before_tells_what_is_history(self, lees, monkeypatch: pytest.MonkeyPatch, blok: int) -> None:
        """Category 08 does not stack, 05 does: a second marriage is as current as the first."""
        monkeypatch.setattr(lees_csv_module, "BLOCK_BYTES", blok)
        lines = [
            ";01.01.20;05.06.10;05.H;08.09.10;08.H",
            f"1;{A};20200101;55;0344;58",
            ";;20190101;05;0363;58",
            ";;20000101;;0518;",
            f"2;{B};20100101;;0014;58",
            ";;;;0363;",
            f"3;{C};20100101;;0014;",
        ]
        lezing = lees("\n".join(lines), bron="brp")
        assert lezing.kolom("brp.huwelijk", "actueel") == ["ja", "nee", "ja", "ja", "ja"]
        assert lezing.kolom("brp.huwelijk", "datum_sluiting") == [
            "20200101", "20190101", "20000101", "20100101", "20100101",
        ]  # fmt: skip
        assert lezing.kolom("brp.verblijfplaats", "actueel") == ["ja", "nee", "nee", "ja", "nee", "ja"]

    def test_without_that_element_the_first_row_is_current(self, lees) -> None:
        """A person has one residence, so what stands below it is history; of a second marriage it is not known."""
        lezing = lees("\n".join([LO_KOP, f"1;{A};;;20200101;;0344;1", ";;;;20100101;;0363;1"]), bron="brp")
        assert lezing.kolom("brp.verblijfplaats", "actueel") == ["ja", "nee"]
        assert lezing.kolom("brp.huwelijk", "actueel") == ["ja", None]

    def test_earlier_data_of_a_person_have_a_table_of_their_own(self, lees) -> None:
        lines = [";01.01.20;01.02.40;01.84.10", f"1;{A};Jansen;", f";{B};Janssen;O", f"2;{C};Pieters;"]
        lezing = lees("\n".join(lines), bron="brp")
        assert lezing.kolom("brp.persoon", "achternaam") == ["Jansen", "Pieters"]
        assert lezing.kolom("brp.persoon_historie", "burgerservicenummer") == [A]
        assert lezing.kolom("brp.persoon_historie", "burgerservicenummer_toen") == [B]
        assert lezing.kolom("brp.persoon_historie", "indicatie_onjuist") == ["O"]

    def test_person_without_number_takes_nothing_from_the_one_above(self, lees) -> None:
        lezing = lees("\n".join([LO_KOP, f"1;{A};;;;;0344;1", "2;;;;;;0363;1", ";;;;;;0518;1"]), bron="brp")
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == [A, None, None]

    def test_person_runs_on_over_blocks(self, lees, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lees_csv_module, "BLOCK_BYTES", 512)
        lines, expected = [LO_KOP], []
        for nummer in range(1, 40):
            lines.append(f"{nummer};{maak_bsn(nummer)};;;;;0344;1")
            lines += [";;;;;;0363;1"] * (nummer % 7 * 4)
            expected += [maak_bsn(nummer)] * (1 + nummer % 7 * 4)
        lezing = lees("\n".join(lines), bron="brp")
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == expected
        assert lezing.kolom("brp.verblijfplaats", "record_nr") == list(range(1, len(lines)))

    def test_broken_history_row_keeps_the_numbers(self, lees) -> None:
        lezing = lees("\n".join([LO_KOP, f"1;{A};;;;;0344;1", ";;kapot", ";;;;;;0363;1"]), bron="brp")
        assert lezing.kolom("brp.verblijfplaats", "record_nr") == [1, 3]
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == [A, A]
        assert lezing.codes() == [("R-KAPOT", None, 2)]

    @pytest.mark.parametrize("blok", [512, 8 * 2**20])
    def test_rows_below_a_broken_first_row_belong_to_nobody(
        self, lees, monkeypatch: pytest.MonkeyPatch, blok: int
    ) -> None:
        """Otherwise the history of one person would be told of another."""
        monkeypatch.setattr(lees_csv_module, "BLOCK_BYTES", blok)
        lines = [
            LO_KOP,
            f"1;{A};;;;;0344;1",
            f"2;{B};kapot",
            *[";;;;;;0363;1"] * 60,
            f"3;{C};;;;;0518;1",
            ";;;;;;0014;1",
        ]
        lezing = lees("\n".join(lines), bron="brp")
        assert lezing.kolom("brp.verblijfplaats", "burgerservicenummer") == [A, *[None] * 60, C, C]

    def test_header_alone(self, lees) -> None:
        assert lees(LO_KOP + "\n", bron="brp").rijen == {}


def maak_zip(leden: Sequence[tuple[str, str | bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archief:
        for naam, inhoud in leden:
            archief.writestr(naam, inhoud)
    return buffer.getvalue()


def maak_tar(leden: Sequence[tuple[str, str | bytes]], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archief:
        for naam, inhoud in leden:
            data = inhoud.encode() if isinstance(inhoud, str) else inhoud
            info = tarfile.TarInfo(naam)
            info.size = len(data)
            archief.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


LEDEN = [
    ("map/a.csv", schrijf_csv(IKV, [ikv(A), ikv(B)])),
    ("map/b.xml", suwi(ikv_xml(C, 7))),
    ("map/c.json", als_json([OBJECTEN[0]])),
    ("map/d.xml", suwi(ikv_xml(A, 8))),
    ("map/e.parquet", parquet(IKV, [ikv(B, 9)])),
]


class TestArchives:
    @pytest.mark.parametrize(
        ("naam", "inhoud"),
        [
            ("a.zip", maak_zip(LEDEN)),
            ("a.tar", maak_tar(LEDEN, "w")),
            ("a.tar.gz", maak_tar(LEDEN)),
            ("a.tgz", maak_tar(LEDEN)),
        ],
    )
    def test_members_of_every_format(self, lees, naam: str, inhoud: bytes) -> None:
        lezing = lees(inhoud, naam)
        assert sorted(map(str, lezing.kolom(TABEL, "volgnummer_ikv"))) == ["1", "1", "1", "7", "8", "9"]
        assert lezing.bevindingen == []

    def test_members_of_one_format_number_on(self, lees) -> None:
        lezing = lees(maak_zip([(naam, LEDEN[0][1]) for naam in "abc"]), "a.zip")
        assert lezing.kolom(TABEL, "record_nr") == [1, 2, 3, 4, 5, 6]

    def test_members_of_two_formats_number_on(self, lees) -> None:
        nummers = lees(maak_zip(LEDEN), "a.zip").kolom(TABEL, "record_nr")
        assert len(set(nummers)) == len(nummers)

    def test_broken_last_row_does_not_lend_its_number(self, lees) -> None:
        lezing = lees(maak_zip([("a.csv", LEDEN[0][1] + "1;2\n"), LEDEN[0]]), "a.zip")
        broken = {nr for code, _, nr in lezing.codes() if code == "R-KAPOT"}
        assert broken.isdisjoint(set(lezing.kolom(TABEL, "record_nr")))

    def test_broken_xml_among_good_ones(self, lees) -> None:
        leden = [(f"{nr}.xml", suwi(ikv_xml(maak_bsn(nr), nr))) for nr in range(1, 6)]
        leden[2] = ("3.xml", leden[2][1][:-40])
        leden[4] = ("5.xml", "")
        lezing = lees(maak_zip(leden), "a.zip")
        assert lezing.kolom(TABEL, "volgnummer_ikv") == ["1", "2", "4"]
        assert lezing.codes() == [("B-KAPOT", 3, None), ("B-LEEG", 5, None)]

    def test_xml_that_breaks_after_its_first_rows(self, lees) -> None:
        lang = suwi(ikv_xml(B, 2) * 2000)
        lezing = lees(
            maak_zip([("1.xml", suwi(ikv_xml(A, 1))), ("2.xml", lang[:-60]), ("3.xml", suwi(ikv_xml(C, 3)))]), "a.zip"
        )
        assert lezing.kolom(TABEL, "burgerservicenummer") == [A, C]
        assert lezing.kolom(TABEL, "record_nr") == [1, 2]
        assert lezing.codes() == [("B-KAPOT", 2, None)]

    def test_member_that_cannot_be_decompressed(self, lees) -> None:
        rauw = bytearray(
            maak_zip([("1.csv", LEDEN[0][1]), ("2.csv", schrijf_csv(IKV, [ikv(C, nr) for nr in range(3000)]))])
        )
        begin = rauw.find(b"2.csv") + 5
        rauw[begin + 20 : begin + 60] = b"\xff" * 40
        with pytest.raises(LidOnbruikbaar) as fout:
            lees(bytes(rauw), "a.zip")
        assert (fout.value.code, fout.value.lid_nr) == ("B-KAPOT", 2)
        assert lees(bytes(rauw), "a.zip", overslaan=[2]).kolom(TABEL, "burgerservicenummer") == [A, B]

    def test_only_wanted_tables_are_read(self, lees) -> None:
        assert lees(maak_zip(LEDEN), "a.zip", tabellen=["inkomstenopgave"]).rijen == {}


def test_archive_is_recognised_by_its_first_usable_member(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(maak_zip([("leesmij.txt", "Beste lezer"), ("a.csv", LEDEN[0][1])]))
    assert herken_bestand(path, bronnen()["uwv"]).formaat == "csv"
