"""One levering on its way through the door: what is read of it, for which doelen, and what is written down about it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from connectors.bestand import leden
from connectors.lees import LidOnbruikbaar, lees_bestand
from connectors.rijen import Bevinding, Nummers, Rijen, bundel
from connectors.vooruit import vooruit
from lineage import aansluiting, leveringen
from lineage.ledger import Rij, Stap
from pipeline import heelheid
from pipeline.aanwijzingen import Aanwijzingen
from pipeline.instellingen import Instellingen
from pipeline.levering import verslag_telling
from pipeline.levering.ontvang import landed
from pipeline.levering.oordeel import Volumes, beoordeel
from pipeline.levering.opname import Opnames
from pipeline.levering.telling import Telling
from pipeline.stand import PERSONEN, POPULATIE, TENZIJ, VIA, Stand, lake_naam, rang
from pipeline.vertrek.vertrokken import CODE as VERTREK
from pipeline.vertrek.vertrokken import is_van, zijn_vertrokken
from privacy.betrokkenen import Betrokkenen
from privacy.deur import QUARANTAINE, Deur, Toegang
from schemas.doel import Doel, Raadpleging
from schemas.fout import KetenFout
from schemas.load import bronnen, doelen, find_tabel

MAX_KAPOT = 200_000  # of a file: with more records that cannot be told apart it is no file of this kind


@dataclass(frozen=True)
class Doorgelaten:
    """The outcome for one levering: the doelen it passed for, and counts per (doel, table, reason)."""

    levering_id: str
    doelen: tuple[str, ...]
    tellingen: Mapping[tuple[str, str, str], int]


def _velden(toegangen: Mapping[str, Collection[Toegang]]) -> dict[str, set[str]]:
    """Per table the fields to read: what its doelen ask for, and who the record is from."""
    return {
        tabel: {veld for toegang in die for veld in toegang.raadpleging.velden} | {find_tabel(tabel).aanleveraar or ""}
        for tabel, die in toegangen.items()
    }


class Passage:
    """One levering on its way through the door."""

    def __init__(self, instellingen: Instellingen, stand: Stand, levering: Rij, toelatingen: dict[str, str]) -> None:
        self.instellingen, self.stand, self.levering, self.toelatingen = instellingen, stand, levering, toelatingen
        self.stap = Stap("deur", levering["levering_id"], None, levering["periode"])
        self._folder = instellingen.landing / levering["bron"] / levering["levering_id"]
        self._opnames = Opnames(instellingen, bronnen()[levering["bron"]], self._folder)
        self._bestanden = instellingen.grootboek.bestanden(levering["levering_nr"])
        self._unusable: set[tuple[int, int | None]] = set()
        self._findings: dict[tuple[int, Bevinding], None] = {}
        pointers = instellingen.map("quarantaine", levering["levering_id"], f"{self._naam()}.parquet")
        self._aanwijzingen = Aanwijzingen(pointers)
        self._verslag: list[pa.Table] = []
        self._betrokkenen: defaultdict[str, Betrokkenen] = defaultdict(Betrokkenen)
        self.telling = Telling()
        self.fout: KetenFout | None = None

    @classmethod
    def van(cls, instellingen: Instellingen, stand: Stand, levering: Rij, toelatingen: dict[str, str]) -> Passage:
        """Of what is still there as it was received: anything else would be another levering.

        Raises:
            KetenFout: `O-ONTBREEKT` or `O-BESCHADIGD`; the step is entered as failed, and nothing of it is read.
        """
        passage = cls(instellingen, stand, levering, toelatingen)
        with heelheid.bewaakt(instellingen, passage.stap):
            for bestand in passage._bestanden:
                if not bestand["code"]:
                    found = passage._ontvangen.get(bestand["bestand_nr"], passage._folder)
                    heelheid.vergelijk(instellingen, found, bestand["sha256"])
        return passage

    @cached_property
    def _ontvangen(self) -> Mapping[int, Path]:
        """The files as they were received; looked up once, because there may be one for each gemeente."""
        return landed(self._folder)

    def uitkomst(self) -> Doorgelaten:
        """What became of the levering."""
        doelen_ = () if self.fout else tuple(self.toelatingen)
        return Doorgelaten(self.levering["levering_id"], doelen_, dict(self.stap.tellingen))

    def verwerk(self, beurt: int) -> None:
        """Passes the tables whose turn it is. A file that breaks off is left out, and the others are read anew."""
        toegangen = self._toegangen(beurt)
        while toegangen:
            try:
                self._lees(toegangen, beurt)
            except LidOnbruikbaar as fout:
                self._unusable.add((self._reading, fout.lid_nr))
                self._findings[self._reading, Bevinding(fout.code, lid_nr=fout.lid_nr)] = None
            except KetenFout as fout:
                self._unusable.add((self._reading, None))
                self._findings[self._reading, Bevinding(fout.code)] = None
            else:
                return

    def _toegangen(self, beurt: int) -> dict[str, list[Toegang]]:
        """Per table of this turn, how each doel admits its rows."""
        held = self.stand.tabellen[self.levering["levering_nr"]]
        result: dict[str, list[Toegang]] = {}
        for doel in map(doelen().__getitem__, self.toelatingen):
            for raadpleging in doel.bronnen:
                if raadpleging.tabel in held and self._beurt(doel, raadpleging) == beurt:
                    toegang = Toegang(
                        doel.doel,
                        raadpleging,
                        self.stand.pseudonimiseerder(doel.doel),
                        self.stand.populatie(doel) if beurt in (PERSONEN, TENZIJ) else None,
                        self.stand.sleutels(doel, raadpleging) if beurt == VIA else None,
                        self.stand.vrijgesteld(doel, raadpleging) if beurt == TENZIJ else None,
                        self._onderzoek(raadpleging.tabel),
                    )
                    result.setdefault(raadpleging.tabel, []).append(toegang)
        return result

    def _onderzoek(self, tabel: str) -> pa.Array | None:
        """The records of a table that may not be used now; None when that is none of them."""
        found = self.stand.onderzoek(self.levering["levering_nr"], tabel)
        return pa.array(found, pa.int64()) if found else None

    def _beurt(self, doel: Doel, raadpleging: Raadpleging) -> int:
        """When a table passes for a doel; one that must wait for one doel waits for all, so that it is read once."""
        own = rang(doel, raadpleging)
        return TENZIJ if own == PERSONEN and raadpleging.tabel in self._wacht else own

    @cached_property
    def _wacht(self) -> frozenset[str]:
        """The tables that some doel may only consult for whom other tables do not say enough, unless they are those."""
        consulted = [rij for doel in self.toelatingen for rij in doelen()[doel].bronnen]
        decisive = {tenzij.tabel for rij in consulted for tenzij in rij.tenzij}
        return frozenset(rij.tabel for rij in consulted if rij.tenzij) - decisive

    @cached_property
    def _vertrokken(self) -> frozenset[str]:
        """Whose records are left out, because they have left."""
        return zijn_vertrokken(self.instellingen.grootboek)

    def _lees(self, toegangen: dict[str, list[Toegang]], beurt: int) -> None:
        aanleveraars = verslag_telling.Aanleveraars(self.levering)
        names = {doel: lake_naam(self.levering, toelating) for doel, toelating in self.toelatingen.items()}
        lake, nr = self.instellingen.lake, self.levering["levering_nr"]
        with self._aanwijzingen.lezing() as bewaar, Deur(lake, nr, names) as deur:
            for item in vooruit(bundel(self._rows(_velden(toegangen)))):
                batch = item.batch
                if self._vertrokken:
                    batch = batch.filter(pc.invert(is_van(item.tabel, batch, self._vertrokken)))
                    for toegang in toegangen[item.tabel]:
                        left = item.batch.num_rows - batch.num_rows
                        deur.uitkomst.tellingen[toegang.doel, item.tabel, VERTREK] += left
                deur.verwerk(batch, toegangen[item.tabel])
                if beurt == POPULATIE:
                    aanleveraars.zie(item.tabel, batch, deur.uitkomst.quarantaine)
                bewaar(deur.uitkomst.quarantaine)
                deur.uitkomst.quarantaine.clear()
        for key, aantal in deur.uitkomst.tellingen.items():
            self.stap.tellingen[key] = self.stap.tellingen.get(key, 0) + aantal
        for doel, betrokkenen in deur.uitkomst.betrokkenen.items():
            self._betrokkenen[doel].voeg_toe(betrokkenen.nummers())
        if beurt == POPULATIE:
            aanleveraars.zie_onleesbaar(finding for _, finding in self._findings)
            self._verslag.append(aanleveraars.tabel(self.telling))

    def _rows(self, tabellen: Mapping[str, Collection[str]]) -> Iterator[Rijen]:
        """The rows of the usable files, with record numbers that run on from file to file; findings are noted."""
        bron = bronnen()[self.levering["bron"]]
        wanted = {tabel.partition(".")[2]: velden for tabel, velden in tabellen.items()}
        nummers = Nummers()
        self.telling.begin(tabellen)
        self._findings = {key: None for key in self._findings if key[1].tabel not in tabellen}
        for bestand in self._bestanden:
            self._reading = nr = bestand["bestand_nr"]
            if bestand["code"] or (nr, None) in self._unusable or not set(bestand["tabellen"].split()) & set(tabellen):
                continue
            skip, broken = {lid for file, lid in self._unusable if file == nr}, 0
            lees = partial(lees_bestand, self._ontvangen[nr], bron, wanted, skip)
            for item in nummers.volgt(self._opnames.lees(bestand, wanted, skip, lees)):
                self.telling.zie(nr, item)
                if isinstance(item, Bevinding):
                    self._findings[nr, item] = None
                    broken += item.code == "R-KAPOT"
                    if broken > MAX_KAPOT:
                        raise KetenFout("B-KAPOT", "te veel onleesbare records")
                else:
                    yield item

    def _tellingen(self) -> dict[tuple[str, str, str], int]:
        """The counts of the door, with what was read and found whatever the doel."""
        result = Counter(self.stap.tellingen)
        result.update({("", tabel, leveringen.GETELD): aantal for tabel, aantal in self.telling.tabellen()})
        for _, finding in self._findings:
            result["", finding.tabel or "bestand", finding.code] += finding.aantal
        return dict(result)

    def beoordeel(self, volumes: Volumes) -> KetenFout | None:
        """Why the levering must be parked, as far as it was read."""
        broken = self._broken()
        if all(bestand["code"] or bestand["bestand_nr"] in broken for bestand in self._bestanden):
            self.fout = KetenFout(next(iter(broken.values()), "L-LEEG"))
        else:
            self.fout = beoordeel(self.levering, self._bestanden, self.telling, self._tellingen(), volumes)
        return self.fout

    def _broken(self) -> dict[int, str]:
        """The files that cannot be used after all, with a code: what broke off, and archives with nothing but that."""
        result: dict[int, str] = {}
        members: dict[int, dict[int, str]] = {}
        for nr, finding in self._findings:
            if finding.code.startswith("B-"):
                if finding.lid_nr is None:
                    result[nr] = finding.code
                else:
                    members.setdefault(nr, {})[finding.lid_nr] = finding.code
        for nr, codes in members.items():
            if nr in result:
                continue
            if self.telling.van_bestand(nr) is None and len(codes) == sum(1 for _ in leden(self._ontvangen[nr])):
                result[nr] = next(iter(codes.values()))
        return result

    def laat_vallen(self) -> None:
        """Forgets what was read: the levering passes anew."""
        self._aanwijzingen.laat_vallen()

    def leg_vast(self) -> None:
        """Writes the outcome to the ledger, and beside it where the records stand that were rejected."""
        self.stap.tellingen, self.stap.plaatsen = self._tellingen(), list(self.telling.plaatsen())
        self.stap.afdrukken = self._opnames.afdrukken  # also of a levering that is parked: what was read stays so
        self._write_quarantaine()
        noted = self.instellingen.map("verslag", f"{self.levering['levering_id']}.{self._naam()}.parquet")
        verslag_telling.schrijf(noted, self._verslag)
        if self.fout:
            self._parkeer(self.fout)
            return
        if differ := aansluiting.levering(self.stap.tellingen):
            raise KetenFout("L-AANSLUITING", ", ".join(differ))
        self.stap.afdrukken |= heelheid.afdrukken_van(self.instellingen, self._gemaakt())
        for doel, toelating in self.toelatingen.items():
            self.stand.controleer_versie(doel)  # files under a key that was rotated meanwhile do not count
            let_in = (self._betrokkenen[doel].nummers(), self.stap.begonnen_op)
            self.stap.logboek.append(self.stand.logboek.deur(self.levering, doel, toelating, *let_in))
        self.instellingen.grootboek.registreer_doorgangen(
            self.levering["levering_nr"], self.toelatingen, self._broken(), self.stap
        )

    def _gemaakt(self) -> Iterator[Path]:
        """The lake files this passage wrote."""
        for doel, toelating in self.toelatingen.items():
            name = f"{lake_naam(self.levering, toelating)}.parquet"
            yield from (self.instellingen.lake / doel).glob(f"*/{name}")

    def _parkeer(self, fout: KetenFout) -> None:
        """Enters that the levering is parked; the step takes what it gave out of the lake."""
        self.stap.status, self.stap.code = leveringen.GEPARKEERD, fout.code
        leveringen.parkeer(self.instellingen.grootboek, self.levering, self.stap, fout.wijzer, self._broken())

    def _naam(self) -> str:
        """The name of this passage."""
        return hashlib.sha256("\n".join(sorted(self.toelatingen.values())).encode()).hexdigest()[:12]

    def _write_quarantaine(self) -> None:
        """Pointers to what was rejected: (levering, table, record) or (levering, file, member), with the code."""
        nr = self.levering["levering_nr"]
        findings = [
            {
                "levering_nr": nr,
                "doel": None,
                "tabel": finding.tabel,
                "bestand_nr": bestand_nr,
                "lid_nr": finding.lid_nr,
                "record_nr": finding.record_nr,
                "code": finding.code,
            }
            for bestand_nr, finding in self._findings
        ]
        self._aanwijzingen.leg_vast(pa.Table.from_pylist(findings, schema=QUARANTAINE))
