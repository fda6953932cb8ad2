"""How much faster the vectorised writers are than a library call per message, measured in one run.

Run with `pytest -m zwaar -s tests/benchmarks/test_message_writers.py`; figures are printed as messages a second on one
thread and as a ratio. Both sides start from the same Arrow tables and write the same signals, each with two facts.
"""

import csv
import io
import sys
import time
from collections.abc import Callable, Iterator

import orjson
import pyarrow as pa
import pytest
from lxml import etree

from message_formats.names import Formaat, camel, pascal
from message_formats.write import Fragmenten
from tests.unit.message_voorbeelden import INKOMSTEN, make_bewijs, make_envelop, make_signalen

SIGNALS = 40_000
ROUNDS = 3

pytestmark = pytest.mark.zwaar


@pytest.fixture(scope="module")
def rows() -> tuple[list[dict[str, object]], list[list[dict[str, object]]]]:
    """Signals with names that sometimes need escaping, and two facts each."""
    signalen = [
        {
            "signaal_id": f"{number:032x}",
            "naam_werkgever": "Bakker & Zn." if number % 10 == 0 else f"Bedrijf {number}",
            "bedrag_loon_sv": number * 100,
            "einde": None,
            "tijdvak": None,
            "bedrag_was": None,
            "bedrag_is": None,
        }
        for number in range(SIGNALS)
    ]
    feiten = [
        [{"signaal_id": row["signaal_id"], "volgnummer": n, "waarde": str(n), "record_nr": n} for n in (1, 2)]
        for row in signalen
    ]
    return signalen, feiten


def fastest(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


Row = dict[str, object]
Messages = Iterator[tuple[Row, list[Row]]]


def messages(signalen: pa.Table, bewijs: pa.Table) -> Messages:
    """Each signal with its facts, as Python objects, without what is absent."""
    feiten = bewijs.drop_columns("signaal_id").to_pylist()
    for number, signaal in enumerate(signalen.to_pylist()):
        yield present(signaal), [present(feit) for feit in feiten[2 * number : 2 * number + 2]]


def present(row: Row) -> Row:
    return {naam: value for naam, value in row.items() if value is not None}


def by_orjson(signalen: pa.Table, bewijs: pa.Table) -> None:
    names = {naam: camel(naam) for naam in (*INKOMSTEN.signaal, *INKOMSTEN.bewijs)}
    out = io.BytesIO()
    for signaal, feiten in messages(signalen, bewijs):
        message: Row = {names[naam]: value for naam, value in signaal.items()}
        message["bewijs"] = [{names[naam]: value for naam, value in feit.items()} for feit in feiten]
        out.write(orjson.dumps(message))


def by_lxml(signalen: pa.Table, bewijs: pa.Table) -> None:
    names = {naam: pascal(naam) for naam in (*INKOMSTEN.signaal, *INKOMSTEN.bewijs)}
    with etree.xmlfile(io.BytesIO(), encoding="utf-8") as document, document.element("Signalen"):

        def write_fields(row: Row) -> None:
            for naam, value in row.items():
                with document.element(names[naam]):
                    document.write(str(value))

        for signaal, feiten in messages(signalen, bewijs):
            with document.element("Signaal"):
                write_fields(signaal)
                with document.element("Bewijs"):
                    for feit in feiten:
                        with document.element("Feit"):
                            write_fields(feit)


def by_csv(signalen: pa.Table, bewijs: pa.Table) -> None:
    signaal_writer, bewijs_writer = (csv.writer(io.StringIO(newline=""), delimiter=";") for _ in range(2))
    leading = ["6f0d3a52-8c1e-5b7a-9f44-2d6c1b0a7e93", 7, "2026-01"]
    for signaal in signalen.to_pylist():
        signaal_writer.writerow([*leading, *signaal.values()])
    for feit in bewijs.to_pylist():
        bewijs_writer.writerow([leading[0], *feit.values()])


LIBRARIES = {"json": by_orjson, "xml": by_lxml, "csv": by_csv}


@pytest.mark.parametrize("formaat", ["json", "xml", "csv"])
def test_writers_beat_a_call_per_message(
    rows: tuple[list[dict[str, object]], list[list[dict[str, object]]]], formaat: Formaat, capsys: pytest.CaptureFixture
) -> None:
    signalen = make_signalen(INKOMSTEN, rows[0])
    bewijs = make_bewijs(INKOMSTEN, [feit for feiten in rows[1] for feit in feiten])
    envelop = make_envelop(INKOMSTEN, {"INK-01": SIGNALS})

    def ours() -> None:
        fragmenten = Fragmenten.bereid(INKOMSTEN, signalen, bewijs)
        fragmenten.schrijf(envelop, 0, SIGNALS, formaat, io.BytesIO(), io.BytesIO())

    mine, library = fastest(ours), fastest(lambda: LIBRARIES[formaat](signalen, bewijs))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{formaat}: {SIGNALS / mine:,.0f} per s, library {SIGNALS / library:,.0f} per s, {library / mine:.1f}x\n"
        )
    assert library / mine > 1
