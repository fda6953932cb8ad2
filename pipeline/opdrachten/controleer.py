"""`keten controleer` and `keten draai --zoals`: repeat a past run and say whether the same comes out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.scherm import OPZIJ, console, voortgang

if TYPE_CHECKING:
    from pipeline.herhaling.herhaal import Herhaling


def herhaal(product: str, periode: str, run_id: str) -> None:
    """Repeats a run of a product and period, and keeps what comes out."""
    from pipeline.herhaling.herhaal import herhaal as herhaal_run  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.fout import KetenFout  # noqa: PLC0415

    if not run_id.startswith(f"{product}-{periode}-"):
        raise KetenFout("Z-RUN", run_id)
    with voortgang() as progress:
        progress.add_task(f"{run_id} herhalen", total=None)
        herhaling = herhaal_run(Instellingen(), run_id)
    toon(herhaling)
    console.print(f"  Herhaald in {herhaling.folder}", soft_wrap=True)
    if not herhaling.gelijk:
        raise typer.Exit(OPZIJ)


def controleer(
    run: Annotated[str | None, typer.Argument(help="De run, zoals in het bericht en het rapport.")] = None,
    alle: Annotated[bool, typer.Option("--alle", help="Alle runs die nog te herhalen zijn.")] = False,
) -> None:
    """Herhaal een run uit wat ervan is vastgelegd en vergelijk met wat er toen uitkwam."""
    from pipeline.herhaling.herhaal import controleer as controleer_run  # noqa: PLC0415
    from pipeline.herhaling.herhaal import te_controleren  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.fout import KetenFout  # noqa: PLC0415

    if (run is None) != alle:
        raise typer.BadParameter("noem een run of kies --alle", param_hint="run")
    instellingen = Instellingen()
    equal = True
    for run_id in te_controleren(instellingen) if run is None else [run]:
        try:
            with voortgang() as progress:
                progress.add_task(f"{run_id} herhalen", total=None)
                herhaling = controleer_run(instellingen, run_id)
        except KetenFout as fout:
            if run is not None:
                raise
            console.print(f"{run_id}: [red]niet te herhalen[/red]: {fout}", soft_wrap=True)
            equal = False
            continue
        toon(herhaling)
        equal = equal and herhaling.gelijk
    if not equal:
        raise typer.Exit(OPZIJ)


def toon(herhaling: Herhaling) -> None:
    """Shows what is equal and what is not."""
    count = Counter(bestand.uitkomst for bestand in herhaling.bestanden)
    words = ", ".join(f"{aantal} {uitkomst}" for uitkomst, aantal in sorted(count.items()))
    verdict = "alles is gelijk aan toen" if herhaling.gelijk else "[red]niet alles is gelijk aan toen[/red]"
    console.print(f"{herhaling.run_id}: {verdict} ({words})", soft_wrap=True)
    for bestand in herhaling.bestanden:
        if bestand.uitkomst != "gelijk":
            reden = f" ({bestand.reden})" if bestand.reden else ""
            console.print(f"  {bestand.uitkomst}: {bestand.naam}{reden}", soft_wrap=True)
    if not herhaling.gelijk and herhaling.programma_toen != herhaling.programma_nu:
        console.print(f"  Toen gemaakt met {herhaling.programma_toen}", soft_wrap=True)
        console.print(f"  Nu herhaald met  {herhaling.programma_nu}", soft_wrap=True)
