"""How much faster messages are written and validated than by a library call per message, or in one thread.

Run with `pytest -m zwaar -s tests/benchmarks/test_message_writers.py`; figures are printed as messages a second and as
a ratio, both of one run. Both sides start from the same Arrow tables and write the same content to a file in memory:
signals of which nearly every value differs, one in ten with something to escape, each with two facts, and enough of
them that the two threads have chunks to work ahead on, as with a product of a month. The libraries do it as one would:
a call per message, with names looked up beforehand.
"""

import csv
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pytest
from lxml import etree

from message_formats.keuring import Keuring, Keurmeester
from message_formats.names import Formaat, camel, pascal
from message_formats.write import Fragmenten
from schemas.load import producten
from tests.unit.message_voorbeelden import FORMATEN, INKOMSTEN, make_bewijs, make_envelop, make_signalen, write_all

SIGNALS = 120_000
ROUNDS = 5
DOEL: dict[Formaat, int] = {"json": 9, "xml": 30, "csv": 15}  # times a library; half of it fails
VALIDATED, MESSAGES = 40_000, 16  # in each format

pytestmark = pytest.mark.zwaar

Tables = tuple[pa.Table, pa.Table]
Files = tuple[IO[bytes], IO[bytes]]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Signals and their bewijs, always the same."""
    source = random.Random(1)
    names = [f"Bakkerij {n} & Zonen" if n % 10 == 0 else f"Bedrijf {n} B.V." for n in range(3000)]
    toelichting = {code: signaal.toelichting for code, signaal in producten()["inkomsten"].signalen.items()}
    signalen, feiten = [], []
    for number in range(SIGNALS):
        signaal = make_signaal(source, number, names, toelichting)
        signalen.append(signaal)
        for volgnummer, (tabel, kenmerk, waarde) in enumerate(
            (
                ("inkomstenopgave", "bedrag_loon_sv", str(signaal["bedrag_loon_sv"])),
                ("inkomstenverhouding", "datum_begin", "2026-01-05"),
            ),
            1,
        ):
            feiten.append(
                {
                    "signaal_id": signaal["signaal_id"],
                    "volgnummer": volgnummer,
                    "tabel": tabel,
                    "kenmerk": kenmerk,
                    "waarde": waarde,
                    "levering_id": f"{source.getrandbits(48):012x}",
                    "record_nr": source.randrange(10**6),
                    "peildatum": date(2026, 1, 31),
                }
            )
    return make_signalen(INKOMSTEN, signalen), make_bewijs(INKOMSTEN, feiten)


@pytest.fixture
def files() -> Iterator[Files]:
    """Two files in memory that are written over and over: what a disk takes is no part of either side."""
    with os.fdopen(os.memfd_create("uit"), "wb") as out, os.fdopen(os.memfd_create("bewijs"), "wb") as bewijs:
        yield out, bewijs


def make_signaal(source: random.Random, number: int, names: list[str], toelichting: dict[str, str]) -> dict[str, Any]:
    code = source.choice(list(toelichting))
    loon = source.randrange(300_000)
    hersteld = code == "INK-04"
    return {
        "signaal_id": f"{source.getrandbits(128):032x}",
        "signaal_code": code,
        "toelichting": toelichting[code],
        "mutatie": source.choice(["nieuw", "gewijzigd"]),
        "burgerservicenummer": f"{source.randrange(10**9):09d}",
        "partner_burgerservicenummer": f"{source.randrange(10**9):09d}" if number % 3 == 0 else None,
        "ingang": date(2026, 1, 1 + source.randrange(31)),
        "einde": date(2026, 1, 31) if number % 2 else None,
        "loonheffingennummer": f"{source.randrange(10**9):09d}L01",
        "volgnummer_ikv": str(source.randrange(1, 4)),
        "naam_werkgever": source.choice(names),
        "code_soort_ikv": source.choice(["11", "15", "33", "40"]),
        "bedrag_loon_sv": loon,
        "bedrag_loon_lb": loon - 1000,
        "bedrag_ingehouden_lb": loon // 10,
        "aantal_verloonde_uren": source.randrange(170),
        "totaal_loon_sv": loon + 7,
        "totaal_loon_lb": loon + 9,
        "totaal_ingehouden_lb": loon // 9,
        "tijdvak": "2025-12" if hersteld else None,
        "bedrag_was": loon + 1 if hersteld else None,
        "bedrag_is": loon if hersteld else None,
    }


def alternately(mine: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The best time of each, taken in turns so that a busy machine hinders both."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for run, times in zip((mine, other), seconds, strict=True):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return min(seconds[0]), min(seconds[1])


Row = dict[str, object]
Messages = Iterator[tuple[Row, list[Row]]]


def messages(signalen: pa.Table, bewijs: pa.Table) -> Messages:
    """Each signal with its facts, as Python objects, without what is absent."""
    feiten = bewijs.drop_columns("signaal_id").to_pylist()
    for number, signaal in enumerate(signalen.to_pylist()):
        yield present(signaal), [present(feit) for feit in feiten[2 * number : 2 * number + 2]]


def present(row: Row) -> Row:
    return {naam: value for naam, value in row.items() if value is not None}


def by_orjson(signalen: pa.Table, bewijs: pa.Table, out: IO[bytes], _: IO[bytes]) -> None:
    names = {naam: camel(naam) for naam in (*INKOMSTEN.signaal, *INKOMSTEN.bewijs)}
    for signaal, feiten in messages(signalen, bewijs):
        message: Row = {names[naam]: value for naam, value in signaal.items()}
        message["bewijs"] = [{names[naam]: value for naam, value in feit.items()} for feit in feiten]
        out.write(orjson.dumps(message))


def by_lxml(signalen: pa.Table, bewijs: pa.Table, out: IO[bytes], _: IO[bytes]) -> None:
    names = {naam: pascal(naam) for naam in (*INKOMSTEN.signaal, *INKOMSTEN.bewijs)}
    with etree.xmlfile(out, encoding="utf-8") as document, document.element("Signalen"):

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


def by_csv(signalen: pa.Table, bewijs: pa.Table, out: IO[bytes], bewijs_out: IO[bytes]) -> None:
    leading = ["6f0d3a52-8c1e-5b7a-9f44-2d6c1b0a7e93", 7, "2026-01"]
    with (
        open(out.fileno(), "w", encoding="utf-8", newline="", closefd=False) as text,
        open(bewijs_out.fileno(), "w", encoding="utf-8", newline="", closefd=False) as bewijs_text,
    ):
        signaal_writer, bewijs_writer = csv.writer(text, delimiter=";"), csv.writer(bewijs_text, delimiter=";")
        for signaal in signalen.to_pylist():
            signaal_writer.writerow([*leading, *signaal.values()])
        for feit in bewijs.to_pylist():
            bewijs_writer.writerow([leading[0], *feit.values()])


LIBRARIES = {"json": by_orjson, "xml": by_lxml, "csv": by_csv}


@pytest.mark.parametrize("formaat", FORMATEN)
def test_writers_beat_a_call_per_message(
    tables: Tables, files: Files, formaat: Formaat, capsys: pytest.CaptureFixture
) -> None:
    signalen, bewijs = tables

    def ours(out: IO[bytes], bewijs_out: IO[bytes]) -> None:
        fragmenten = Fragmenten.bereid(INKOMSTEN, signalen, bewijs)
        envelop = make_envelop(INKOMSTEN, fragmenten.aantallen(0, SIGNALS))
        fragmenten.schrijf(envelop, 0, SIGNALS, formaat, out, bewijs_out)

    def to_files(write: Callable[[IO[bytes], IO[bytes]], None]) -> None:
        for file in files:
            file.seek(0)
        write(*files)
        for file in files:
            file.flush()

    mine, library = alternately(
        lambda: to_files(ours), lambda: to_files(lambda out, other: LIBRARIES[formaat](signalen, bewijs, out, other))
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n{formaat}: {SIGNALS / mine:,.0f} per s, library {SIGNALS / library:,.0f} per s, {library / mine:.1f}x\n"
        )
    assert library / mine > DOEL[formaat] / 2


def test_validation_in_two_processes(tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    fragmenten, each = Fragmenten.bereid(INKOMSTEN, *tables), VALIDATED // MESSAGES
    keuringen = []
    for number in range(MESSAGES):
        start, stop = number * each, (number + 1) * each
        envelop = make_envelop(INKOMSTEN, fragmenten.aantallen(start, stop))
        for formaat, (pad, bewijs) in write_all(tmp_path / str(number), fragmenten, envelop, start, stop).items():
            keuringen.append(Keuring(pad, formaat, "bericht", INKOMSTEN.bericht, INKOMSTEN.versie))
            if bewijs is not None:
                keuringen.append(Keuring(bewijs, formaat, "bewijs", INKOMSTEN.bericht, INKOMSTEN.versie))
    with Keurmeester(0) as meester:
        assert not any(meester.keur(keuringen))  # and the processes are there
        for formaat in (*FORMATEN, None):
            some = [keuring for keuring in keuringen if formaat in (keuring.formaat, None)]
            two, one = alternately(
                lambda some=some: meester.keur(some), lambda some=some: [k.problemen() for k in some]
            )
            with capsys.disabled():
                sys.stdout.write(
                    f"\nvalidation {formaat or 'of all'}: {VALIDATED / two:,.0f} per s, "
                    f"one thread {VALIDATED / one:,.0f} per s, {one / two:.2f}x\n"
                )
    assert one / two > 1
