"""What a gemeente sees when it opens what it received, sound or not."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from message_formats.exporteer import exporteer
from message_formats.generate import REPOSITORY
from message_formats.lees import lees_map
from message_formats.manifest import Manifest, controleer, digest, lees_manifest, manifest_tekst, schrijf_manifest
from message_formats.read import GelezenBericht
from message_formats.vergelijk import vergelijk
from message_formats.vorm import Vorm
from message_formats.write import Fragmenten
from schemas.berichten import berichten
from schemas.fout import KetenFout
from tests.unit.message_voorbeelden import KVK, make_bewijs, make_envelop, make_signalen, write_all, write_manifest

STEM = "kvkbericht_0344_2026-01_7"
OTHER = "0a0d3a52-8c1e-5b7a-9f44-2d6c1b0a7e93"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One delivery of two signals, in a folder as a recipient has it."""
    return deliver(tmp_path / "uit")


def deliver(root: Path, naam: str = 'Klusbedrijf; \'t "Hoekje"', **anders: object) -> Path:
    signalen = make_signalen(KVK, [{"naam_onderneming": naam}, {"signaal_code": "KVK-02"}])
    bewijs = make_bewijs(KVK, [{"signaal_id": f"{0:032x}", "volgnummer": 1, "waarde": "=1+1"}])
    fragmenten = Fragmenten.bereid(KVK, signalen, bewijs)
    envelop = make_envelop(KVK, fragmenten.aantallen(0, 2), **anders)
    target = root / "0344" / "kvk" / "2026-01"
    write_manifest(write_all(target, fragmenten, envelop, 0, 2), KVK, envelop)
    return target


def codes(path: Path) -> set[str]:
    return {probleem.code for probleem in lees_map(path).problemen}


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Changes a file and makes its manifest agree, as a faulty sender would."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)
    manifest_path = path.parent / f"{STEM}_manifest.json"
    document = json.loads(manifest_path.read_bytes())
    for bestand in document["bestanden"]:
        if bestand["naam"] == path.name:
            bestand["grootte"], bestand["sha256"] = len(after), digest(path)
    manifest_path.write_text(json.dumps(document))


def test_a_sound_delivery(folder: Path) -> None:
    uitkomst = lees_map(folder.parent.parent.parent)
    assert uitkomst.goed
    (levering,) = uitkomst.leveringen
    assert levering.formaten == ("csv", "json", "xml")
    assert levering.aantallen == {"KVK-01": 1, "KVK-02": 1}
    assert levering.envelop["ontvanger_code"] == "0344"
    assert levering.signalen is not None
    assert levering.signalen.column("naam_onderneming").to_pylist()[0] == 'Klusbedrijf; \'t "Hoekje"'
    assert lees_map(folder / f"{STEM}_manifest.json") == uitkomst


@pytest.mark.parametrize("ending", [".json", ".xml", ".csv"])
def test_one_file_on_its_own(folder: Path, ending: str) -> None:
    uitkomst = lees_map(folder / f"{STEM}{ending}")
    assert uitkomst.goed
    assert uitkomst.leveringen[0].bericht == KVK
    assert uitkomst.leveringen[0].signalen == lees_map(folder).leveringen[0].signalen


def test_files_that_are_not_a_message(tmp_path: Path) -> None:
    for naam, content, code in (
        (
            "a.json",
            b'{"envelop": {"berichtCode": "kvkbericht", "berichtVersie": 9, "berichtSubversie": 0}}',
            "M-VERSIE",
        ),
        ("b.json", b"[]", "M-VERSIE"),
        ("c.json", b"{", "M-KAPOT"),
        ("d.xml", b"<Kvkbericht xmlns='urn:signaalketen:bericht:kvkbericht:9.0'/>", "M-VERSIE"),
        ("e.xml", b"", "M-KAPOT"),
        ("f.csv", b"a;b\r\n", "M-KAPOT"),
        ("g.csv", b"\xef\xbb\xbfa;b\r\n1;2\r\n", "M-VERSIE"),
        ("h.csv", b"", "M-KAPOT"),
        ("i.xlsx", b"", "M-VERSIE"),
    ):
        path = tmp_path / naam
        path.write_bytes(content)
        assert codes(path) == {code}, naam


def test_nothing_to_read(tmp_path: Path) -> None:
    assert codes(tmp_path) == {"M-MANIFEST"}
    assert not lees_map(tmp_path).goed


@pytest.mark.parametrize("ending", [".json", ".xml", ".csv", "_bewijs.csv"])
def test_a_changed_or_missing_file(folder: Path, ending: str) -> None:
    path = folder / f"{STEM}{ending}"
    path.write_bytes(path.read_bytes().replace(b"eenmanszaak", b"vof") + b" ")
    assert codes(folder) == {"M-CONTROLEGETAL"}
    path.unlink()
    assert codes(folder) == {"M-ONTBREEKT"}


def test_a_file_that_no_manifest_names(folder: Path) -> None:
    (folder / "kvkbericht_0344_2026-01_8.json").write_text("{}")
    assert codes(folder) == {"M-ONBEKEND"}


@pytest.mark.parametrize("ending", [".json", ".xml", ".csv"])
def test_formats_that_differ(folder: Path, ending: str) -> None:
    rewrite(folder / f"{STEM}{ending}", lambda data: data.replace(b"Hoekje", b"Plekje"))
    assert codes(folder) == {"M-VERSCHIL"}


@pytest.mark.parametrize(
    ("ending", "old", "new", "code"),
    [
        (".xml", b"<Functie>eigenaar", b"<Functie>baas", "M-SCHEMA"),
        (".json", b'"volgnummer":7', b'"volgnummer":8', "M-VERSCHIL"),
        (".json", b'"aantalSignalen":2', b'"aantalSignalen":3', "M-AANTAL"),
        (".csv", b"0000000;KVK-01", b"0000001;KVK-01", "M-SAMENHANG"),
        ("_bewijs.csv", b"0000000;1;", b"0000009;1;", "M-SAMENHANG"),
    ],
)
def test_a_wrong_message_with_a_right_checksum(folder: Path, ending: str, old: bytes, new: bytes, code: str) -> None:
    rewrite(folder / f"{STEM}{ending}", lambda data: data.replace(old, new, 1))
    assert code in codes(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(manifestVersie="9.9"),
        lambda document: document["bestanden"][0].update(naam="../../../etc/passwd"),
        lambda document: document["bestanden"][0].update(naam=".verborgen"),
        lambda document: document["bestanden"].clear(),
        lambda document: document["envelop"].pop("ontvangerOin"),
        lambda document: document.update(extra=1),
    ],
)
def test_a_manifest_that_cannot_be_trusted(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / f"{STEM}_manifest.json"
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))
    assert "M-MANIFEST" in codes(folder)
    with pytest.raises(KetenFout):
        lees_manifest(path)


def test_an_unknown_version(folder: Path) -> None:
    path = folder / f"{STEM}_manifest.json"
    document = json.loads(path.read_bytes())
    document["envelop"]["berichtVersie"] = 9
    path.write_text(json.dumps(document))
    assert codes(folder) == {"M-VERSIE"}


def test_problems_say_what_to_do_and_hold_no_value(folder: Path) -> None:
    rewrite(folder / f"{STEM}.xml", lambda data: data.replace(b">999990019<", b">999990019999<"))
    (problem, *_) = lees_map(folder).problemen
    assert str(problem).startswith(f"M-SCHEMA {STEM}.xml (regel 5, SCHEMAV_CVC_PATTERN_VALID): ")
    assert "Gebruik het bestand niet" in str(problem)
    assert "999990019" not in str(problem)


def test_export(folder: Path, tmp_path: Path) -> None:
    deliver(tmp_path / "ander", naam="=x", ontvanger="0363", bericht_identificatie=OTHER)
    broken = deliver(tmp_path / "kapot")
    (broken / f"{STEM}.json").unlink()
    uitkomst = lees_map(tmp_path)
    assert len(uitkomst.leveringen) == 3
    paths = exporteer(uitkomst, tmp_path / "export")
    assert [path.name for path in paths] == [
        "kvkbericht_v1.0_signalen.csv",
        "kvkbericht_v1.0_bewijs.csv",
        "kvkbericht_v1.0_signalen.parquet",
        "kvkbericht_v1.0_bewijs.parquet",
    ]
    assert lees_map(tmp_path) == uitkomst  # what was exported is not taken for a message
    table = pq.read_table(paths[2])
    assert table.column("ontvanger_code").to_pylist() == ["0363"] * 2 + ["0344"] * 2
    with paths[0].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert next(row["naam_onderneming"] for row in rows) == "'=x"
    assert [row["burgerservicenummer"] for row in rows] == table.column("burgerservicenummer").to_pylist()


def test_export_to_excel(tmp_path: Path) -> None:
    naam = '=HYPERLINK("https://voorbeeld.example")\tregel een\r\nregel twee <&> _x0041_ é'
    deliver(tmp_path / "uit", naam=naam)
    uitkomst = lees_map(tmp_path)
    assert uitkomst.goed

    (path,) = exporteer(uitkomst, tmp_path / "export", [Vorm.EXCEL])

    assert path.name == "kvkbericht_v1.0.xlsx"
    assert path.parent.stat().st_mode & 0o077 == 0
    boek = openpyxl.load_workbook(path)
    assert boek.sheetnames == ["signalen", "bewijs"]
    signalen = uitkomst.leveringen[0].signalen
    assert signalen is not None
    kop, *rows = boek["signalen"].iter_rows()
    names = [cell.value for cell in kop]
    assert names[3:] == signalen.column_names
    assert len(rows) == 2
    for row, expected in zip(rows, signalen.to_pylist(), strict=True):
        cells = dict(zip(names, row, strict=True))
        assert cells["ontvanger_code"].value == "0344"
        for veld, waarde in expected.items():
            found = cells[veld].value
            found = unescape(found) if isinstance(found, str) else found
            assert (found.date() if isinstance(found, datetime) else found) == waarde, veld
            assert cells[veld].data_type != "f", veld
    assert boek["bewijs"]["A2"].value == "0344"
    assert "=1+1" in [cell.value for cell in boek["bewijs"][2]]


def test_excel_where_it_is_not_installed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(KetenFout, match=r"M-EXCEL \(pip install signaalketen\[lees\]\)"):
        exporteer(lees_map(folder), tmp_path / "export", [Vorm.EXCEL])


def test_a_text_that_excel_cannot_hold_is_not_cut(tmp_path: Path) -> None:
    deliver(tmp_path / "uit")
    uitkomst = lees_map(tmp_path)
    (levering,) = uitkomst.leveringen
    long = pa.table({**levering.bewijs.to_pydict(), "waarde": ["x" * 40_000]})
    with pytest.raises(KetenFout, match=r"M-EXCEL \(kolom waarde, rij 1\)"):
        exporteer(replace(uitkomst, leveringen=(replace(levering, bewijs=long),)), tmp_path / "export", [Vorm.EXCEL])


def test_comparison_names_the_place(folder: Path) -> None:
    (levering,) = lees_map(folder).leveringen
    assert [(een.formaat, een.signalen, een.bewijs, een.verschillen) for een in levering.vergelijking] == [
        (formaat, 2, 1, ()) for formaat in ("csv", "json", "xml")
    ]
    rewrite(folder / f"{STEM}.xml", lambda data: data.replace(b">KVK-02<", b">KVK-03<"))
    (levering,) = lees_map(folder).leveringen
    assert [een.verschillen for een in levering.vergelijking] == [
        (),
        (),
        ("envelop, aantallenPerCode", "signalen, rij 2, kolom signaalCode"),
    ]
    assert "M-VERSCHIL" in codes(folder)


def test_comparison_of_absent_values_and_of_the_number_of_rows() -> None:
    def gelezen(waarden: list[str | None]) -> GelezenBericht:
        return GelezenBericht({"volgnummer": 7}, pa.table({"signaal_id": ["a", "b"]}), pa.table({"norm": waarden}))

    csv_, json_, xml = vergelijk(
        {"volgnummer": 8},
        {"csv": gelezen(["x", None, None]), "json": gelezen(["x", None, "y"]), "xml": gelezen(["x"])},
    )
    assert csv_.verschillen == ("envelop, volgnummer",)
    assert json_.verschillen == ("envelop, volgnummer", "bewijs, rij 3, kolom norm")
    assert xml.verschillen == ("envelop, volgnummer", "bewijs, 1 rijen in plaats van 3")


def test_a_manifest_is_the_same_bytes_every_time(folder: Path) -> None:
    path = folder / f"{STEM}_manifest.json"
    manifest = lees_manifest(path)
    assert manifest_tekst(manifest) == path.read_bytes()
    assert isinstance(manifest, Manifest)
    assert manifest.versie == "1.0"
    schrijf_manifest(path, manifest)
    assert lees_manifest(path) == manifest
    assert list(controleer(manifest, folder)) == []
    assert b"999990019" not in path.read_bytes()


def test_reading_needs_nothing_of_the_pipeline(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from message_formats.lees import lees_map;"
        "assert lees_map(Path(sys.argv[1])).goed;"
        "heavy = {'airflow', 'dbt', 'duckdb', 'pipeline', 'connectors', 'privacy', 'lineage', 'sqlalchemy'};"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", program, str(folder)]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_code_is_declared() -> None:
    assert len(berichten()) >= 4
    for code in ("MANIFEST", "ONTBREEKT", "ONBEKEND", "CONTROLEGETAL", "VERSIE", "KAPOT", "SCHEMA", "AANTAL"):
        KetenFout(f"M-{code}")
