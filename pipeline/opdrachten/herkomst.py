"""`keten herkomst`: from a signal back to its records, from a record on to what became of it, and from a field to both.

No value is shown, only what and where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from pipeline.scherm import console

if TYPE_CHECKING:
    from pipeline.herkomst.record import Plaats, Recordspoor
    from pipeline.herkomst.signaal import Signaalspoor


def herkomst(
    signaal: Annotated[str | None, typer.Argument(help="signaalId, zoals in het bericht.")] = None,
    levering: Annotated[str | None, typer.Option(help="Id van een levering, om een record vooruit te volgen.")] = None,
    tabel: Annotated[str | None, typer.Option(help="Tabel van het record, bijvoorbeeld uwv.inkomstenopgave.")] = None,
    record: Annotated[int | None, typer.Option(help="Nummer van het record, zoals in het bewijs.", min=1)] = None,
) -> None:
    """Volg een signaal terug tot bestand en regel, of een record vooruit tot wat ervan werd."""
    from pipeline.herkomst.record import volg_record  # noqa: PLC0415
    from pipeline.herkomst.signaal import volg_signaal  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.load import all_tabellen  # noqa: PLC0415

    instellingen = Instellingen()
    if signaal is not None and (levering, tabel, record) == (None, None, None):
        console.print(_signaalboom(volg_signaal(instellingen, signaal)))
    elif signaal is None and levering is not None and record is not None:
        held = {naam for naam, _ in all_tabellen() if naam.partition(".")[0] == levering.partition("-")[0]}
        chosen = tabel or (held.pop() if len(held) == 1 else "")
        if chosen not in {naam for naam, _ in all_tabellen()}:
            raise typer.BadParameter(
                "noem de tabel van het record, bijvoorbeeld uwv.inkomstenopgave", param_hint="tabel"
            )
        console.print(_recordboom(volg_record(instellingen, levering, chosen, record)))
    else:
        raise typer.BadParameter("geef een signaalId, of --levering met --tabel en --record")


def _signaalboom(spoor: Signaalspoor) -> Tree:
    from schemas.load import producten  # noqa: PLC0415

    product = producten()[spoor.run["product"]]
    tree = Tree(escape(f"signaal {spoor.signaal_id}: {spoor.signaal_code} {product.signalen[spoor.signaal_code].naam}"))
    sent = tree.add("verzonden")
    for item in spoor.verzendingen:
        how = f"{item.mutatie}, {item.status}"
        message = f", volgnummer {item.volgnummer}, bericht {item.bericht_identificatie}" if item.volgnummer else ""
        sent.add(escape(f"aan {item.ontvanger}: {how}{message} (run {item.run_id})"))
    run = tree.add(escape(f"run {spoor.run['run_id']}, gemaakt op {spoor.run['aangemaakt_op']:%d-%m-%Y %H:%M}"))
    run.add(f"normen en codelijsten {spoor.pins['referentie'][:12]}, modellen {spoor.pins['modellen'][:12]}")
    facts = tree.add("rust op")
    for feit in spoor.feiten:
        fact = facts.add(escape(f"{feit.tabel}: {', '.join(feit.kenmerken)}"))
        fact.add(escape(f"levering {feit.levering_id}, record {feit.record_nr}{_plaats(feit.plaats)}"))
        for norm in feit.normen:
            fact.add(escape(f"gehouden tegen norm {norm}"))
    return tree


def _recordboom(spoor: Recordspoor) -> Tree:
    where = _plaats(spoor.plaats)
    tree = Tree(escape(f"levering {spoor.levering_id}, {spoor.tabel}, record {spoor.record_nr}{where}"))
    outcomes = tree.add("aan de deur")
    for uitkomst in spoor.uitkomsten:
        why = f" ({' of '.join(uitkomst.codes)})" if uitkomst.codes else ""
        outcomes.add(escape(f"{uitkomst.doel}: {uitkomst.uitkomst}{why}"))
    uses = tree.add("in signalen")
    for gebruik in spoor.gebruik:
        who = f"verzonden aan {', '.join(gebruik.ontvangers)}" if gebruik.ontvangers else "niet verzonden"
        what = f"{gebruik.signaal_code} {gebruik.signaal_id}" if gebruik.signaal_id else "een ongewijzigd signaal"
        uses.add(escape(f"{what}: {who} (run {gebruik.run_id})"))
    if not spoor.gebruik:
        uses.add("geen")
    return tree


def _plaats(plaats: Plaats | None) -> str:
    if plaats is None:
        return ""
    line = f", regel {plaats.regel}" if plaats.regel else ""
    return f": bestand {plaats.bestand_nr} ({plaats.formaat}), record {plaats.record_in_bestand}{line}"
