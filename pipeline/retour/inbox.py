"""The inbox of retourberichten: `landing/retour/<ontvanger>/`, worked through, answered and moved aside.

First is fetched what recipients put in a store of their own: it stands there in `<ontvanger>/retour/nieuw/`, beside
where they find their answers, and is removed when it is here. A signature stands beside its message and comes first. A
file that was taken in gets a name of ours, because its own may hold a burgerservicenummer.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from connectors.kanaal import Gevonden
from message_formats.openen import HANDTEKENING
from pipeline.instellingen import Instellingen
from pipeline.ophalen import Opgehaald, Zending, ZetNeer, haal_alles
from pipeline.retour.antwoord import lever_antwoorden
from pipeline.retour.retour import verwerk
from pipeline.storing import gecodeerd
from schemas.load import ontvangers

VERWERKT = "verwerkt"
NIEUW = "retour/nieuw"


@gecodeerd
def verwerk_inbox(instellingen: Instellingen) -> Counter[str]:
    """Takes in everything in the inbox and delivers the answers; counts retourberichten per status or code."""
    with instellingen.grootboek.alleen("retour", "alle"):
        return _verwerk_inbox(instellingen)


def _verwerk_inbox(instellingen: Instellingen) -> Counter[str]:
    result = Counter(_haal_op(instellingen).fouten.values())
    for ontvanger, path in _nieuw(instellingen):
        outcome = verwerk(instellingen, path, ontvanger)
        aside = path.parent / VERWERKT
        aside.mkdir(exist_ok=True, mode=0o700)
        moved = aside / f"{outcome.retour_id[:32]}-{os.urandom(4).hex()}"
        _verplaats(path, moved)
        result[outcome.code or outcome.status] += 1
    lever_antwoorden(instellingen)
    return result


def _haal_op(instellingen: Instellingen) -> Opgehaald:
    places = {code: (ontvanger.kanaal, f"{code}/{NIEUW}") for code, ontvanger in ontvangers().items()}
    inbox = instellingen.map("landing", "retour")
    return haal_alles(instellingen, "retour", places, _zendingen, lambda code: _zet_in_inbox(inbox / code))


def _zendingen(gevonden: Sequence[Gevonden]) -> list[Zending]:
    """Each message with its signature; the names are ours, because theirs may hold a burgerservicenummer."""
    messages: dict[str, list[Gevonden]] = {}
    for each in gevonden:
        if "/" not in each.naam:
            messages.setdefault(each.naam.removesuffix(HANDTEKENING), []).append(each)
    return [_zending(naam, tuple(files)) for naam, files in sorted(messages.items())]


def _zending(naam: str, files: tuple[Gevonden, ...]) -> Zending:
    teken = next((each.naam for each in files if each.naam == naam), None)
    sort = PurePath(naam).suffix if PurePath(naam).suffix in (".json", ".xml") else ""
    hier = {each.naam: f"bericht{sort}{each.naam.removeprefix(naam)}" for each in files}
    return Zending(_kort(naam), files, teken, hier)


def _kort(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _zet_in_inbox(inbox: Path) -> ZetNeer:
    """Puts a message that was fetched in the inbox, after its signature, called after its name there and its moment."""

    def zet_neer(naam: str, folder: Path) -> None:
        inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(folder.iterdir(), key=lambda path: path.suffix != HANDTEKENING):
            message = folder / path.name.removesuffix(HANDTEKENING)
            stand = _kort(f"{message.stat().st_size} {message.stat().st_mtime_ns}")
            path.rename(inbox / f"{naam}-{stand}{path.name.removeprefix('bericht')}")
        folder.rmdir()

    return zet_neer


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
