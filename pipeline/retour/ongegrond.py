"""Destroys signals that a gemeente found ungrounded: in the runs, and the copies of the messages they stood in.

The verdict is of one recipient about a signal it was sent. A signal that also went to another, as an RMC-regio gets
those of its gemeenten, stays in the run until that one has said the same. The number of an ungrounded signal, kept with
the verdict, sees to it that `lever` does not send it to that recipient again. A copy of a message is destroyed whole:
with one signal less it would not be what was sent, and what else stood in it is in the run.
"""

from __future__ import annotations

import hashlib
import mmap
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.retour import ongegronde_signalen
from lineage.sleutels import LEESBAAR, versies
from lineage.vernietiging import VERNIETIGD
from pipeline.bewaren.vernietig import Eenheid, Zeef, vernietig, vernietig_rijen
from pipeline.instellingen import Instellingen
from pipeline.mutaties import route, shared_columns, signals_view
from pipeline.rekenen import rekendatabank
from pipeline.signaleer import run_map
from privacy.bewaren import Afdruk
from schemas.load import doelen, ontvangers, producten
from schemas.product import Product

Oordeel = tuple[str, str]  # ontvanger, signaal_id


def vernietig_ongegronde(instellingen: Instellingen) -> Iterator[tuple[str, Afdruk]]:
    """Destroys what was found ungrounded; yields a digest per proof. Run again it finds nothing to do.

    Waits while a key is being rotated, because both would rewrite the same files.
    """
    for product in producten().values():
        judged = frozenset(ongegronde_signalen(instellingen.grootboek, product.product))
        rotating = any(row["status"] == LEESBAAR for row in versies(instellingen.grootboek, product.doel))
        if judged and not rotating:
            yield from _Signalen(instellingen, product, judged).vernietig()


class _Signalen:
    """The ungrounded signals of one product."""

    def __init__(self, instellingen: Instellingen, product: Product, judged: frozenset[Oordeel]) -> None:
        self.instellingen, self.product, self.judged = instellingen, product, judged
        r = t.productrun.c
        query = sa.select(r.run_id).where(r.product == product.product, r.status != VERNIETIGD).order_by(r.volgorde)
        self.runs = [run_map(instellingen, row["run_id"]) for row in instellingen.grootboek.rijen(query)]
        doel = doelen()[product.doel]
        self.grondslag = f"de ontvanger vond het signaal ongegrond; doelprofiel {doel.doel} versie {doel.versie}"

    def vernietig(self) -> Iterator[tuple[str, Afdruk]]:
        """Destroys copies first: which they are can be found as long as the verdict stands."""
        for eenheid in self._kopieen():
            if afdruk := vernietig(self.instellingen, eenheid):
                yield eenheid.dataset, afdruk
        zeven = self._zeven()
        if zeven:
            pairs = "\n".join(sorted("/".join(pair) for pair in self.judged))
            subject = f"ongegrond {hashlib.sha256(pairs.encode()).hexdigest()[:12]}"
            eenheid = Eenheid(f"signalen/{self.product.product}", subject, "ongegrond", self.grondslag)
            if afdruk := vernietig_rijen(self.instellingen, eenheid, zeven):
                yield eenheid.dataset, afdruk

    def _kopieen(self) -> Iterator[Eenheid]:
        """The kept copies of deliveries with an ungrounded signal.

        What was delivered is encrypted for its recipient, so which delivery a signal stood in is found in what the run
        kept of its numbers. Repeated messages are not, and are searched.
        """
        root, base = self.instellingen.map(), self.instellingen.uitleveringen
        b = t.uitlevering_bestand.c
        for run, ontvanger in self._verzonden():
            folder = base / ontvanger / self.product.product / run.parent.name
            query = sa.select(b.naam).where(b.run_id == run.name, b.ontvanger == ontvanger).order_by(b.naam)
            names = [row["naam"] for row in self.instellingen.grootboek.rijen(query)]
            if any((folder / naam).exists() for naam in names):
                places = tuple((folder / naam).relative_to(root).as_posix() for naam in names)
                dataset, subject = f"uitleveringen/{self.product.product}", f"{run.name} {ontvanger}"
                yield Eenheid(dataset, subject, "ongegrond", self.grondslag, places)
        wanted: dict[str, list[bytes]] = defaultdict(list)
        for ontvanger, signaal_id in self.judged:
            wanted[ontvanger].append(signaal_id.encode())
        for ontvanger, nummers in sorted(wanted.items()):
            repeated = self.instellingen.map("herhalingen")
            paths = repeated.glob(f"{self.product.product}-[0-9]*/berichten/{ontvanger}/*")
            for folder in sorted({path.parents[2] for path in paths if _holds(path, nummers)}):
                place = folder.relative_to(root).as_posix()
                yield Eenheid("herhalingen", f"{folder.name} {ontvanger}", "ongegrond", self.grondslag, (place,))

    def _verzonden(self) -> list[tuple[Path, str]]:
        """The runs, each with a recipient, in whose deliveries an ungrounded signal stood."""
        found: set[tuple[Path, str]] = set()
        for run in self.runs:
            path = run / f"geleverd_{self.product.product}.parquet"
            if path.exists():
                table = pq.ParquetFile(path).read(columns=["ontvanger", "signaal_id"])
                table = table.filter(is_een_van(table, ("ontvanger", "signaal_id"), self.judged))
                found |= {(run, naar) for naar in pc.unique(table["ontvanger"]).to_pylist()}
        return sorted(found)

    def _zeven(self) -> dict[Path, Zeef]:
        """Per file of a run what to leave out. Empty when no run holds an ungrounded signal."""
        judges = self._judges()
        zeven: dict[Path, Zeef] = {}
        for run in self.runs:
            gone, stays = self._rows(run, judges)
            if gone:
                zeven[run / f"signal_{self.product.product}.parquet"] = zonder(("ontvanger", "signaal_id"), gone)
                numbers = {(number,) for _, number in gone} - {(number,) for _, number in stays}
                zeven[run / f"bewijs_{self.product.product}.parquet"] = zonder(("signaal_id",), numbers)
            for path in self._numbered(run):
                if self._judged_in(path):
                    zeven[path] = zonder(("ontvanger", "signaal_id"), self.judged)
        return zeven

    def _numbered(self, run: Path) -> list[Path]:
        """The files of a run that have the number in the messages: of what was sent, and of what was not any more."""
        paths = [run / f"{soort}_{self.product.product}.parquet" for soort in ("geleverd", "ongegrond")]
        return [path for path in paths if path.exists()]

    def _judged_in(self, path: Path) -> list[tuple[str, str]]:
        """(signaal_id, intern_id) of the ungrounded signals in such a file."""
        table = pq.ParquetFile(path).read(columns=["ontvanger", "signaal_id", "intern_id"])
        table = table.filter(is_een_van(table, ("ontvanger", "signaal_id"), self.judged))
        return list(zip(table["signaal_id"].to_pylist(), table["intern_id"].to_pylist(), strict=True))

    def _judges(self) -> dict[str, set[str]]:
        """For what makes a signal the same in every run: the recipients that found it ungrounded.

        The number in a run is of that run alone, so the signal is looked up where it was sent. Who judged it earlier
        counts too, though the line of that delivery has gone since.
        """
        by_number: dict[str, set[str]] = defaultdict(set)
        for ontvanger, signaal_id in self.judged:
            by_number[signaal_id].add(ontvanger)
        naar: dict[str, set[str]] = defaultdict(set)
        for run in self.runs:
            for path in self._numbered(run):
                for signaal_id, intern_id in self._judged_in(path):
                    naar[intern_id] |= by_number[signaal_id]
        judges: dict[str, set[str]] = defaultdict(set)
        for run in self.runs if naar else ():
            for signaal_id, zelfde, _ in self._same(run, "signaal_id", naar):
                judges[zelfde] |= naar[signaal_id]
        return judges

    def _rows(self, run: Path, judges: Mapping[str, set[str]]) -> tuple[set[Oordeel], set[Oordeel]]:
        """(ontvanger, signaal_id) of the rows of a run that must go, and of those of the same signals that stay."""
        gone: set[Oordeel] = set()
        stays: set[Oordeel] = set()
        for signaal_id, zelfde, ontvanger in self._same(run, "zelfde", judges) if judges else ():
            (gone if ontvangers_van(self.product, ontvanger) <= judges[zelfde] else stays).add((ontvanger, signaal_id))
        return gone, stays

    def _same(self, run: Path, column: str, values: Collection[str]) -> list[tuple[str, str, str]]:
        """(signaal_id, what makes it the same, ontvanger) of signals of a run with one of these values."""
        path = run / f"signal_{self.product.product}.parquet"
        if not path.exists():
            return []
        with rekendatabank(self.instellingen) as connection:
            signals_view(connection, "signalen", [str(path)], self.product.product, shared_columns([str(path)]))
            connection.register("gezocht", pa.table({"waarde": pa.array(sorted(values), pa.string())}))
            query = f"select signaal_id, zelfde, ontvanger from signalen semi join gezocht on waarde = {column}"  # noqa: S608 # nosec B608 # our own names
            return [(str(a), str(b), str(c)) for a, b, c in connection.sql(query).fetchall()]


def ontvangers_van(product: Product, ontvanger: str) -> set[str]:
    """Who is sent the signals of a recipient: itself, and who bundles them."""
    takes = {code for code, known in ontvangers().items() if product.product in known.producten}
    return {naar for van, naar in route(product) if van == ontvanger} & takes | {ontvanger}


def _holds(path: Path, nummers: Collection[bytes]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(nummer) >= 0 for nummer in nummers)


def is_een_van(table: pa.Table, kolommen: Collection[str], waarden: Collection[tuple[str, ...]]) -> pa.Array:
    """Which rows have one of these combinations of values in some text columns."""
    columns = [table[kolom].cast(pa.string()) for kolom in kolommen]
    joined = pc.binary_join_element_wise(*columns, "/", null_handling="replace")
    return pc.is_in(joined, value_set=pa.array(sorted("/".join(waarde) for waarde in waarden), pa.string()))


def zonder(kolommen: Collection[str], waarden: Collection[tuple[str, ...]]) -> Zeef:
    """Leaves out the rows with one of these combinations of values."""

    def zeef(table: pa.Table) -> pa.Table:
        return table.filter(pc.invert(is_een_van(table, kolommen, waarden)))

    return zeef
