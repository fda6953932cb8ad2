"""A file that departs from its schema is refused, with a place and without the value."""

import gc
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from message_formats.names import Formaat
from message_formats.read import lees_bericht, load_json, load_xml
from message_formats.validate import schema_path, valideer, xsd
from message_formats.write import Fragmenten
from schemas.fout import KetenFout
from tests.unit.message_voorbeelden import FORMATEN, INKOMSTEN, make_bewijs, make_envelop, make_signalen, write_all

ANYTHING = pytest.mark.parametrize("formaat", FORMATEN)


def write(folder: Path, **row: object) -> dict[Formaat, tuple[Path, Path | None]]:
    signalen = make_signalen(INKOMSTEN, [{}, row])
    bewijs = make_bewijs(INKOMSTEN, [{"signaal_id": f"{1:032x}", "volgnummer": 1, "waarde": "x"}])
    fragmenten = Fragmenten.bereid(INKOMSTEN, signalen, bewijs)
    return write_all(folder, fragmenten, make_envelop(INKOMSTEN, {"INK-01": 2}), 0, 2)


@ANYTHING
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signaal_id", "ABCDEF"),
        ("signaal_code", "KW-INK"),
        ("mutatie", "verzonnen"),
        ("burgerservicenummer", "99999001"),
        ("burgerservicenummer", "99999001x"),
        ("burgerservicenummer", None),
        ("partner_burgerservicenummer", "-99999001"),
        ("toelichting", None),
        ("toelichting", "zeldzaam" * 100),
        ("tijdvak", "2026-13"),
        ("regeling", "=PW"),
    ],
)
def test_a_value_outside_its_rules_is_refused(tmp_path: Path, formaat: Formaat, field: str, value: str | None) -> None:
    path, _ = write(tmp_path, **{field: value})[formaat]
    problems = valideer(path, formaat, INKOMSTEN)
    assert problems
    for problem in problems:
        assert problem.startswith("M-SCHEMA (")
        assert value is None or value not in problem
        assert "999990019" not in problem


def replace(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return change


@pytest.mark.parametrize(
    ("formaat", "change", "problem"),
    [
        ("json", replace('"signalen":[', '"signalen":[['), "M-KAPOT (regel 4)"),
        ("json", replace('"regeling":"PW"', '"regelink":"999990019"'), "M-SCHEMA (/signalen/0, additionalProperties)"),
        ("json", replace("125000", '"125000"'), "M-SCHEMA (/signalen/0/bedragLoonSv, type)"),
        ("json", replace("2026-01-05", "2026-02-30"), "M-SCHEMA (/signalen/0/ingang, format)"),
        ("json", replace("125000", "9223372036854775808"), "M-SCHEMA (/signalen/0/bedragLoonSv, maximum)"),
        ("xml", replace("</Envelop>", ""), "M-KAPOT (regel 8)"),
        ("xml", replace("<Inkomsten", '<!DOCTYPE x [<!ENTITY e "v">]><Inkomsten'), "M-KAPOT (DOCTYPE)"),
        ("xml", replace("2026-01-05", "2026-02-30"), "M-SCHEMA (regel 5, SCHEMAV_CVC_DATATYPE_VALID_1_2_1)"),
        ("xml", replace("<Regeling>PW<", "<Regeling>999990019<"), "M-SCHEMA (regel 5, SCHEMAV_CVC_ENUMERATION_VALID)"),
        ("xml", replace(":1.0", ":9.0"), "M-SCHEMA (regel 2, SCHEMAV_CVC_ELT_1)"),
        ("csv", replace("\ufeff", ""), "M-KAPOT (regel 1)"),
        ("csv", replace(";regeling;", ";regeling;regeling;"), "M-KAPOT (regel 1)"),
        ("csv", replace(";PW;", ";PW;999990019;"), "M-KAPOT (rijen)"),
        ("csv", replace(";regeling;", ";regelingen;"), "M-SCHEMA (kolommen)"),
        ("csv", replace("2026-01-05", "2026-02-30"), "M-SCHEMA (kolom ingang, rij 1, datum)"),
        ("csv", replace("2026-01-05", "5-1-2026"), "M-SCHEMA (kolom ingang, rij 1, datum)"),
        ("csv", replace("125000", "1.250,00"), "M-SCHEMA (kolom bedragLoonSv, rij 1, geheel getal)"),
        ("csv", replace("125000", "9223372036854775808"), "M-SCHEMA (kolom bedragLoonSv, rij 1, bereik)"),
    ],
)
def test_a_spoilt_file_is_refused(
    tmp_path: Path, formaat: Formaat, change: Callable[[bytes], bytes], problem: str
) -> None:
    path, bewijs_path = write(tmp_path)[formaat]
    assert valideer(path, formaat, INKOMSTEN) == []
    path.write_bytes(change(path.read_bytes()))
    problems = valideer(path, formaat, INKOMSTEN)
    assert problem in problems
    assert "999990019" not in "".join(problems)
    if "bereik" not in problem and "maximum" not in problem and "additional" not in problem and "ENUM" not in problem:
        with pytest.raises(KetenFout) as caught:
            lees_bericht(path, formaat, INKOMSTEN, bewijs_path)
        assert "999990019" not in str(caught.value)


def test_absent_values_do_not_count(tmp_path: Path) -> None:
    absent = dict.fromkeys(("ingang", "einde", "bedrag_loon_sv", "naam_werkgever", "regeling", "tijdvak"))
    for formaat, (path, _) in write(tmp_path, **absent).items():
        assert valideer(path, formaat, INKOMSTEN) == []


def test_a_valid_xml_file_is_never_in_memory_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = write(tmp_path)["xml"]
    monkeypatch.setattr("message_formats.validate.load_xml", None)
    assert valideer(path, "xml", INKOMSTEN) == []


def drop(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def double(element: etree._Element) -> None:
    element.addnext(deepcopy(element))


def rename(element: etree._Element) -> None:
    element.tag = f"{element.tag}x"


def reword(element: etree._Element) -> None:
    element.text = "?"


@pytest.mark.parametrize("spoil", [drop, double, rename, reword])
def test_what_is_validated_while_read_is_refused_as_a_tree_is(
    tmp_path: Path, spoil: Callable[[etree._Element], None]
) -> None:
    source, _ = write(tmp_path)["xml"]
    path, refused = tmp_path / "x.xml", 0
    for number in range(1, len(list(load_xml(source).iter()))):
        tree = load_xml(source)
        spoil(list(tree.iter())[number])
        tree.write(path)
        expected = xsd(schema_path(INKOMSTEN, ".xsd")).validate(tree)
        assert (valideer(path, "xml", INKOMSTEN) == []) == expected
        refused += not expected
    assert refused > 20


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("content", ["{}", "{"])
def test_reading_json_leaves_the_collector_as_it_was(tmp_path: Path, content: str, *, enabled: bool) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with suppress(KetenFout):
            load_json(path)
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_problems_are_not_without_end(tmp_path: Path) -> None:
    fragmenten = Fragmenten.bereid(
        INKOMSTEN, make_signalen(INKOMSTEN, [{"mutatie": "fout"}] * 300), make_bewijs(INKOMSTEN, [])
    )
    paths = write_all(tmp_path, fragmenten, make_envelop(INKOMSTEN, {"INK-01": 300}), 0, 300)
    assert len(valideer(paths["json"][0], "json", INKOMSTEN)) == 100


def test_bewijs_csv_is_held_against_its_own_table(tmp_path: Path) -> None:
    bewijs_path = write(tmp_path)["csv"][1]
    assert bewijs_path is not None
    assert valideer(bewijs_path, "csv", INKOMSTEN, "bewijs") == []
    bewijs_path.write_bytes(bewijs_path.read_bytes().replace(b";1;uwv", b";0;uwv"))
    assert valideer(bewijs_path, "csv", INKOMSTEN, "bewijs") == ["M-SCHEMA (kolom volgnummer, rij 1, bereik)"]
