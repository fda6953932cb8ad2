"""The verdicts of recipients per signal code, each figure with its teller, noemer, peildatum and what it leaves out."""

from __future__ import annotations

from lineage.klein import GRENS
from reports.antwoorden import Oordelen
from reports.blad import Blad, Cel, Deel, Oordeel, Pagina, Verborgen, kolommen
from reports.cellen import Sleutel, Toon, maak_toon
from reports.gegevens import Gegevens
from reports.onderdrukking import Optelling
from reports.termijn import dag, datum
from schemas.load import producten

SOORTEN = ("gegrond", "ongegrond", "in_onderzoek")


def kwaliteit_pagina(gegevens: Gegevens) -> Pagina:
    """The page with the verdicts of all products."""
    peil = datum(dag(gegevens.stand)) if gegevens.stand else "nog geen"
    cijfers, oordelen, reactie = oordeel_bladen(gegevens.oordelen, peil)
    return Pagina(
        "kwaliteit",
        "Kwaliteit: wat ontvangers van de signalen vonden",
        "Een ontvanger laat per signaal weten of het gegrond was: of het klopte en iets te onderzoeken gaf."
        " Een signaal is geen bewijs van een fout of van fraude.",
        (
            Deel("cijfers", "Hoe vaak gegrond", _uitleg(peil), (cijfers,)),
            Deel("oordelen", "Oordelen per signaalcode", bladen=(oordelen,)),
            Deel("reactie", "Hoe snel er een oordeel was", _UITLEG_REACTIE, (reactie,)),
            Deel(
                "antwoorden",
                "Wie heeft geantwoord",
                "Hoeveel ontvangers over een product en maand hebben geantwoord, van de ontvangers die iets kregen.",
                (_antwoorden(gegevens),),
            ),
        ),
    )


_UITLEG_REACTIE = (
    "Hoeveel dagen er zaten tussen de levering van een signaal en het oordeel gegrond of ongegrond daarover."
    f" Waar minder dan {GRENS} oordelen zijn staat niets, omdat het dan over te weinig mensen gaat."
)


def _uitleg(peil: str) -> str:
    return (
        "Teller: signalen die gegrond zijn bevonden. Noemer: signalen die gegrond of ongegrond zijn bevonden."
        " Niet meegeteld: signalen die nog in onderzoek zijn, en signalen waarover niets is teruggemeld."
        f" Van een signaal telt het laatste oordeel van elke ontvanger. Peildatum: {peil}."
    )


def oordeel_bladen(oordelen: tuple[Oordelen, ...], peil: str) -> tuple[Blad, Blad, Blad]:
    """What recipients found of each code: the share that was gegrond, all verdicts, and how soon they came.

    The counts of all three are judged together, so that no small one can be worked out from the others.
    """
    toon = oordeel_cellen(oordelen)
    return _cijfers(oordelen, toon, peil), _oordelen(oordelen, toon), _reactie(oordelen, peil)


def oordeel_cellen(oordelen: tuple[Oordelen, ...]) -> Toon:
    """All verdicts judged together: each code and each kind of verdict is a part of the whole."""
    waarden: dict[Sleutel, int] = {}
    sommen: list[Optelling[Sleutel]] = []
    for item in oordelen:
        parts: dict[Sleutel, int] = {
            (item.product, item.signaal_code, soort): item.aantallen.get(soort, 0) for soort in SOORTEN
        }
        total, decided = (item.product, item.signaal_code), (item.product, item.signaal_code, "beslist")
        waarden |= parts
        waarden[total] = sum(parts.values())
        waarden[decided] = sum(item.aantallen.get(soort, 0) for soort in SOORTEN[:2])
        sommen.append(Optelling(decided, tuple(parts)[:2]))
        sommen.append(Optelling(total, (decided, tuple(parts)[2])))
    return maak_toon(waarden, sommen)


def _cijfers(oordelen: tuple[Oordelen, ...], toon: Toon, peil: str) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for item in oordelen:
        key = (item.product, item.signaal_code)
        above, below = toon((*key, "gegrond")), toon((*key, "beslist"))
        shown = isinstance(above, int) and isinstance(below, int) and below > 0
        share: Cel = f"{round(100 * above / below)}%" if shown else Verborgen()  # type: ignore[operator]
        if below == 0:
            share = "nog niets beslist"
        rows.append(
            (item.product, item.signaal_code, _naam(item), share, above, below, toon((*key, "in_onderzoek")), peil)
        )
    return Blad(
        "kwaliteit-gegrond",
        "Aandeel gegrond per signaalcode",
        kolommen(
            "Product", "Signaalcode", "Naam", "#Aandeel gegrond", "#Teller", "#Noemer", "#Niet meegeteld", "Peildatum"
        ),
        tuple(rows),
        "Er is nog niets teruggemeld.",
    )


def _oordelen(oordelen: tuple[Oordelen, ...], toon: Toon) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for item in oordelen:
        key = (item.product, item.signaal_code)
        rows.append((item.product, item.signaal_code, *(toon((*key, soort)) for soort in SOORTEN), toon(key)))
    return Blad(
        "kwaliteit-oordelen",
        "Oordelen van ontvangers",
        kolommen("Product", "Signaalcode", "#Gegrond", "#Ongegrond", "#In onderzoek", "#Teruggemeld"),
        tuple(rows),
        "Er is nog niets teruggemeld.",
    )


def _reactie(oordelen: tuple[Oordelen, ...], peil: str) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for item in oordelen:
        half, most = (
            (f"{item.reactie.mediaan:g}".replace(".", ","), item.reactie.negentig) if item.reactie else ("", "")
        )
        rows.append((item.product, item.signaal_code, _naam(item), half or "te weinig oordelen", most, peil))
    return Blad(
        "kwaliteit-reactie",
        "Dagen van levering tot oordeel",
        kolommen(
            "Product", "Signaalcode", "Naam", "#De helft binnen (dagen)", "#Negen van de tien binnen", "Peildatum"
        ),
        tuple(rows),
        "Er is nog niets teruggemeld.",
    )


def _antwoorden(gegevens: Gegevens) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for run in gegevens.runs:
        if run.product in producten():
            served = len({zending.ontvanger for zending in run.zendingen})
            answered = gegevens.beantwoord.get(run.naam, 0)
            verdict = Oordeel("alle ontvangers" if answered == served else "nog niet alle", goed=answered == served)
            rows.append((producten()[run.product].naam, run.periode, answered, served, verdict if served else ""))
    return Blad(
        "kwaliteit-antwoorden",
        "Ontvangers die hebben geantwoord",
        kolommen("Product", "Periode", "#Beantwoord door", "#Geleverd aan", "Stand"),
        tuple(rows),
        "Er is nog niets geleverd.",
    )


def _naam(item: Oordelen) -> str:
    product = producten().get(item.product)
    signaal = product.signalen.get(item.signaal_code) if product else None
    return signaal.naam if signaal else ""
