"""`keten attendeer`: judge the deadlines and tell the beheerder what waits; and the deadlines for `keten status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pipeline.scherm import OPZIJ, console

if TYPE_CHECKING:
    from pipeline.instellingen import Instellingen


def attendeer() -> None:
    """Bewaak de deadlines en vertel de beheerder, per mail en webhook, wat op iemand wacht; alles één keer."""
    from pipeline.bewaking.attendeer import KANALEN, bewaak  # noqa: PLC0415
    from pipeline.bewaking.attendeer import attendeer as vertel  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    instellingen = Instellingen()
    console.print(f"{bewaak(instellingen)} wachten op iemand; zie keten status.")
    outcome = vertel(instellingen)
    for kanaal, aantal in outcome.verteld.items():
        console.print(f"Via {kanaal} verteld: {aantal}")
    if not (outcome.verteld or outcome.mislukt):
        console.print(f"Er is geen kanaal ingesteld ({', '.join(KANALEN)}); zie docs/instellingen.md.")
    for kanaal, fout in outcome.mislukt.items():
        console.print(f"Via {kanaal} mislukt: {fout}", soft_wrap=True)
    if outcome.mislukt:
        raise typer.Exit(OPZIJ)


def toon_deadlines(instellingen: Instellingen) -> None:
    """Shows the deadlines that the ledger holds of what is not with every recipient yet."""
    from pipeline.bewaking.deadlines import openstaand  # noqa: PLC0415

    for row in openstaand(instellingen.grootboek):
        words = "gemist" if row["gemist_op"] else "loopt"
        console.print(f"Deadline {row['product']} {row['periode']}: uiterlijk {row['uiterlijk']:%Y-%m-%d}, {words}")
