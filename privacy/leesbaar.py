"""Values of the lake as a person reads them, and which of them are about somebody else.

A field whose name ends in the role of another person (`achternaam_partner`) is about that person, and so is every
burgerservicenummer but one's own. A loonheffingennummer may be the burgerservicenummer of a sole trader.
"""

from __future__ import annotations

from datetime import date, datetime

from schemas.arrow import lake_name
from schemas.bron import Tabel, Veld
from schemas.load import all_tabellen

BSN = "burgerservicenummer"
EIGEN = (BSN, "burgerservicenummer_toen")  # one's own, now and before


def rollen() -> frozenset[str]:
    """The roles in which another person may stand in a record: `partner`, and what else the bronnen have."""
    names = {naam for _, tabel in all_tabellen() for naam, veld in tabel.velden.items() if veld.type == "bsn"}
    return frozenset(naam.removeprefix(f"{BSN}_") for naam in names if naam not in EIGEN)


def gaat_over_ander(naam: str, veld: Veld) -> bool:
    """Whether a field of a record about a person is about another, or may be."""
    if veld.type in ("bsn", "lhnr"):
        return naam not in EIGEN
    return naam.rpartition("_")[2] in rollen()


def leesbaar(veld: Veld, waarde: object) -> str:
    """A value of the lake in words."""
    if veld.type == "bedrag" and isinstance(waarde, int):
        return bedrag(waarde)
    if veld.type == "datum" and isinstance(waarde, int):
        return datum(waarde)
    if isinstance(waarde, bool):
        return "ja" if waarde else "nee"
    return str(waarde)


def bedrag(centen: int) -> str:
    """`€ 1.234,56`."""
    euro, cent = divmod(abs(centen), 100)
    return f"{'-' if centen < 0 else ''}€ {euro:,}".replace(",", ".") + f",{cent:02d}"


def datum(getal: int) -> str:
    """`31-01-2026`; of an incomplete date what is known."""
    if getal == 0:
        return "onbekend"
    jaar, maand, dag = getal // 10_000, getal // 100 % 100, getal % 100
    return "-".join(f"{deel:02d}" for deel in (dag, maand) if deel) + ("-" if maand else "") + f"{jaar:04d}"


def moment(waarde: date | datetime) -> str:
    """`31-01-2026`, or `31-01-2026 14:05`."""
    return f"{waarde:%d-%m-%Y %H:%M}" if isinstance(waarde, datetime) else f"{waarde:%d-%m-%Y}"


def persoonskolommen(tabel: Tabel) -> list[str]:
    """The lake columns of a table with a person."""
    return [lake_name(naam) for naam, veld in tabel.velden.items() if veld.type == "bsn"]
