"""The verwerkingenregister, the page for citizens and the DPIA as tables: all from the profiles the code enforces.

What may enter is what `schemas/doelen/` says and nothing else, and these tables are made of the same declarations, so
they cannot say anything else than what is done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reports.blad import MAANDEN, Blad, Cel, kolommen
from schemas.doel import Doel, Raadpleging
from schemas.load import bronnen, doelen, find_tabel, machtigingen, ontvangers, producten
from schemas.product import Product
from schemas.register import Register, dpia, register

JAAR = 12


@dataclass(frozen=True)
class Verwerking:
    """One processing activity as the pages show it: its heading, what the AVG asks of it, and its fields."""

    doel: Doel
    producten: tuple[Product, ...]
    kenmerken: tuple[tuple[str, str], ...]
    gegevens: Blad
    voor_burger: Blad
    ontvangers: str
    termijn: str

    @property
    def naam(self) -> str:
        """What the products of the doel are called."""
        return "; ".join(product.naam for product in self.producten) or self.doel.doel


def verwerkingen() -> tuple[Verwerking, ...]:
    """Every processing activity, in order of doel."""
    return tuple(_verwerking(doel, register()) for doel in doelen().values())


def register_blad(activiteiten: tuple[Verwerking, ...]) -> Blad:
    """The register as one table, a row per processing activity and a column per thing the AVG asks (article 30)."""
    rows = [dict(item.kenmerken) for item in activiteiten] + [dict(item) for item in rechtsverwerkingen()]
    names = list(dict.fromkeys(naam for row in rows for naam in row))
    return Blad(
        "verwerkingenregister",
        "Verwerkingenregister",
        kolommen(*names),
        tuple(tuple(row.get(naam) for naam in names) for row in rows),
    )


def rechtsverwerkingen() -> tuple[tuple[tuple[str, str], ...], ...]:
    """The processing activities that are rights of persons: for each what the AVG asks of it."""
    vast, alle = register(), doelen().values()
    return tuple(
        tuple(
            {
                "Verwerking": f"urn:signaalketen:verwerking:{naam}:{item.versie}",
                "Doel": item.omschrijving,
                "Verwerkingsverantwoordelijke": "; ".join(
                    dict.fromkeys(doel.verwerkingsverantwoordelijke for doel in alle)
                ),
                **_vast(vast),
                "Grondslag": item.grondslag,
                "Categorieën betrokkenen": "; ".join(dict.fromkeys(wie for doel in alle for wie in doel.betrokkenen)),
                "Categorieën gegevens": item.gegevens,
                "Ontvangers": item.ontvangers,
                "Bewaartermijn": item.bewaartermijn,
            }.items()
        )
        for naam, item in vast.rechten_verwerkingen.items()
    )


def _vast(vast: Register) -> dict[str, str]:
    """What is the same for every processing activity."""
    return {
        "Verwerker": f"{vast.verwerker.naam}, {vast.verwerker.contact}",
        "Functionaris gegevensbescherming": f"{vast.functionaris.naam}, {vast.functionaris.contact}",
        "Doorgifte buiten de EER": vast.doorgifte,
        "Beveiliging": "; ".join(item.maatregel.rstrip(".") for item in vast.beveiliging),
    }


def dpia_blad() -> Blad:
    """The risks by type, with the control for each and the tests that prove it."""
    rows: list[tuple[Cel, ...]] = [
        (item.type, dpia().typen[item.type].naam, item.risico, item.maatregel, str(item.gedrag), "; ".join(item.tests))
        for item in sorted(dpia().risicos, key=lambda item: (item.type, item.gedrag))
    ]
    return Blad(
        "dpia",
        "Risico's, wat ertegen gebeurt en de test die dat aantoont",
        kolommen("Type", "Soort risico", "Risico", "Maatregel", "Gedrag", "Test"),
        tuple(rows),
    )


def _verwerking(doel: Doel, vast: Register) -> Verwerking:
    soorten = tuple(vast.ontvangers[soort] for soort in doel.ontvangers)
    term = doel.bewaartermijn
    termijn = f"minstens {_duur(term.minimum_maanden)} en hoogstens {_duur(term.maximum_maanden)}"
    return Verwerking(
        doel,
        tuple(product for product in producten().values() if product.doel == doel.doel),
        tuple(_kenmerken(doel, vast, termijn).items()),
        _gegevens(doel, vast),
        _voor_burger(doel),
        _opsomming(soorten),
        termijn,
    )


def _kenmerken(doel: Doel, vast: Register, termijn: str) -> dict[str, str]:
    """What article 30 of the AVG asks, in its order, and what the profile adds."""
    houders = dict.fromkeys(bronnen()[raadpleging.tabel.partition(".")[0]].houder for raadpleging in doel.bronnen)
    akkoord, op = doel.goedgekeurd, doel.goedgekeurd.op
    return {
        "Verwerking": doel.verwerking,
        "Doel": doel.omschrijving,
        "Verwerkingsverantwoordelijke": doel.verwerkingsverantwoordelijke,
        "Opdrachtgever": doel.opdrachtgever,
        **_vast(vast),
        "Grondslag": "; ".join(doel.grondslag),
        "Categorieën betrokkenen": "; ".join(doel.betrokkenen),
        "Categorieën gegevens": "; ".join(_categorieen(doel, vast)),
        "Bronnen, in de volgorde van raadplegen": "; ".join(houders),
        "Ontvangers": "; ".join(_ontvangers(doel, vast)),
        **({"Verwerkers van ontvangers": "; ".join(verbanden)} if (verbanden := _verbanden(doel)) else {}),
        "Bewaartermijn": f"{termijn} ({doel.bewaartermijn.bron})",
        "Goedgekeurd": f"versie {doel.versie}, door {akkoord.door} op {op.day} {MAANDEN[op.month - 1]} {op.year}",
    }


def _categorieen(doel: Doel, vast: Register) -> list[str]:
    """Per bron table what it is about, with how many fields of each class are used."""
    result = []
    for raadpleging in doel.bronnen:
        tabel = find_tabel(raadpleging.tabel)
        counts = Counter(tabel.velden[veld].klasse for veld in raadpleging.velden)
        classes = ", ".join(f"{counts[klasse]} {klasse}" for klasse in vast.klassen if counts[klasse])
        result.append(f"{tabel.omschrijving.rstrip('.')} ({classes})")
    return result


def _ontvangers(doel: Doel, vast: Register) -> list[str]:
    """Per kind of recipient how many have an agreement for a product of the doel."""
    asked = {product.product for product in producten().values() if product.doel == doel.doel}
    counts = Counter(item.soort for item in ontvangers().values() if item.producten & asked)
    return [f"{vast.ontvangers[soort]} ({counts[soort]} met een overeenkomst)" for soort in doel.ontvangers]


def _verbanden(doel: Doel) -> list[str]:
    """Who receives as processor for recipients of the doel, and for how many (AVG articles 28 and 30)."""
    asked = {product.product for product in producten().values() if product.doel == doel.doel}
    counts = Counter(
        item.samenwerkingsverband for item in machtigingen() if item.producten & asked and item.tot is None
    )
    return [f"{ontvangers()[verband].naam} (voor {aantal} gemeenten)" for verband, aantal in sorted(counts.items())]


def _gegevens(doel: Doel, vast: Register) -> Blad:
    """Every field that may enter, in the order in which the bronnen are consulted, with its noodzaak."""
    rows: list[tuple[Cel, ...]] = []
    for nr, raadpleging in enumerate(doel.bronnen, start=1):
        tabel = find_tabel(raadpleging.tabel)
        rows += [
            (
                str(nr),
                _bron(raadpleging),
                raadpleging.tabel,
                veld,
                tabel.velden[veld].omschrijving,
                f"{tabel.velden[veld].klasse}: {vast.klassen[tabel.velden[veld].klasse]}",
                noodzaak,
                _tenzij(raadpleging),
            )
            for veld, noodzaak in raadpleging.velden.items()
        ]
    return Blad(
        f"register-{doel.doel}-gegevens",
        f"Gegevens die voor {doel.doel} worden gebruikt, in de volgorde van raadplegen",
        kolommen("Beurt", "Bron", "Tabel", "Veld", "Wat het is", "Klasse", "Noodzaak", "Niet opgezocht bij"),
        tuple(rows),
    )


def _voor_burger(doel: Doel) -> Blad:
    """The same for who it is about: from whom, what, and why."""
    rows = [
        (_bron(raadpleging), find_tabel(raadpleging.tabel).velden[veld].omschrijving, noodzaak)
        for raadpleging in doel.bronnen
        for veld, noodzaak in raadpleging.velden.items()
    ]
    return Blad(
        f"uw-gegevens-{doel.doel}",
        f"Gegevens die we gebruiken voor {doel.doel}",
        kolommen("Van wie", "Welk gegeven", "Waarom"),
        tuple(dict.fromkeys(rows)),
    )


def _bron(raadpleging: Raadpleging) -> str:
    return bronnen()[raadpleging.tabel.partition(".")[0]].naam


def _tenzij(raadpleging: Raadpleging) -> str:
    """For whom a table is not consulted."""
    return _opsomming(
        tuple(
            f"wie een lopende regel heeft in {tenzij.tabel} ({', '.join(sum(tenzij.waarbij.values(), ()))})"
            for tenzij in raadpleging.tenzij
        ),
        "of",
    )


def _duur(maanden: int) -> str:
    """A term in words: 60 months is `5 jaar`."""
    jaren, rest = divmod(maanden, JAAR)
    if rest or not jaren:
        return f"{maanden} {'maand' if maanden == 1 else 'maanden'}"
    return f"{jaren} jaar"


def _opsomming(delen: tuple[str, ...], woord: str = "en") -> str:
    return f" {woord} ".join(filter(None, [", ".join(delen[:-1]), delen[-1] if delen else ""]))
