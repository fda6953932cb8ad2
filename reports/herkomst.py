"""The pages of lineage: one drawing of bronnen, tables, models, signals and messages, and a page per message.

Of every field of a message: the fields of bronnen its value comes from, how, along which models, and the noodzaak the
doelprofiel gives for each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from lineage.kolommen import Kant, Kolom, Kolomgraaf, kolomgraaf
from lineage.velden import van_veld
from reports.blad import Anker, Blad, Cel, Deel, Figuur, Pagina, Verwijzing, kolommen
from reports.graaf import Knoop, teken
from reports.overzicht import bron_naam
from schemas.berichten import Bericht, berichten
from schemas.load import doelen, find_tabel, producten

HOE = {
    "IDENTITY": "ongewijzigd overgenomen",
    "TRANSFORMATION": "omgerekend of samengevoegd",
    "AGGREGATION": "opgeteld of geteld over meer records",
    "CONDITIONAL": "bepaalt welke waarde er staat",
    "WINDOW": "bepaalt welk record telt",
    "JOIN": "koppelt records aan elkaar",
    "FILTER": "bepaalt of een record meedoet",
    "GROUP_BY": "bepaalt over welke groep wordt geteld",
    "SORT": "bepaalt de volgorde",
}
_HULP = ("referentie.", "run.")
_ASIDE = ("bewijs_", "uitgesloten_")


def nieuwste_berichten() -> tuple[Bericht, ...]:
    """Of every message its highest version."""
    return tuple({bericht.bericht: bericht for bericht in berichten().values()}.values())


def herkomst_paginas() -> tuple[Pagina, ...]:
    """The page with the whole drawing, and one per message."""
    graaf = kolomgraaf()
    return (_geheel(graaf), *(_bericht(graaf, bericht) for bericht in nieuwste_berichten()))


def _geheel(graaf: Kolomgraaf) -> Pagina:
    models = [model for model in graaf.modellen if not model.startswith(_ASIDE)]
    return Pagina(
        "herkomst",
        "Herkomst: van bron tot bericht",
        "Welke gegevens in welk bericht komen, en langs welke weg. Kies een bericht om per veld te zien waar het"
        " vandaan komt, wat ermee gebeurt en waarom het nodig is.",
        (
            Deel("berichten", "Berichten", bladen=(_berichten_blad(graaf),)),
            Deel(
                "tekening",
                "Alles in één tekening",
                "Van links naar rechts: bronnen, hun tabellen, de bewerkingen, de signalen en de berichten."
                " Elk vak is een link. Wat hier staat, is gelezen uit de bewerkingen zelf.",
                figuren=(_tekening("Van bronnen naar berichten", graaf, models),),
            ),
            Deel("bewerkingen", "Bewerkingen", bladen=(_modellen_blad(graaf),)),
        ),
    )


def _berichten_blad(graaf: Kolomgraaf) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for bericht in nieuwste_berichten():
        tables = sorted(naam for naam in _onder(graaf, f"signal_{bericht.product}") if _is_bron(graaf, naam))
        bronnen = dict.fromkeys(bron_naam(naam.partition(".")[0]) for naam in tables)
        link = Verwijzing(bericht.naam, f"bericht-{bericht.bericht}.html")
        rows.append((link, producten()[bericht.product].naam, len(bericht.signaal), ", ".join(bronnen)))
    return Blad(
        "herkomst-berichten", "Berichten", kolommen("Bericht", "Product", "#Velden per signaal", "Bronnen"), tuple(rows)
    )


def _modellen_blad(graaf: Kolomgraaf) -> Blad:
    return Blad(
        "herkomst-bewerkingen",
        "Wat elke bewerking leest",
        kolommen("Bewerking", "Leest", "#Kolommen"),
        tuple(
            (Anker(naam, naam), ", ".join(sorted(model.leest)), len(model.kolommen))
            for naam, model in sorted(graaf.modellen.items())
        ),
    )


def _onder(graaf: Kolomgraaf, naam: str) -> set[str]:
    """A model and everything it rests on."""
    found, todo = {naam}, deque([naam])
    while todo:
        model = graaf.modellen.get(todo.popleft())
        new = (model.leest if model else frozenset()) - found
        found |= new
        todo.extend(sorted(new))
    return found


def _is_bron(graaf: Kolomgraaf, naam: str) -> bool:
    return naam not in graaf.modellen and not naam.startswith(_HULP)


def _tekening(bijschrift: str, graaf: Kolomgraaf, modellen: Iterable[str]) -> Figuur:
    """Models with what they read, the bronnen before and the messages behind; without lists and the run itself."""
    knopen: dict[str, Knoop] = {}
    pijlen: set[tuple[str, str]] = set()
    shown = [model for model in modellen if not model.startswith(("stg_referentie__", "stg_run__"))]
    for model in shown:
        soort = "signaal" if model.startswith("signal_") else "model"
        knopen[model] = Knoop(model, soort, f"herkomst.html#{model}")
        for read in graaf.modellen[model].leest:
            if read in shown:
                pijlen.add((read, model))
            elif _is_bron(graaf, read):
                bron = read.partition(".")[0]
                knopen[read] = Knoop(read, "tabel", "register.html")
                knopen[bron] = Knoop(bron_naam(bron), "bron", "bronnen.html")
                pijlen |= {(bron, read), (read, model)}
    for bericht in nieuwste_berichten():
        signal = f"signal_{bericht.product}"
        if signal in knopen:
            knopen[bericht.bericht] = Knoop(bericht.bericht, "bericht", f"bericht-{bericht.bericht}.html")
            pijlen.add((signal, bericht.bericht))
    return teken(bijschrift, knopen, pijlen)


# -- one message ---------------------------------------------------------------------------------------------------


def _bericht(graaf: Kolomgraaf, bericht: Bericht) -> Pagina:
    product = producten()[bericht.product]
    doel = doelen()[product.doel]
    signal = f"signal_{bericht.product}"
    models = sorted(naam for naam in _onder(graaf, signal) if naam in graaf.modellen)
    naam = f"bericht-{bericht.bericht}"
    return Pagina(
        naam,
        f"{bericht.naam}: herkomst per veld",
        bericht.omschrijving,
        (
            Deel("velden", "Velden", "Kies een veld om te zien waar het vandaan komt.", (_velden(naam, bericht),)),
            Deel(
                "herkomst",
                "Waar elk veld vandaan komt",
                "Per gegeven van een bron: wat ermee gebeurt, de weg die het aflegt, en waarom het nodig is.",
                (_herkomst(naam, graaf, bericht),),
            ),
            Deel(
                "keuze",
                "Wat bepaalt of er een signaal is",
                "Deze gegevens beslissen of iemand een signaal krijgt. Hun waarde staat niet altijd in het bericht.",
                (_keuze(naam, graaf, bericht),),
            ),
            Deel(
                "tekening",
                "Tekening",
                "Elk vak is een link.",
                figuren=(_tekening(f"Van bronnen naar {bericht.bericht}", graaf, models),),
            ),
        ),
        (
            ("Product", product.naam),
            ("Versie", bericht.versie),
            ("Doel", doel.omschrijving),
            ("Grondslag", "; ".join(doel.grondslag)),
            ("Doelprofiel", f"{doel.doel}, versie {doel.versie}"),
        ),
    )


def _velden(naam: str, bericht: Bericht) -> Blad:
    return Blad(
        f"{naam}-velden",
        f"Velden van een signaal in het {bericht.bericht}",
        kolommen("Veld", "Wat het is", "Klasse", "Type"),
        tuple(
            (Verwijzing(veld, f"#veld-{veld}"), item.omschrijving, item.klasse, item.type)
            for veld, item in bericht.signaal.items()
        ),
    )


def _herkomst(naam: str, graaf: Kolomgraaf, bericht: Bericht) -> Blad:
    return Blad(
        f"{naam}-herkomst",
        "Herkomst per veld",
        kolommen("Veld", "Gegeven", "Wat het is", "Bewerking", "Hoe", "Weg", "Noodzaak"),
        tuple(row for veld in bericht.signaal for row in _veld(graaf, bericht, veld)),
    )


def _veld(graaf: Kolomgraaf, bericht: Bericht, veld: str) -> Iterator[tuple[Cel, ...]]:
    herkomst = van_veld(graaf, bericht, veld)
    rows = graaf.rijen(herkomst.kolom.tabel) if herkomst.kolom else frozenset()
    choosing = [edge for edge in herkomst.keuze if edge not in rows]
    first: Cel = Anker(veld, f"veld-{veld}")
    for edge in (*herkomst.waarde, *choosing):
        weg = " → ".join(_weg(graaf, herkomst.kolom, edge.van)) if herkomst.kolom else ""
        yield (first, *_gegeven(bericht, edge, weg))
        first = veld
    if not (herkomst.waarde or choosing):
        own = ", ".join(bericht.signaal[veld].herkomst)
        yield (first, own, "Maakt de keten zelf.", "", "komt niet van een bron", "", "")


def _gegeven(bericht: Bericht, edge: Kant, weg: str) -> tuple[Cel, ...]:
    """What stands behind an edge: the field, what it is, the transformation, the way, and the noodzaak."""
    velden = find_tabel(edge.van.tabel).velden
    what = velden[edge.van.kolom].omschrijving if edge.van.kolom in velden else "Gegeven van de keten zelf."
    soort = f"{edge.soort}: {edge.wijze}"
    return (
        f"{edge.van.tabel}.{edge.van.kolom}",
        what,
        soort,
        HOE.get(edge.wijze, ""),
        weg,
        _noodzaak(bericht, edge.van),
    )


def _noodzaak(bericht: Bericht, kolom: Kolom) -> str:
    for raadpleging in doelen()[producten()[bericht.product].doel].bronnen:
        if raadpleging.tabel == kolom.tabel and kolom.kolom in raadpleging.velden:
            return raadpleging.velden[kolom.kolom]
    return ""


def _keuze(naam: str, graaf: Kolomgraaf, bericht: Bericht) -> Blad:
    edges = sorted(edge for edge in graaf.rijen(f"signal_{bericht.product}") if not edge.van.tabel.startswith(_HULP))
    rows = []
    for edge in edges:
        gegeven, what, soort, hoe, _, noodzaak = _gegeven(bericht, edge, "")
        rows.append((gegeven, what, soort, hoe, noodzaak))
    return Blad(
        f"{naam}-keuze",
        "Gegevens die bepalen of er een signaal is",
        kolommen("Gegeven", "Wat het is", "Bewerking", "Hoe", "Noodzaak"),
        tuple(rows),
    )


def _weg(graaf: Kolomgraaf, naar: Kolom, van: Kolom) -> list[str]:
    """The shortest way from a field of a bron to a column: along values where there is one, else along choices too."""
    return _zoek(graaf, naar, van, frozenset({"DIRECT"})) or _zoek(graaf, naar, van, frozenset({"DIRECT", "INDIRECT"}))


def _zoek(graaf: Kolomgraaf, naar: Kolom, van: Kolom, soorten: frozenset[str]) -> list[str]:
    behind: dict[Kolom, Kolom | None] = {naar: None}
    todo = deque([naar])
    while todo:
        kolom = todo.popleft()
        if kolom == van:
            return list(_terug(behind, kolom))
        model = graaf.modellen.get(kolom.tabel)
        for edge in sorted(model.kolommen[kolom.kolom]) if model else ():
            if edge.soort in soorten and edge.van not in behind:
                behind[edge.van] = kolom
                todo.append(edge.van)
    return []


def _terug(behind: dict[Kolom, Kolom | None], kolom: Kolom | None) -> Iterator[str]:
    while kolom is not None:
        yield f"{kolom.tabel}.{kolom.kolom}"
        kolom = behind[kolom]
