"""Puts the country together: makes the world once, then writes what each bron delivers, month after month.

The order of the result is the order of receipt: in each month first the populations, then the bronnen consulted for
them, then what comes late or is corrected. The same arguments give the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.aanvraag import make_aanvragen
from demo.bedrijf import make_bedrijven
from demo.bijstand import make_bijstand
from demo.brp import Brp
from demo.duo import DOCUMENT as DUO_DOCUMENT
from demo.duo import NAAMRUIMTE as DUO_NAAMRUIMTE
from demo.duo import Duo
from demo.gemeente import Gemeente, read_waterschappen
from demo.kalender import Ja, Maand, make_maanden, make_rng
from demo.kvk import Kvk
from demo.onderwijs import make_onderwijs
from demo.persoon import GEEN, make_bevolking
from demo.rdw import Rdw
from demo.schrijf import ASIDE, write_levering
from demo.suwiml import make_fout, make_nietsgevonden, spoil_answer, write_answers
from demo.uwv import DOCUMENT as UWV_DOCUMENT
from demo.uwv import NAAMRUIMTE as UWV_NAAMRUIMTE
from demo.uwv import Uwv
from demo.voertuig import make_voertuigen
from demo.werk import TERUG, make_werk
from schemas.levering import LeveringManifest

MAX_SUWIML = 50_000  # above this many persons UWV and DUO deliver bulk CSV
MAX_PER_GEMEENTE = 200_000  # above this many persons gemeenten deliver in one file per table


@dataclass(frozen=True)
class Aanlevering:
    """A folder with files that a bron delivers: about `periode`, received in month `ontvangen` as number `volgorde`."""

    bron: str
    periode: str
    naam: str
    pad: Path
    ontvangen: str
    volgorde: int


def maak_land(
    doel: Path, *, personen: int = 20_000, periode: str = "2026-03", maanden: int = 2, seed: int = 1
) -> list[Aanlevering]:
    """Writes the leveringen of a synthetic country to `<doel>/<bron>/<periode>-<naam>/`, in order of receipt.

    Args:
        doel: the landing area; folders that already hold what would be written are left alone.
        personen: how many persons live in the country.
        periode: the last month (YYYY-MM).
        maanden: how many consecutive months are delivered.
        seed: another number gives other persons.
    """
    result = Land(doel, personen, make_maanden(periode, maanden), seed).write()
    shutil.rmtree(doel / ASIDE, ignore_errors=True)
    return result


class Land:
    """The world, and the leveringen written so far."""

    def __init__(self, doel: Path, personen: int, maanden: list[Maand], seed: int) -> None:
        self.doel, self.maanden, self.seed, self.aantal = doel, maanden, seed, personen
        self._leveringen: list[Aanlevering] = []
        bevolking = make_bevolking(personen, maanden, seed)
        self.personen = bevolking.personen
        self.bijstand = make_bijstand(self._rng("bijstand"), bevolking)
        onderwijs = make_onderwijs(self._rng("onderwijs"), bevolking)
        werk = make_werk(self._rng("werk"), bevolking, self.bijstand, onderwijs)
        in_bijstand = self.bijstand.personen(personen)
        voertuigen = make_voertuigen(self._rng("voertuig"), bevolking, in_bijstand)
        bedrijven = make_bedrijven(self._rng("bedrijf"), bevolking, in_bijstand)
        self.aanvragen = make_aanvragen(self._rng("aanvraag"), bevolking, len(read_waterschappen()))
        self.gemeente = Gemeente(bevolking, self.bijstand, self.aanvragen)
        self.duo = Duo(onderwijs, self.personen, self._rng("duo"))
        self.brp = Brp(self.personen, bevolking.gemeenten, self._rng("brp"))
        self.uwv = Uwv(werk, self.personen, bevolking.gemeenten)
        self.rdw = Rdw(voertuigen, self.personen)
        self.kvk = Kvk(bedrijven, self.personen, maanden)

    def _rng(self, naam: str) -> np.random.Generator:
        return make_rng(self.seed, naam)

    def write(self) -> list[Aanlevering]:
        """All leveringen, in order of receipt."""
        for nummer in range(len(self.maanden)):
            self._write_maand(nummer)
            if nummer > 0:
                self._write_nagekomen(nummer)
        return self._leveringen

    def _add(self, bron: str, over: int, ontvangen: int, naam: str, inhoud: Callable[[Path], str]) -> None:
        """Writes a levering about month `over`, received in month `ontvangen`; what comes later is but part of it."""
        periode = self.maanden[over].periode
        volledig = naam != "correcties" and not naam.endswith("-nagekomen")
        manifest = LeveringManifest(bron=bron, periode=periode, naam=naam, volledig=volledig)
        pad = write_levering(self.doel, manifest, inhoud)
        volgorde = len(self._leveringen) + 1
        self._leveringen.append(Aanlevering(bron, periode, naam, pad, self.maanden[ontvangen].periode, volgorde))

    def _write_maand(self, nummer: int) -> None:
        """What arrives on time about a month, the populations first."""
        self._add("gemeente", nummer, nummer, "bijstandspopulatie", lambda map_: self._write_populatie(map_, nummer))
        self._add("gemeente", nummer, nummer, "kwijtscheldingsaanvragen", lambda map_: self._write_kw(map_, nummer))
        self._add("gemeente", nummer, nummer, "volgverzoeken", lambda map_: self._write_volg(map_, nummer))
        self._add("duo", nummer, nummer, "jongeren", lambda map_: self._write_duo(map_, nummer))
        self._add("brp", nummer, nummer, "persoonslijsten", lambda map_: self._write_brp(map_, nummer))
        self._add("uwv", nummer, nummer, "inkomsten", lambda map_: self._write_uwv(map_, nummer))
        self._add("rdw", nummer, nummer, "voertuigen", lambda map_: self._write_rdw(map_, nummer))
        self._add("kvk", nummer, nummer, "handelsregister", lambda map_: self._write_kvk(map_, nummer))

    def _write_nagekomen(self, nummer: int) -> None:
        """What was late in the first month, and what UWV corrects of the month before."""
        if nummer == 1:
            self._add("gemeente", 0, 1, "bijstandspopulatie-nagekomen", self._write_populatie_te_laat)
            self._add("rdw", 0, 1, "voertuigen-nagekomen", self._write_rdw_te_laat)
        self._add("uwv", nummer, nummer, "correcties", lambda map_: self._write_correctie(map_, nummer))

    def _is_te_laat(self, nummer: int) -> bool:
        """Whether part of the month comes in the next one: so it is with the first of several months."""
        return nummer == 0 and len(self.maanden) > 1

    def _write_populatie(self, map_: Path, nummer: int) -> str:
        rijen = ~(self.bijstand.te_laat & self._is_te_laat(nummer))
        tabel = self.gemeente.populatie(self.maanden[nummer], rijen)
        klein = self.aantal <= MAX_PER_GEMEENTE
        self.gemeente.write_populatie(map_, tabel, self._rng(f"populatie {nummer}"), per_gemeente=klein)
        return "Bijstandspopulatie van de gemeenten"

    def _write_populatie_te_laat(self, map_: Path) -> str:
        tabel = self.gemeente.populatie(self.maanden[0], self.bijstand.te_laat)
        self.gemeente.write_populatie(map_, tabel, self._rng("populatie te laat"), per_gemeente=True)
        return "Bijstandspopulatie die te laat kwam"

    def _write_kw(self, map_: Path, nummer: int) -> str:
        tabel, kantoor = self.gemeente.aanvragen_van(nummer, int(self.maanden[nummer].periode[:4]))
        klein = self.aantal <= MAX_PER_GEMEENTE
        self.gemeente.write_aanvragen(map_, tabel, kantoor, self._rng(f"aanvragen {nummer}"), per_kantoor=klein)
        return "Aanvragen om kwijtschelding van gemeenten en waterschappen"

    def _write_volg(self, map_: Path, nummer: int) -> str:
        self.gemeente.write_volgverzoeken(map_, self.maanden[0].eerste, self._rng(f"volgverzoeken {nummer}"))
        return "Volgverzoeken van gemeenten"

    def _write_brp(self, map_: Path, nummer: int) -> str:
        self.brp.write(map_, self.maanden[nummer].laatste)
        return "Persoonslijsten in LO-BRP-elementnummers"

    def _write_rdw(self, map_: Path, nummer: int) -> str:
        rijen = self.rdw.rows(self.maanden[nummer], ~(self.rdw.v.te_laat & self._is_te_laat(nummer)))
        self.rdw.write(map_, self.maanden[nummer], rijen, self._rng(f"rdw {nummer}"), extra=nummer > 0)
        return "Voertuigbezit en voertuigen"

    def _write_rdw_te_laat(self, map_: Path) -> str:
        rijen = self.rdw.rows(self.maanden[0], self.rdw.v.te_laat)
        self.rdw.write(map_, self.maanden[0], rijen, self._rng("rdw te laat"), extra=False)
        return "Voertuigen die in de vorige maand ontbraken"

    def _write_kvk(self, map_: Path, nummer: int) -> str:
        self.kvk.write(map_, nummer, self._rng(f"kvk {nummer}"))
        return "Functionarissen en ondernemingen"

    def _write_correctie(self, map_: Path, nummer: int) -> str:
        self.uwv.write_correctie(map_, nummer)
        return "Verbeterde inkomstenopgaven over de vorige maand en ingetrokken inkomstenverhoudingen"

    def _write_duo(self, map_: Path, nummer: int) -> str:
        peildatum = self.maanden[nummer].laatste
        if self.aantal > MAX_SUWIML:
            self.duo.write_bulk(map_, peildatum)
            return "Onderwijsgegevens van jongeren, bulk"
        antwoorden = self.duo.answers(peildatum)
        fout = [spoil_answer(antwoord) for antwoord in antwoorden[-2:]]
        niets = [make_nietsgevonden(DUO_DOCUMENT, DUO_NAAMRUIMTE)] * 5
        write_answers(map_ / "duo-antwoorden.zip", [*antwoorden, *fout, *niets], "duo")
        return "SuwiML-antwoorden van DUO over jongeren"

    def _write_uwv(self, map_: Path, nummer: int) -> str:
        tijdvakken = list(range(TERUG + 1)) if nummer == 0 else [nummer + TERUG]
        if self.aantal > MAX_SUWIML:
            self.uwv.write_bulk(map_, nummer, tijdvakken)
            return "Inkomsten uit de polisadministratie, bulk"
        gevraagd, nieuw = self._asked(nummer)
        ruim = list(range(nummer, nummer + TERUG + 1))
        rijen = self.uwv.select(nummer, sorted({*tijdvakken, *ruim}), gevraagd)
        werk = self.uwv.werk
        binnen = np.logical_or.reduce([werk.actief(tijdvak)[rijen] for tijdvak in tijdvakken])
        rijen = rijen[binnen | nieuw[werk.persoon[rijen]]]
        antwoorden = self.uwv.answers(rijen, nummer, [tijdvakken, ruim], nieuw)
        onbekend = len(np.setdiff1d(np.flatnonzero(gevraagd), werk.persoon[rijen])) // 20 + 1
        anders = [spoil_answer(antwoord) for antwoord in antwoorden[-2:]]
        anders += [make_nietsgevonden(UWV_DOCUMENT, UWV_NAAMRUIMTE)] * onbekend
        anders += [make_fout(UWV_DOCUMENT, UWV_NAAMRUIMTE, "9001", "De bron is tijdelijk niet beschikbaar")] * 3
        if nummer == 0 and antwoorden:  # a transfer that broke off
            antwoorden[-1] = antwoorden[-1][: len(antwoorden[-1]) * 2 // 3]
        write_answers(map_ / "uwv-antwoorden.zip", [*antwoorden, *anders], "uwv")
        return "SuwiML-antwoorden van UWV over inkomsten"

    def _asked(self, nummer: int) -> tuple[Ja, Ja]:
        """About whom UWV was asked: the populations and one in eight others; and who was asked for the first time."""
        in_populatie = self.bijstand.personen(self.aantal)
        in_populatie[self.duo.onderwijs.persoon] = True
        in_populatie[self.gemeente.gevolgd] = True
        anderen = self._rng("uwv anderen").random(self.aantal) < 0.125
        eerder, nu = np.zeros(self.aantal, bool), np.zeros(self.aantal, bool)
        for kolom in (self.aanvragen.hoofd, self.aanvragen.partner):
            for rijen, wie in ((self.aanvragen.maand < nummer, eerder), (self.aanvragen.maand == nummer, nu)):
                wie[kolom[rijen & (kolom != GEEN)]] = True
        gevraagd = in_populatie | anderen | eerder | nu
        return gevraagd, nu & ~eerder & (nummer > 0)
