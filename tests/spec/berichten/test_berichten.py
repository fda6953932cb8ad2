"""Each folder here is a message: the signals and their bewijs, and the files a recipient gets, byte for byte.

`python -m tests.spec.berichten.test_berichten` writes the expected files anew; look at what differs.
"""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from lxml import etree

from message_formats.envelope import Envelop
from message_formats.names import bewijs_schema, camel, pascal, signaal_schema
from message_formats.read import lees_bericht
from message_formats.validate import schema_path, valideer
from message_formats.write import Fragmenten
from schemas.berichten import Bericht, berichten

HERE = Path(__file__).parent


def folder_of(bericht: Bericht) -> Path:
    """The folder of a message; later versions have their own beside that of 1.0."""
    return HERE / (bericht.bericht if bericht.versie == "1.0" else f"{bericht.bericht}_v{bericht.versie}")


BERICHTEN = [bericht for bericht in berichten().values() if folder_of(bericht).is_dir()]
ALL = pytest.mark.parametrize("bericht", BERICHTEN, ids=lambda bericht: folder_of(bericht).name)


def read_input(path: Path, schema: pa.Schema) -> pa.Table:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pa.table(
        [pa.array([row[field.name] or None for row in rows], pa.string()).cast(field.type) for field in schema],
        schema=schema,
    )


def write_message(bericht: Bericht) -> dict[str, bytes]:
    """The files of the message by their name."""
    folder = folder_of(bericht)
    signalen = read_input(folder / "signals.csv", signaal_schema(bericht))
    fragmenten = Fragmenten.bereid(bericht, signalen, read_input(folder / "bewijs.csv", bewijs_schema(bericht)))
    envelop = Envelop(
        bericht=bericht.bericht,
        versie=bericht.versie,
        afzender_oin="00000001900000000000",
        ontvanger_oin="00000001900000344000",
        ontvanger="0344",
        ontvanger_naam="Utrecht & <omstreken>",
        bericht_identificatie="6f0d3a52-8c1e-5b7a-9f44-2d6c1b0a7e93",
        volgnummer=3,
        dagtekening=datetime(2026, 2, 3, 6, tzinfo=UTC),
        periode="2026-01",
        peildatum=date(2026, 1, 31),
        leveringsoort="mutaties",
        aantal_signalen=len(fragmenten),
        aantallen=fragmenten.aantallen(0, len(fragmenten)),
        run_id="run-1",
        contact_naam="Productteam",
        contact="team@signaalketen.example",
    )
    files = {name: io.BytesIO() for name in ("bericht.json", "bericht.xml", "bericht.csv", "bericht_bewijs.csv")}
    for formaat in ("json", "xml", "csv"):
        fragmenten.schrijf(
            envelop, 0, len(fragmenten), formaat, files[f"bericht.{formaat}"], files["bericht_bewijs.csv"]
        )
    return {name: file.getvalue() for name, file in files.items()}


@ALL
def test_files_are_as_expected(bericht: Bericht) -> None:
    for name, content in write_message(bericht).items():
        assert content == (folder_of(bericht) / "expect" / name).read_bytes(), name


@ALL
def test_expected_files_are_valid_and_read_back(bericht: Bericht) -> None:
    folder = folder_of(bericht) / "expect"
    bewijs_path = folder / "bericht_bewijs.csv"
    assert valideer(bewijs_path, "csv", bericht, "bewijs") == []
    for formaat in ("json", "xml", "csv"):
        path = folder / f"bericht.{formaat}"
        assert valideer(path, formaat, bericht) == []
        read = lees_bericht(path, formaat, bericht, bewijs_path)
        assert read.signalen.equals(read_input(folder.parent / "signals.csv", signaal_schema(bericht)))
        assert read.bewijs.equals(read_input(folder.parent / "bewijs.csv", bewijs_schema(bericht)))


@ALL
def test_other_parsers_find_every_burgerservicenummer(bericht: Bericht) -> None:
    """Or every number of a signal, in a message of counts."""
    veld = "burgerservicenummer" if "burgerservicenummer" in bericht.signaal else "signaal_id"
    folder = folder_of(bericht)
    expected = read_input(folder / "signals.csv", signaal_schema(bericht)).column(veld).to_pylist()
    document = orjson.loads((folder / "expect" / "bericht.json").read_bytes())
    assert [signaal[camel(veld)] for signaal in document["signalen"]] == expected
    root = etree.parse(folder / "expect" / "bericht.xml").getroot()
    assert [element.text for element in root.iter(f"{{{bericht.urn}}}{pascal(veld)}")] == expected
    etree.XMLSchema(etree.parse(schema_path(bericht, ".xsd"))).assertValid(root)
    with (folder / "expect" / "bericht.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";", strict=True))
    assert [row[camel(veld)] for row in rows] == expected


def test_every_message_has_a_folder() -> None:
    assert list(berichten().values()) == BERICHTEN


if __name__ == "__main__":
    for one in BERICHTEN:
        for name, content in write_message(one).items():
            path = folder_of(one) / "expect" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
