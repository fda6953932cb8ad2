"""The world of one block: made once, then told by each bron, month after month.

What is large a bron writes to files of the block (`schrijf`); of what gemeenten and waterschappen tell the rows are
given (`rijen`), because a gemeente delivers one file whatever the number of blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo.aanvraag import make_aanvragen
from demo.bedrijf import make_bedrijven
from demo.bijstand import make_bijstand
from demo.blok import DEMO, Blok, Maat
from demo.brp import Brp
from demo.duo import DOCUMENT as DUO_DOCUMENT
from demo.duo import NAAMRUIMTE as DUO_NAAMRUIMTE
from demo.duo import Duo
from demo.gemeente import Gemeente, read_waterschappen
from demo.kalender import Ja, Maand
from demo.kvk import Kvk
from demo.onderwijs import Onderwijs, make_onderwijs
from demo.persoon import GEEN, make_bevolking
from demo.rdw import Rdw
from demo.suwiml import make_fout, make_nietsgevonden, spoil_answer, write_answers
from demo.uwv import DOCUMENT as UWV_DOCUMENT
from demo.uwv import NAAMRUIMTE as UWV_NAAMRUIMTE
from demo.uwv import Uwv
from demo.voertuig import make_voertuigen
from demo.werk import TERUG, make_werk

MAX_SUWIML = 50_000  # above this many persons UWV and DUO deliver bulk CSV
LAAT = "-nagekomen"


@dataclass(frozen=True)
class Opzet:
    """What decides the whole country: how many persons, which months are delivered, the seed, how much of what."""

    personen: int
    maanden: tuple[Maand, ...]
    seed: int
    maat: Maat = DEMO

    @property
    def bulk(self) -> bool:
        """Whether UWV and DUO deliver CSV in bulk, as they do of the Netherlands; a country without is one block."""
        return self.personen > MAX_SUWIML or self.maat != DEMO


class Wereld:
    """The persons of a block and all that is true of them; `nummer` is that of a delivered month."""

    def __init__(self, opzet: Opzet, blok: Blok) -> None:
        maanden = list(opzet.maanden)
        self.maanden, self.bulk, self.blok, self.aantal = maanden, opzet.bulk, blok, blok.personen
        self.bevolking = make_bevolking(blok, maanden)
        self.personen = self.bevolking.personen
        self.bijstand = make_bijstand(blok.rng("bijstand"), self.bevolking)
        self._in_bijstand = self.bijstand.personen(self.aantal)
        self.aanvragen = make_aanvragen(blok.rng("aanvraag"), self.bevolking, len(read_waterschappen()))
        self.gemeente = Gemeente(self.bevolking, self.bijstand, self.aanvragen)

    # What a bron knows is made when it is asked: not every bron delivers every month.
    @cached_property
    def _onderwijs(self) -> Onderwijs:
        return make_onderwijs(self.blok.rng("onderwijs"), self.bevolking)

    @cached_property
    def duo(self) -> Duo:
        """What DUO knows."""
        return Duo(self._onderwijs, self.personen, self.blok.rng("duo"))

    @cached_property
    def brp(self) -> Brp:
        """What the BRP knows."""
        return Brp(self.personen, self.bevolking.gemeenten, self.blok)

    @cached_property
    def uwv(self) -> Uwv:
        """What UWV knows."""
        werk = make_werk(self.blok.rng("werk"), self.bevolking, self.bijstand, self._onderwijs)
        return Uwv(werk, self.personen, self.bevolking.gemeenten)

    @cached_property
    def rdw(self) -> Rdw:
        """What RDW knows."""
        return Rdw(make_voertuigen(self.blok.rng("voertuig"), self.bevolking, self._in_bijstand), self.personen)

    @cached_property
    def kvk(self) -> Kvk:
        """What KvK knows."""
        bedrijven = make_bedrijven(self.blok.rng("bedrijf"), self.bevolking, self._in_bijstand)
        return Kvk(bedrijven, self.personen, self.maanden)

    def rijen(self, naam: str, nummer: int) -> pa.Table:
        """The rows of this block in a levering of gemeenten about a month."""
        match naam:
            case "bijstandspopulatie":
                op_tijd = ~(self.bijstand.te_laat & self._is_te_laat(nummer))
                return self.gemeente.populatie(self.maanden[nummer], op_tijd)
            case "bijstandspopulatie-nagekomen":
                return self.gemeente.populatie(self.maanden[nummer], self.bijstand.te_laat)
            case "kwijtscheldingsaanvragen":
                return self.gemeente.aanvragen_van(nummer, int(self.maanden[nummer].periode[:4]))
            case _:
                return self.gemeente.volgverzoeken(self.maanden[0].eerste)

    def schrijf(self, naam: str, nummer: int, map_: Path) -> None:
        """Writes the files of this block of a levering of another bron about a month."""
        match naam:
            case "jongeren":
                self._write_duo(map_, nummer)
            case "persoonslijsten":
                self.brp.write(map_, self.maanden[nummer].laatste)
            case "inkomsten":
                self._write_uwv(map_, nummer)
            case "correcties":
                self.uwv.write_correctie(map_, nummer)
            case "handelsregister":
                self.kvk.write(map_, nummer, self.blok.rng(f"kvk {nummer}"))
            case "voertuigen":
                rijen = self.rdw.rows(self.maanden[nummer], ~(self.rdw.v.te_laat & self._is_te_laat(nummer)))
                self.rdw.write(map_, self.maanden[nummer], rijen, self.blok.rng(f"rdw {nummer}"), extra=nummer > 0)
            case _:
                rijen = self.rdw.rows(self.maanden[nummer], self.rdw.v.te_laat)
                self.rdw.write(map_, self.maanden[nummer], rijen, self.blok.rng("rdw te laat"), extra=False)

    def _is_te_laat(self, nummer: int) -> bool:
        """Whether part of the month comes in the next one: so it is with the first of several months."""
        return nummer == 0 and len(self.maanden) > 1

    def _write_duo(self, map_: Path, nummer: int) -> None:
        peildatum = self.maanden[nummer].laatste
        if self.bulk:
            self.duo.write_bulk(map_, peildatum)
            return
        antwoorden = self.duo.answers(peildatum)
        fout = [spoil_answer(antwoord) for antwoord in antwoorden[-2:]]
        niets = [make_nietsgevonden(DUO_DOCUMENT, DUO_NAAMRUIMTE)] * 5
        write_answers(map_ / "duo-antwoorden.zip", [*antwoorden, *fout, *niets], "duo")

    def _write_uwv(self, map_: Path, nummer: int) -> None:
        tijdvakken = list(range(TERUG + 1)) if nummer == 0 else [nummer + TERUG]
        if self.bulk:
            self.uwv.write_bulk(map_, nummer, tijdvakken)
            return
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

    def _asked(self, nummer: int) -> tuple[Ja, Ja]:
        """About whom UWV was asked: the populations and one in eight others; and who was asked for the first time."""
        in_populatie = self.bijstand.personen(self.aantal)
        in_populatie[self.duo.onderwijs.persoon] = True
        in_populatie[self.gemeente.gevolgd] = True
        anderen = self.blok.rng("uwv anderen").random(self.aantal) < 0.125
        eerder, nu = np.zeros(self.aantal, bool), np.zeros(self.aantal, bool)
        for kolom in (self.aanvragen.hoofd, self.aanvragen.partner):
            for rijen, wie in ((self.aanvragen.maand < nummer, eerder), (self.aanvragen.maand == nummer, nu)):
                wie[kolom[rijen & (kolom != GEEN)]] = True
        gevraagd = in_populatie | anderen | eerder | nu
        return gevraagd, nu & ~eerder & (nummer > 0)
