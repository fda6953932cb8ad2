"""Fetching what others put in a store for us: each sending whole, once, and gone from there when it is safe here.

A sending is first fetched into a hidden folder (`.<name>.halen`; a file that is there whole is not fetched again). That
gets another name (`.<name>.gehaald`) when all of it is on our disk. Only then it is removed from the store, first the
file that makes it count, and then it is put down where the next step looks. Wherever this is cut off, what is in
the store or here still says what has to be done, and the next time begins with that.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from connectors.kanaal import Afhaalkanaal, Gevonden, Storing
from lineage.ledger import Stap
from pipeline.geduld import Geduld
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout

T = TypeVar("T")
Zendingen = Callable[[Sequence[Gevonden]], list["Zending"]]  # what is in a store, as sendings
ZetNeer = Callable[[str, Path], None]  # the name of a sending, and the folder that holds it, to be moved away
_VAN_DE_WINKEL = ("U-TOEGANG", "U-GEHEIM")
_BEZIG, _KLAAR = "halen", "gehaald"


@dataclass(frozen=True)
class Zending:
    """Files in a store that belong together.

    `naam` is what they are called here, without points and without anything of a person; `teken` is the file that makes
    them count, when it is there; `hier` what each that is fetched is called here, by its name there.
    """

    naam: str
    bestanden: tuple[Gevonden, ...]
    teken: str | None
    hier: dict[str, str]

    @property
    def halen(self) -> list[Gevonden]:
        """The files that are fetched; one that is only a mark is not."""
        return [each for each in self.bestanden if each.naam in self.hier]


@dataclass(frozen=True)
class Winkel:
    """A place in a store, by the name of its channel, and the folder here that its sendings pass through."""

    naam: str
    kanaal: Afhaalkanaal
    plaats: str
    wachtkamer: Path
    geduld: Geduld

    def haal(self, zendingen: Zendingen, zet_neer: ZetNeer) -> int:
        """Fetches every sending that counts, and puts it down; returns how many.

        Raises:
            Storing: the store does not answer; what was not fetched stays there.
            KetenFout: `U-TOEGANG`.
        """
        found = {each.naam: each for each in zendingen(self._probeer(lambda: self.kanaal.lijst(self.plaats)))}
        self._ruim_op(found)
        count = 0
        for folder in sorted(self.wachtkamer.glob(f".*.{_KLAAR}")):  # of a process that was killed
            naam = _naam(folder)
            if naam in found and _is_dezelfde(found[naam], folder):
                self._verwijder(found.pop(naam))
            zet_neer(naam, folder)
            count += 1
        for zending in found.values():
            if zending.teken is not None:
                folder = self._ontvang(zending)
                self._verwijder(zending)
                zet_neer(zending.naam, folder)
                count += 1
        return count

    def _ontvang(self, zending: Zending) -> Path:
        """Fetches what is not here yet; returns the folder that has all of it."""
        folder = self.wachtkamer / f".{zending.naam}.{_BEZIG}"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _verwijder_wat_er_niet_meer_is(folder, zending)
        for each in zending.halen:
            doel = folder / zending.hier[each.naam]
            if _heeft(doel, each):
                continue
            doel.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            deel = doel.with_name(f".{doel.name}.deel")
            self._bestand(each, deel)
            os.utime(deel, (each.gewijzigd, each.gewijzigd))
            deel.rename(doel)
        _bewaar(folder)
        return folder.rename(folder.with_suffix(f".{_KLAAR}"))

    def _bestand(self, gevonden: Gevonden, deel: Path) -> None:
        self._probeer(lambda: self.kanaal.ontvang(self.plaats, {gevonden.naam: deel}))
        if deel.stat().st_size != gevonden.bytes:
            raise Storing("half")  # it was written anew meanwhile

    def _ruim_op(self, namen: Container[str]) -> None:
        """Removes what was fetched in part of a sending that is no longer there."""
        for folder in self.wachtkamer.glob(f".*.{_BEZIG}"):
            if _naam(folder) not in namen:
                shutil.rmtree(folder)

    def _verwijder(self, zending: Zending) -> None:
        """Removes a sending from the store: first what makes it count, so that what is left never counts by itself."""
        names = sorted((each.naam for each in zending.bestanden), key=lambda naam: (naam != zending.teken, naam))
        self._probeer(lambda: self.kanaal.verwijder(self.plaats, names))

    def _probeer(self, werk: Callable[[], T]) -> T:
        return self.geduld.probeer(self.naam, werk, lambda _: None)


def _naam(folder: Path) -> str:
    return folder.name.split(".")[1]


def _heeft(pad: Path, gevonden: Gevonden) -> bool:
    """Whether a file here is the one in the store: its size, and the moment it was written there."""
    return pad.is_file() and (pad.stat().st_size, int(pad.stat().st_mtime)) == (gevonden.bytes, gevonden.gewijzigd)


def _verwijder_wat_er_niet_meer_is(folder: Path, zending: Zending) -> None:
    """Removes what a process that was killed fetched (in part), and who sends has taken back or replaced since."""
    there = {
        folder / zending.hier[each.naam] for each in zending.halen if _heeft(folder / zending.hier[each.naam], each)
    }
    for pad in folder.rglob("*"):
        if pad.is_file() and pad not in there:
            pad.unlink()


def _is_dezelfde(zending: Zending, folder: Path) -> bool:
    """Whether what is in the store is (what is left of) what is here, and not something new under the same name."""
    return all(_heeft(folder / zending.hier[each.naam], each) for each in zending.halen)


def _bewaar(folder: Path) -> None:
    """Sees to it that files and their names are on the disk, before they go elsewhere."""
    for pad in _alles(folder):
        handle = os.open(pad, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _alles(folder: Path) -> Iterator[Path]:
    yield from folder.rglob("*")
    yield folder


@dataclass(frozen=True)
class Opgehaald:
    """How many sendings were fetched, and with what code it went wrong at whom."""

    aantal: int
    fouten: dict[str, str]

    def eis(self) -> None:
        """Complains when something went wrong.

        Raises:
            KetenFout: the first code, with whose store it is.
        """
        for wie, code in self.fouten.items():
            raise KetenFout(code, wie)


def haal_alles(
    instellingen: Instellingen,
    onderwerp: str,
    winkels: Mapping[str, tuple[str, str]],
    zendingen: Zendingen,
    zet_neer: Callable[[str], ZetNeer],
) -> Opgehaald:
    """Fetches from several places: by whose they are, the channel and the place in it. Folders need not be fetched.

    A store that fails does not keep the others from being fetched. A step is entered when there was something.
    """
    stap, geduld, fouten, aantal = Stap("haal", onderwerp), instellingen.geduld(), dict[str, str](), 0
    for wie, (naam, plaats) in sorted(winkels.items()):
        wachtkamer = instellingen.map("landing", "onderweg", onderwerp, wie)
        try:
            if isinstance(kanaal := instellingen.kanalen.van(naam), Afhaalkanaal):
                aantal += Winkel(naam, kanaal, plaats, wachtkamer, geduld).haal(zendingen, zet_neer(wie))
        except Storing:
            fouten[wie] = "L-KANAAL"
        except KetenFout as fout:
            if fout.code not in _VAN_DE_WINKEL:
                raise
            fouten[wie] = fout.code
    if aantal or fouten:
        stap.tellingen.update(
            {("", "haal", "gehaald"): aantal, **{("", "haal", code): n for code, n in Counter(fouten.values()).items()}}
        )
        if fouten:
            stap.status, stap.code = "mislukt", next(iter(fouten.values()))
        instellingen.grootboek.schrijf_stap(stap)
    return Opgehaald(aantal, fouten)
