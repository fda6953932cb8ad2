"""What is due and what is parked, read from the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from lineage.leveringen import GEPARKEERD, alle
from lineage.vernietiging import tellende_leveringen
from pipeline.instellingen import Instellingen
from pipeline.pins import huidige_pins
from pipeline.stand import Stand
from schemas.load import bronnen_van, doelen, producten

AFGESLOTEN = "afgesloten"


@dataclass(frozen=True)
class Voortgang:
    """How a product stands for a period.

    `ontbreekt` names the bronnen of which no levering for the period has come, or none that completes it; with any of
    them missing the product is not due by itself. `reden` says why it is due (`nieuw`, `gewijzigd`, `uitleveren`), is
    empty when nothing is to be done, or `afgesloten` when it cannot be worked out anew: what it looks back on is past
    its bewaartermijn.
    """

    product: str
    periode: str
    ontbreekt: tuple[str, ...]
    reden: str
    run_id: str | None

    @property
    def aan_de_beurt(self) -> bool:
        """Whether the product should be run now."""
        return self.reden not in ("", AFGESLOTEN) and not self.ontbreekt

    def kan_opnieuw(self, periode: str) -> bool:
        """Whether it is this period, and it can be run whatever was done about it before."""
        return self.periode == periode and self.reden != AFGESLOTEN and not self.ontbreekt


def stand(instellingen: Instellingen, product: str) -> list[Voortgang]:
    """How a product stands for every period in which one of its bronnen delivered."""
    ledger = instellingen.grootboek
    wanted = bronnen_van(product)
    received: dict[str, set[str]] = {}
    for levering in [lev for lev in tellende_leveringen(ledger) if lev["bron"] in wanted]:
        received.setdefault(levering["periode"], set()).update([levering["bron"]] * levering["volledig"])
    open_runs = {run["run_id"] for run in ledger.onafgemaakt(product)}
    result = []
    for periode in sorted(received):
        latest = ledger.laatste_run(product, periode)
        now = Stand(instellingen, periode)
        pins = huidige_pins(now, product)
        if now.is_afgesloten(doelen()[producten()[product].doel]):
            reden = AFGESLOTEN
        elif latest is None:
            reden = "nieuw"
        elif latest["pins"] != pins.as_json():
            reden = "gewijzigd"
        else:
            reden = "uitleveren" if latest["run_id"] in open_runs else ""
        missing = tuple(bron for bron in wanted if bron not in received[periode])
        result.append(Voortgang(product, periode, missing, reden, latest["run_id"] if latest else None))
    return result


def geparkeerde_leveringen(instellingen: Instellingen) -> list[Rij]:
    """Leveringen that wait for a decision, with their code."""
    return alle(instellingen.grootboek, GEPARKEERD)


def onderweg(instellingen: Instellingen) -> list[Rij]:
    """Deliveries that a channel did not take yet, with the code and the kind of failure."""
    u = t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.status == "voorgenomen", u.code.is_not(None))
    return instellingen.grootboek.rijen(query.order_by(u.product, u.periode, u.ontvanger))


def tegengehouden(instellingen: Instellingen) -> list[Rij]:
    """Deliveries that were held back, with their code."""
    u = t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.status == "tegengehouden").order_by(u.product, u.periode, u.ontvanger)
    return instellingen.grootboek.rijen(query)
