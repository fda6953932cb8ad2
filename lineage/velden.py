"""From a field of a message to the fields of the bronnen: what `schemas/` declares held against what the SQL does.

A message field says its `herkomst` in its definition. `van_veld()` finds the column of the signal it is made of and
follows that through the models; `vergelijk()` tells where the two differ. An edge is *onverklaard* when the value comes
from a field of a bron that the definition does not name, and *ontbreekt* when it names one that has no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.kolommen import Kant, Kolom, Kolomgraaf
from schemas.berichten import Bericht, BerichtVeld
from schemas.load import doelen, producten

# Facts the pipeline itself adds; they rest on no record of a bron.
_EIGEN = ("referentie.", "run.")


@dataclass(frozen=True)
class Veldherkomst:
    """What a message field rests on: the column of the signal model, and the fields of the bronnen behind it.

    `waarde` are the fields its value comes from; `keuze` those that decide which value, or whether there is a signal.
    """

    kolom: Kolom | None
    waarde: tuple[Kant, ...]
    keuze: tuple[Kant, ...]


def van_veld(graaf: Kolomgraaf, bericht: Bericht, naam: str) -> Veldherkomst:
    """The lineage of a field in the group `signaal` of a message."""
    kolom = _kolom(graaf, bericht, naam)
    if kolom is None:
        return Veldherkomst(None, (), ())
    edges = graaf.bronnen(kolom)
    waarde = {edge for edge in edges if edge.soort == "DIRECT" and not edge.van.tabel.startswith(_EIGEN)}
    named = {edge.van for edge in waarde}
    choosing = {edge for edge in edges if edge.soort == "INDIRECT"} | graaf.rijen(kolom.tabel)
    keuze = {edge for edge in choosing if edge.van not in named and not edge.van.tabel.startswith(_EIGEN)}
    return Veldherkomst(kolom, tuple(sorted(waarde)), tuple(sorted(keuze)))


def _kolom(graaf: Kolomgraaf, bericht: Bericht, naam: str) -> Kolom | None:
    """The column of the signal model that a field is made of; None for what a delivery or product adds."""
    soorten = {soort: kenmerk for soort, _, kenmerk in (item.partition(".") for item in bericht.signaal[naam].herkomst)}
    model = f"signal_{bericht.product}"
    column = soorten.get("signaal", naam)
    return Kolom(model, column) if column in graaf.modellen[model].kolommen else None


def vergelijk(graaf: Kolomgraaf, berichten: Iterable[Bericht]) -> list[str]:
    """Where declaration and SQL differ, one line per edge; an empty list when everything is explained."""
    return [regel for bericht in berichten for regel in _vergelijk(graaf, bericht)]


def _vergelijk(graaf: Kolomgraaf, bericht: Bericht) -> Iterator[str]:
    doel = doelen()[producten()[bericht.product].doel]
    profiel = {f"{raadpleging.tabel}.{veld}" for raadpleging in doel.bronnen for veld in raadpleging.velden}
    for naam, veld in bericht.signaal.items():
        where = f"{bericht.bericht} {bericht.versie} {naam}"
        herkomst = van_veld(graaf, bericht, naam)
        declared = profiel & set(veld.herkomst)
        if herkomst.kolom is None:
            if declared:
                yield f"{where}: het signaal heeft deze kolom niet"
            continue
        value, choosing = _names(herkomst.waarde), _names(herkomst.keuze)
        for name in sorted(declared - value - choosing):
            yield f"{where}: {name} ontbreekt in de SQL"
        if _uit_bron(veld):
            for name in sorted(value - declared):
                yield f"{where}: {name} is onverklaard, want herkomst noemt het niet"


def _uit_bron(veld: BerichtVeld) -> bool:
    """Whether a field is declared to come from bronnen, and not from the signal as such."""
    return not any(item.partition(".")[0] in ("signaal", "uitlevering", "product") for item in veld.herkomst)


def _names(edges: Iterable[Kant]) -> set[str]:
    return {f"{edge.van.tabel}.{edge.van.kolom}" for edge in edges}
