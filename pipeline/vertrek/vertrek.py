"""The exit of a recipient: what is held on its account, destroyed with proof when its agreement has ended.

What is only its own goes: copies of what it was sent, its signals in the runs, the records it supplied and those of
persons whom nobody else supplied, and the leveringen that hold nothing but its records. A levering with records of
others is kept as it was received, because its digest is its identity; the door leaves out the records of who has left
when it passes again (`D-VERTREK`). A signal that an RMC-regio is sent as well stays as long as that may have it.

Destroyed leveringen go on counting in what names a run, so nothing becomes due by an exit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij, Stap
from lineage.sleutels import LEESBAAR, versies
from lineage.vernietiging import STAP, VERNIETIGD, schrijf_uitkomst
from pipeline.bewaren.vernietig import Eenheid, Zeef, alleen, plaatsen_van_levering, vernietig, vernietig_rijen
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import MERK
from pipeline.retour.ongegrond import ontvangers_van, zonder
from pipeline.signaleer import run_map
from pipeline.storing import gecodeerd
from pipeline.vertrek.lake import Records, eigen_records, lake_zeven
from privacy.bewaren import Afdruk
from schemas.fout import KetenFout
from schemas.load import doelen, ontvangers, producten
from schemas.ontvanger import Ontvanger
from schemas.product import Product


@dataclass(frozen=True)
class Vertrokken:
    """What an exit destroyed: files per kind, and the number of proofs."""

    bestanden: dict[str, int]
    bewijzen: int


def vind_ontvanger(code: str) -> Ontvanger:
    """The recipient with this code.

    Raises:
        KetenFout: `V-ONTVANGER`.
    """
    if code not in ontvangers():
        raise KetenFout("V-ONTVANGER")
    return ontvangers()[code]


@gecodeerd
def ruim_op(instellingen: Instellingen, code: str, op: date) -> Vertrokken:
    """Destroys what is held on account of one recipient. Run again it finds nothing to do.

    Raises:
        KetenFout: `V-ONTVANGER`; `V-OVEREENKOMST` while its agreement has not ended; `V-BEZIG`; `P-ROTATIE` while a key
            is being rotated, because both would rewrite the same files.
    """
    ontvanger = vind_ontvanger(code)
    if ontvanger.overeenkomst_tot is None or ontvanger.overeenkomst_tot >= op:
        raise KetenFout("V-OVEREENKOMST", code)
    if any(row["status"] == LEESBAAR and row["doel"] in doelen() for row in versies(instellingen.grootboek)):
        raise KetenFout("P-ROTATIE")
    files: Counter[str] = Counter()
    count = 0
    with alleen(instellingen):
        stap = Stap(STAP, "")
        for onderwerp, afdruk in _Bezit(instellingen, ontvanger).vernietig():
            files[onderwerp] += afdruk.bestanden
            count += 1
        schrijf_uitkomst(instellingen.grootboek, stap)
    return Vertrokken(dict(files), count)


class _Bezit:
    """What is held on account of one recipient."""

    def __init__(self, instellingen: Instellingen, ontvanger: Ontvanger) -> None:
        self.instellingen, self.code = instellingen, ontvanger.ontvanger
        self.root, self.ledger = instellingen.map(), instellingen.grootboek
        self.grondslag = f"overeenkomst beëindigd op {ontvanger.overeenkomst_tot}; AVG art. 28 lid 3 g"

    def vernietig(self) -> Iterator[tuple[str, Afdruk]]:
        """Destroys all of it, under a proof per kind."""
        records = self.records
        for product in producten().values():
            eenheid = self._eenheid(f"runs/{product.product}")
            if afdruk := vernietig_rijen(self.instellingen, eenheid, self._run_zeven(product)):
                yield eenheid.onderwerp, afdruk
        for doel in doelen().values():
            eenheid = self._eenheid(f"lake/{doel.doel}")
            if afdruk := vernietig_rijen(self.instellingen, eenheid, lake_zeven(self.instellingen, doel, records)):
                yield eenheid.onderwerp, afdruk
        for levering in eigen_leveringen(self.instellingen, self.code):
            eenheid = self._levering(levering)
            if afdruk := vernietig(self.instellingen, eenheid):
                yield eenheid.onderwerp, afdruk
        copies = self._eenheid("uitleveringen", f"uitleveringen/{self.code}")
        if afdruk := vernietig(self.instellingen, copies):
            yield copies.onderwerp, afdruk
        repeated = self.instellingen.map("herhalingen").glob(f"*/berichten/{self.code}")
        for folder in sorted(path.parents[1] for path in repeated):
            place = folder.relative_to(self.root).as_posix()
            eenheid = Eenheid("herhalingen", f"{folder.name} {self.code}", "exit", self.grondslag, (place,))
            if afdruk := vernietig(self.instellingen, eenheid):
                yield eenheid.onderwerp, afdruk

    def _eenheid(self, onderwerp: str, *plaatsen: str) -> Eenheid:
        return Eenheid(f"vertrek/{self.code}", onderwerp, "exit", self.grondslag, plaatsen)

    def _levering(self, levering: Rij) -> Eenheid:
        levering_id, places = levering["levering_id"], plaatsen_van_levering(self.instellingen, levering)
        marks = self.instellingen.inbox.glob(f"{levering['bron']}/*/{MERK}")
        taken_in = [mark.parent for mark in marks if mark.read_text(encoding="utf-8") == levering_id]
        places += [(folder / "[!.]*").relative_to(self.root).as_posix() for folder in taken_in]
        return Eenheid(
            f"vertrek/{self.code}",
            levering_id,
            "exit",
            self.grondslag,
            tuple(places),
            levering_nr=levering["levering_nr"],
        )

    @cached_property
    def records(self) -> Records:
        """The records it supplied, as pointers."""
        return eigen_records(self.instellingen, self.code)

    def _run_zeven(self, product: Product) -> dict[Path, Zeef]:
        """Per file of a run what to leave out: its signals, unless another is sent them too."""
        zeven: dict[Path, Zeef] = {}
        alone = ontvangers_van(product, self.code) <= {self.code}
        for run in bewaarde_runs(self.instellingen, product.product):
            signals = run / f"signal_{product.product}.parquet"
            if alone and signals.exists():
                own, others = _nummers(signals, self.code)
                if own:
                    zeven[signals] = zonder(("ontvanger",), {(self.code,)})
                    zeven[run / f"bewijs_{product.product}.parquet"] = zonder(("signaal_id",), own - others)
            delivered = run / f"geleverd_{product.product}.parquet"
            if delivered.exists():
                zeven[delivered] = zonder(("ontvanger",), {(self.code,)})
        return zeven


def bewaarde_runs(instellingen: Instellingen, product: str) -> list[Path]:
    """The folders of the runs of a product that are kept, oldest first."""
    r = t.productrun.c
    query = sa.select(r.run_id).where(r.product == product, r.status != VERNIETIGD).order_by(r.volgorde)
    return [run_map(instellingen, row["run_id"]) for row in instellingen.grootboek.rijen(query)]


def _nummers(signalen: Path, code: str) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The numbers of the signals of one recipient, and of those of the others."""
    table = pq.ParquetFile(signalen).read(columns=["ontvanger", "signaal_id"])
    own = pc.equal(table["ontvanger"], code)
    return tuple({(n,) for n in table["signaal_id"].filter(rows).to_pylist()} for rows in (own, pc.invert(own)))  # type: ignore[return-value]


def eigen_leveringen(instellingen: Instellingen, code: str) -> list[Rij]:
    """The leveringen that hold nothing but records of one aanleveraar: as was reported of them, else as they say."""
    ledger, v = instellingen.grootboek, t.verslag.c
    suppliers: dict[str, set[str]] = {}
    for path in instellingen.map("verslag").glob("[a-z]*.parquet"):  # not reported yet
        names = pq.ParquetFile(path).read(columns=["aanleveraar"]).column(0).to_pylist()
        suppliers.setdefault(path.name.partition(".")[0], set()).update(names)
    reported = sa.select(t.levering.c.levering_id, v.aanleveraar).join(t.levering)
    for row in ledger.rijen(reported):
        suppliers.setdefault(row["levering_id"], set()).add(row["aanleveraar"])
    query = sa.select(t.levering).where(t.levering.c.status != VERNIETIGD).order_by(t.levering.c.levering_nr)
    return [
        levering
        for levering in ledger.rijen(query)
        if suppliers.get(levering["levering_id"], {levering["aanleveraar"]}) == {code}
    ]
