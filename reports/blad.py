"""A table as the pages and the CSV files both show it: columns, and rows of cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MAANDEN = (
    "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905
)
AFGESCHERMD = "afgeschermd"


@dataclass(frozen=True)
class Verborgen:
    """A count that may not be shown."""


@dataclass(frozen=True)
class Oordeel:
    """Whether something is as it should be, in words."""

    tekst: str
    goed: bool


@dataclass(frozen=True)
class Verwijzing:
    """A link to another page of the site."""

    tekst: str
    naar: str


@dataclass(frozen=True)
class Anker:
    """A text that other pages link to, by its `id`."""

    tekst: str
    id: str


Cel = str | int | datetime | Verborgen | Oordeel | Verwijzing | Anker | None


@dataclass(frozen=True)
class Kolom:
    """A column; numbers are set to the right."""

    naam: str
    soort: Literal["tekst", "getal"] = "tekst"


@dataclass(frozen=True)
class Blad:
    """One table. `naam` is the stem of its CSV file; `leeg` is what the page says when there are no rows."""

    naam: str
    bijschrift: str
    kolommen: tuple[Kolom, ...]
    rijen: tuple[tuple[Cel, ...], ...]
    leeg: str = "Niets."


@dataclass(frozen=True)
class Figuur:
    """A drawing, made when the page is. What it shows stands in a table as well."""

    bijschrift: str
    svg: str


@dataclass(frozen=True)
class Deel:
    """A section of a page: a heading with its `anker`, a text, drawings and tables."""

    anker: str
    kop: str
    tekst: str = ""
    bladen: tuple[Blad, ...] = ()
    figuren: tuple[Figuur, ...] = ()


@dataclass(frozen=True)
class Pagina:
    """A page of sections. `naam` is the stem of its file; `kenmerken` are pairs of a term and what it is."""

    naam: str
    titel: str
    inleiding: str
    delen: tuple[Deel, ...]
    kenmerken: tuple[tuple[str, Cel], ...] = ()

    @property
    def bladen(self) -> tuple[Blad, ...]:
        """All tables, in the order of the page."""
        return tuple(blad for deel in self.delen for blad in deel.bladen)


def kolommen(*namen: str) -> tuple[Kolom, ...]:
    """Columns by their names; a name that starts with `#` is a column of numbers."""
    return tuple(Kolom(naam.removeprefix("#"), "getal" if naam.startswith("#") else "tekst") for naam in namen)


def in_woorden(cel: Cel) -> str:
    """A cell as a reader in the Netherlands expects it: 1.234, 2 maart 2026 14:05."""
    if isinstance(cel, int):
        return f"{cel:,}".replace(",", ".")
    if isinstance(cel, datetime):
        lokaal = cel.astimezone(AMSTERDAM)
        return f"{lokaal.day} {MAANDEN[lokaal.month - 1]} {lokaal.year} {lokaal:%H:%M}"
    return _tekst(cel)


def voor_csv(cel: Cel) -> str:
    """A cell for machines: plain numbers and ISO moments; what a spreadsheet would run as a formula is disarmed."""
    if isinstance(cel, int):
        return str(cel)
    if isinstance(cel, datetime):
        return cel.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tekst = _tekst(cel)
    return f"'{tekst}" if tekst.startswith(("=", "+", "-", "@", "\t", "\r")) else tekst


def _tekst(cel: str | Verborgen | Oordeel | Verwijzing | Anker | None) -> str:
    if isinstance(cel, Verborgen):
        return AFGESCHERMD
    if isinstance(cel, Oordeel | Verwijzing | Anker):
        return cel.tekst
    return cel or ""


def utc(moment: datetime) -> datetime:
    """SQLite forgets the time zone; every moment in the ledger is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def maand(periode: str) -> str:
    """`2026-01` as `januari 2026`."""
    jaar, _, nummer = periode.partition("-")
    return f"{MAANDEN[int(nummer) - 1]} {jaar}"
