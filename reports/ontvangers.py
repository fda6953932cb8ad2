"""What each recipient receives, on which agreement, and per recipient the page with its uitleveringen.

The numbers of a recipient are cells of the pages of the products, hidden where those hide them: this module shows them
once more and counts nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reports.blad import Blad, Cel, Deel, Oordeel, Pagina, Verwijzing, kolommen, maand
from reports.bladen import Product
from reports.gegevens import Gegevens, Run
from reports.termijn import datum, eerste_per_ontvanger, product_uiterlijk
from schemas.berichtversies import bericht_voor
from schemas.load import doelen, machtigingen, ontvangers, producten
from schemas.ontvanger import Ontvanger

SOORT = {
    "gemeente": "gemeente",
    "rmc": "Doorstroompunt (RMC-regio)",
    "waterschap": "waterschap",
    "samenwerkingsverband": "samenwerkingsverband",
}
INHOUD = {"dat": "alleen dat er een signaal is", "wat": "het signaal met de gegevens waarop het rust"}
LEVERING = {"mutaties": "wat is veranderd", "volledig": "steeds alles wat geldt"}


def ontvangers_pagina() -> Pagina:
    """All recipients with their agreement."""
    rows = [
        (
            Verwijzing(item.ontvanger, f"ontvanger-{item.ontvanger}.html"),
            item.naam,
            SOORT[item.soort],
            ", ".join(sorted(item.producten)),
            item.inhoud,
            item.leveringsoort,
            " ".join(item.formaten),
            _looptijd(item),
        )
        for item in ontvangers().values()
    ]
    blad = Blad(
        "ontvangers",
        "Wat elke ontvanger krijgt, volgens zijn overeenkomst",
        kolommen("Ontvanger", "Naam", "Soort", "Producten", "Inhoud", "Levering", "Formaten", "Overeenkomst"),
        tuple(rows),
    )
    return Pagina(
        "ontvangers",
        "Ontvangers en hun overeenkomsten",
        "Wie krijgt wat. Een ontvanger krijgt alleen de producten waarvoor hij een overeenkomst heeft.",
        (
            Deel(
                "overeenkomsten",
                "Overeenkomsten",
                "Inhoud: bij ‘dat’ staat er alleen dat er een signaal is, bij ‘wat’ ook de gegevens waarop het rust.",
                (blad,),
            ),
        ),
    )


def ontvanger_paginas(gegevens: Gegevens, bladen: Mapping[str, Product]) -> tuple[Pagina, ...]:
    """A page per recipient; `bladen` are the tables of every run by its `naam`."""
    rows, sent = defaultdict[str, list[tuple[Cel, ...]]](list), defaultdict[str, list[tuple[Cel, ...]]](list)
    for run in gegevens.runs:
        for ontvanger, row in _verzonden(run):
            sent[ontvanger].append(row)
        if run.naam in bladen:
            for ontvanger, row in _uitleveringen(run, bladen[run.naam].ontvangers):
                rows[ontvanger].append(row)
    return tuple(_pagina(item, rows[item.ontvanger], sent[item.ontvanger], gegevens) for item in ontvangers().values())


def _uitleveringen(run: Run, blad: Blad) -> Iterable[tuple[str, tuple[Cel, ...]]]:
    first, norm = eerste_per_ontvanger(run), product_uiterlijk(run.product, run.periode)
    for code, _, *cells in blad.rijen:
        ontvanger = code.tekst if isinstance(code, Verwijzing) else str(code)
        day = first.get(ontvanger)
        late = day is not None and norm is not None and day > norm
        verdict = Oordeel("te laat" if late else "op tijd", goed=not late) if day and norm else None
        product = Verwijzing(producten()[run.product].naam, f"{run.naam}.html")
        yield ontvanger, (product, maand(run.periode), *cells, datum(norm), verdict)


def _pagina(item: Ontvanger, rows: list[tuple[Cel, ...]], sent: list[tuple[Cel, ...]], gegevens: Gegevens) -> Pagina:
    naam = f"ontvanger-{item.ontvanger}"
    uit = Blad(
        f"{naam}-uitleveringen",
        f"Uitleveringen aan {item.naam}",
        kolommen(
            "Product",
            "Maand",
            "Volgnummers",
            "Laatst op",
            "#Signalen",
            "#Ongewijzigd",
            "Status",
            "Code",
            "Uiterlijk op",
            "Eerste uitlevering",
        ),
        tuple(rows),
        "Er is nog niets uitgeleverd.",
    )
    verzonden = Blad(
        f"{naam}-verzonden",
        f"Elke uitlevering aan {item.naam}",
        kolommen(
            "Product", "Maand", "#Volgnummer", "Verzonden op", "Levering", "Kenmerk van het bericht", "#Bestanden",
            "#Mislukte pogingen", "Beantwoord op",
        ),
        tuple(sent),
        "Er is nog niets uitgeleverd.",
    )  # fmt: skip
    krijgt = Blad(
        f"{naam}-producten",
        f"Wat {item.naam} krijgt",
        kolommen("Product", "Wat het is", "Bericht", "Grondslag"),
        tuple(_product(item, naam_) for naam_ in sorted(item.producten)),
        "Deze ontvanger heeft geen overeenkomst voor een product.",
    )
    return Pagina(
        naam,
        f"{item.naam} ({SOORT[item.soort]} {item.ontvanger})",
        "Wat deze ontvanger heeft gekregen, en op welke overeenkomst.",
        (
            Deel(
                "uitleveringen",
                "Uitleveringen",
                "Per product en maand staan hier de aantallen van de nieuwste berekening."
                " De volgnummers zijn van alle uitleveringen.",
                (uit,),
            ),
            Deel(
                "verzonden",
                "Een voor een",
                "Elke uitlevering heeft een eigen volgnummer en kenmerk. Met het kenmerk vindt de ontvanger haar terug."
                " Beantwoord: de dag van het eerste retourbericht dat is aangenomen.",
                (verzonden,),
            ),
            Deel("producten", "Producten", bladen=(krijgt,)),
        ),
        (
            ("Overeenkomst", _looptijd(item)),
            ("Inhoud", f"{item.inhoud}: {INHOUD[item.inhoud]}"),
            ("Levering", LEVERING[item.leveringsoort]),
            ("Formaten", ", ".join(item.formaten)),
            ("Gegevens van de partner", "ja" if item.partner else "nee"),
            ("Laatste retourbericht", gegevens.retouren.get(item.ontvanger) or "nog geen"),
            *_machtiging(item),
            ("Certificaat", gegevens.certificaten.get(item.ontvanger) or "niet bekend"),
            ("Contact", item.contact),
        ),
    )


def _verzonden(run: Run) -> Iterable[tuple[str, tuple[Cel, ...]]]:
    """Every delivery of a period; what was in it is not repeated, because it would say what changed."""
    product = Verwijzing(producten()[run.product].naam, f"{run.naam}.html")
    for zending in run.zendingen:
        yield (
            zending.ontvanger,
            (
                product,
                maand(run.periode),
                zending.volgnummer,
                zending.dagtekening,
                LEVERING[zending.leveringsoort],
                zending.bericht,
                zending.bestanden,
                zending.mislukt,
                zending.beantwoord_op,
            ),
        )


def _machtiging(item: Ontvanger) -> Iterable[tuple[str, Cel]]:
    """For whom a samenwerkingsverband receives, or by whom a gemeente lets itself be received for."""
    for machtiging in machtigingen():
        what = f"{', '.join(sorted(machtiging.producten))}; {machtiging.grondslag}"
        if machtiging.gemeente == item.ontvanger:
            yield "Ontvangt via", f"{ontvangers()[machtiging.samenwerkingsverband].naam}: {what}"
        if machtiging.samenwerkingsverband == item.ontvanger:
            yield "Ontvangt voor", f"{ontvangers()[machtiging.gemeente].naam}: {what}"


def _product(item: Ontvanger, naam: str) -> tuple[Cel, ...]:
    product = producten()[naam]
    bericht = bericht_voor(product, item.ontvanger, item.overeenkomst_van)
    return (
        product.naam,
        product.omschrijving,
        Verwijzing(product.bericht, f"bericht-{bericht.bericht}.html"),
        "; ".join(doelen()[product.doel].grondslag),
    )


def _looptijd(item: Ontvanger) -> str:
    tot = f"tot en met {datum(item.overeenkomst_tot)}" if item.overeenkomst_tot else "loopt"
    return f"sinds {datum(item.overeenkomst_van)}, {tot}"
