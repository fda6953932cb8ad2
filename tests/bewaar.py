"""A small country for tests of retention: two gemeenten with a person each, and one person in both."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import Ontvangst
from tests.bouw import BIJSTAND, IKV, bijstand, ikv, maak_bsn, neem_op, schrijf_csv

UTRECHT, DEN_HAAG = "0344", "0518"
VAN_UTRECHT, VAN_DEN_HAAG, VAN_BEIDE = (maak_bsn(nummer) for nummer in (11, 12, 13))
GEBOREN = {VAN_UTRECHT: "19800101", VAN_DEN_HAAG: "19800102", VAN_BEIDE: "19800103"}
PERSOON = ("burgerservicenummer", "geboortedatum")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")


def populatie(*personen: tuple[str, str]) -> str:
    """A bijstandspopulatie of (person, gemeente)."""
    return schrijf_csv(BIJSTAND, [bijstand(bsn, gemeente=gemeente) for bsn, gemeente in personen])


def neem_maand_op(instellingen: Instellingen, periode: str, *, samen: bool = True) -> list[Ontvangst]:
    """Everything for inkomsten in one month; the population in one levering of all gemeenten, or one for each."""
    utrecht = [(VAN_UTRECHT, UTRECHT), (VAN_BEIDE, UTRECHT)]
    den_haag = [(VAN_DEN_HAAG, DEN_HAAG), (VAN_BEIDE, DEN_HAAG)]
    pieces = [utrecht + den_haag] if samen else [utrecht, den_haag]
    taken = [neem_op(instellingen, "gemeente", {"p.csv": populatie(*piece)}, periode) for piece in pieces]
    homes = {VAN_UTRECHT: UTRECHT, VAN_DEN_HAAG: DEN_HAAG, VAN_BEIDE: UTRECHT}
    brp = {
        "persoon.csv": schrijf_csv(PERSOON, [[bsn, f"{geboren}"] for bsn, geboren in GEBOREN.items()]),
        "verblijf.csv": schrijf_csv(VERBLIJF, [[bsn, home, "20200101", "20200101"] for bsn, home in homes.items()]),
    }
    begin = f"{periode.replace('-', '')}05"
    uwv = schrijf_csv(IKV, [ikv(bsn, int(periode[-2:]), begin) for bsn in GEBOREN])
    taken.append(neem_op(instellingen, "brp", brp, periode))
    taken.append(neem_op(instellingen, "uwv", {"ikv.csv": uwv}, periode))
    return taken


def rijen(instellingen: Instellingen, tabel: sa.Table) -> list[Rij]:
    """All rows of a table of the ledger, in order of their key."""
    return instellingen.grootboek.rijen(sa.select(tabel).order_by(*tabel.primary_key.columns))


def bewijzen(instellingen: Instellingen) -> list[tuple[str, str, str]]:
    """(dataset, onderwerp, reden) of every proof."""
    return [(row["dataset"], row["onderwerp"], row["reden"]) for row in rijen(instellingen, t.vernietiging)]


def bestanden(map_: Path) -> list[str]:
    """Every file below a folder, hidden ones too."""
    return sorted(path.relative_to(map_).as_posix() for path in map_.rglob("*") if path.is_file())
