"""What is generated from the definitions: in step with them, valid as schemas, and examples that pass."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
from lxml import etree

from message_formats.generate import REPOSITORY, artefacts, drift, main
from message_formats.read import lees_bericht
from message_formats.validate import schema_path, valideer
from schemas.berichten import Bericht, berichten

ALL = pytest.mark.parametrize("bericht", berichten().values(), ids=lambda bericht: bericht.urn)


def folder(bericht: Bericht) -> Path:
    return REPOSITORY / "message_formats" / "generated" / bericht.bericht / f"v{bericht.versie}"


def test_committed_files_are_what_the_definitions_say() -> None:
    assert drift() == []


def test_drift_is_found_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("message_formats.generate.REPOSITORY", tmp_path)
    assert main(["--controleer"]) == 1
    assert main([]) == 0
    assert main(["--controleer"]) == 0
    changed, removed = (tmp_path / naam for naam in list(artefacts())[:2])
    changed.write_text("{}")
    removed.unlink()
    left_over = removed.with_name("oud.xsd")
    left_over.write_text("")
    assert len(drift()) == 3
    assert main(["--controleer"]) == 1
    assert main([]) == 0
    assert drift() == []
    assert not left_over.exists()


@ALL
def test_schemas_are_schemas(bericht: Bericht) -> None:
    schema = json.loads(schema_path(bericht, ".schema.json").read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(schema)
    xsd = etree.parse(schema_path(bericht, ".xsd"))
    assert xsd.getroot().get("targetNamespace") == schema["$id"] == bericht.urn
    etree.XMLSchema(xsd)
    csvw = json.loads(schema_path(bericht, ".csv-metadata.json").read_text(encoding="utf-8"))
    assert csvw["@context"][0] == "http://www.w3.org/ns/csvw"
    signalen, bewijs = csvw["tables"]
    assert bewijs["tableSchema"]["foreignKeys"][0]["reference"]["resource"] == signalen["url"]


@ALL
def test_examples_pass_and_agree(bericht: Bericht) -> None:
    paths = {formaat: folder(bericht) / f"voorbeeld.{formaat}" for formaat in ("json", "xml", "csv")}
    bewijs_path = folder(bericht) / "voorbeeld_bewijs.csv"
    assert valideer(bewijs_path, "csv", bericht, "bewijs") == []
    tables = []
    for formaat, path in paths.items():
        assert valideer(path, formaat, bericht) == []  # type: ignore[arg-type]
        read = lees_bericht(path, formaat, bericht, bewijs_path)  # type: ignore[arg-type]
        tables.append((read.signalen, read.bewijs))
        assert not [naam for naam in read.signalen.column_names if read.signalen.column(naam).null_count]
    assert all(table[0].equals(tables[0][0]) and table[1].equals(tables[0][1]) for table in tables)


@ALL
def test_documentation_names_every_field(bericht: Bericht) -> None:
    text = (folder(bericht) / f"{bericht.bericht}.md").read_text(encoding="utf-8")
    for velden in (bericht.envelop, bericht.aantal, bericht.signaal, bericht.bewijs):
        for veld in velden.values():
            assert veld.omschrijving in text


@ALL
def test_xmllint_accepts_the_example(bericht: Bericht) -> None:
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        pytest.skip("xmllint is niet geïnstalleerd")
    command = [xmllint, "--noout", "--nonet", "--schema", str(schema_path(bericht, ".xsd"))]
    result = subprocess.run([*command, str(folder(bericht) / "voorbeeld.xml")], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
