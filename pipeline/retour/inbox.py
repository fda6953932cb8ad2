"""The inbox of retourberichten: `landing/retour/<ontvanger>/`, worked through, answered and moved aside.

A signature stands beside its message and comes first. A file that was taken in gets a name of ours, because its own may
hold a burgerservicenummer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from message_formats.openen import HANDTEKENING
from pipeline.instellingen import Instellingen
from pipeline.retour.antwoord import lever_antwoorden
from pipeline.retour.retour import verwerk
from pipeline.storing import gecodeerd
from schemas.load import ontvangers

VERWERKT = "verwerkt"


@gecodeerd
def verwerk_inbox(instellingen: Instellingen) -> Counter[str]:
    """Takes in everything in the inbox and delivers the answers; counts retourberichten per status or code."""
    with instellingen.grootboek.alleen("retour", "alle"):
        return _verwerk_inbox(instellingen)


def _verwerk_inbox(instellingen: Instellingen) -> Counter[str]:
    result: Counter[str] = Counter()
    for ontvanger, path in _nieuw(instellingen):
        outcome = verwerk(instellingen, path, ontvanger)
        aside = path.parent / VERWERKT
        aside.mkdir(exist_ok=True, mode=0o700)
        moved = aside / f"{outcome.retour_id[:32]}-{os.urandom(4).hex()}"
        _verplaats(path, moved)
        result[outcome.code or outcome.status] += 1
    lever_antwoorden(instellingen)
    return result


def _verplaats(path: Path, moved: Path) -> None:
    """Moves a message with its signature, which stays beside it until it is gone: without it it would be refused."""
    signature = path.with_name(path.name + HANDTEKENING)
    if signature.is_file():
        (moved.with_name(moved.name + HANDTEKENING)).hardlink_to(signature)
    path.rename(moved)
    signature.unlink(missing_ok=True)


def _ruim_op(inbox: Path) -> None:
    """Removes signatures of which the message was moved by a process that was killed before it could do that."""
    for signature in inbox.glob(f"*/[!.]*{HANDTEKENING}"):
        beside = signature.with_name(signature.name.removesuffix(HANDTEKENING))
        if signature.stat().st_nlink > 1 and not beside.exists():
            signature.unlink()


def _nieuw(instellingen: Instellingen) -> Iterator[tuple[str, Path]]:
    """Messages in the folders of known recipients, oldest first; hidden ones are still being written."""
    inbox = instellingen.map("landing", "retour")
    _ruim_op(inbox)
    for code in sorted(ontvangers()):
        files = [path for path in (inbox / code).glob("[!.]*") if path.is_file() and path.suffix != HANDTEKENING]
        for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name)):
            yield code, path
