"""What is due and what is parked, read from the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from pipeline.signaleer import huidige_pins
from pipeline.stand import Stand
from schemas.load import doelen, producten


@dataclass(frozen=True)
class Voortgang:
    """How a product stands for a period.

    `ontbreekt` names the bronnen of which no levering for the period has come; with any of them missing the product is
    not due by itself. `reden` says why it is due (`nieuw`, `gewijzigd`, `uitleveren`), or is empty when nothing is to
    be done.
    """

    product: str
    periode: str
    ontbreekt: tuple[str, ...]
    reden: str
    run_id: str | None

    @property
    def aan_de_beurt(self) -> bool:
        """Whether the product should be run now."""
        return bool(self.reden) and not self.ontbreekt


def bronnen_van(product: str) -> list[str]:
    """The bronnen a product consults, in the order of its doelprofiel."""
    names = [raadpleging.tabel.partition(".")[0] for raadpleging in doelen()[producten()[product].doel].bronnen]
    return list(dict.fromkeys(names))


def stand(instellingen: Instellingen, product: str) -> list[Voortgang]:
    """How a product stands for every period in which one of its bronnen delivered."""
    ledger = instellingen.grootboek
    wanted = bronnen_van(product)
    received: dict[str, set[str]] = {}
    for levering in ledger.leveringen(bronnen=wanted):
        received.setdefault(levering["periode"], set()).add(levering["bron"])
    open_runs = {run["run_id"] for run in ledger.onafgemaakt(product)}
    result = []
    for periode in sorted(received):
        latest = ledger.laatste_run(product, periode)
        pins = huidige_pins(Stand(instellingen, periode), product)
        if latest is None:
            reden = "nieuw"
        elif latest["run_id"] != pins.run_id:
            reden = "gewijzigd"
        else:
            reden = "uitleveren" if latest["run_id"] in open_runs else ""
        missing = tuple(bron for bron in wanted if bron not in received[periode])
        result.append(Voortgang(product, periode, missing, reden, latest["run_id"] if latest else None))
    return result


def geparkeerde_leveringen(instellingen: Instellingen) -> list[Rij]:
    """Leveringen that were put aside, with their code."""
    query = sa.select(t.levering).where(t.levering.c.status != "ontvangen").order_by(t.levering.c.levering_nr)
    return instellingen.grootboek.rijen(query)


def tegengehouden(instellingen: Instellingen) -> list[Rij]:
    """Deliveries that were held back, with their code."""
    u = t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.status == "tegengehouden").order_by(u.product, u.periode, u.ontvanger)
    return instellingen.grootboek.rijen(query)
