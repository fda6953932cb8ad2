"""Answers retourberichten: what became of each, in the format it came in, signed, where its sender fetches deliveries.

The answer is entered together with what it answers, and delivered after that. What a channel does not take is tried
again as a delivery is, then stays open and goes with the next time; sent twice it has the same name and the same
content. Nothing of a retourbericht is repeated in it but signaalIds: what a sender writes elsewhere could be about a
person.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.kanaal import Storing
from lineage import retour as boek
from lineage.ledger import Rij, now
from message_formats.antwoord import RetourFormaat, Waarden, bezwaren, schrijf
from message_formats.manifest import digest
from message_formats.openen import HANDTEKENING
from pipeline.geduld import Geduld
from pipeline.instellingen import Instellingen
from pipeline.uitlevering.adressaat import overeenkomst_bezwaar
from schemas.fout import KetenFout
from schemas.load import meldingen, ontvangers
from schemas.retourbericht import antwoordbericht

MAP = "retour"  # <ontvanger>/retour/<JJJJ-MM>/
NAAM = "antwoordbericht"


@dataclass(frozen=True)
class Verwerkt:
    """What became of a retourbericht: taken in or refused with a code; verdicts counted, other signals per code.

    `naar` is who is answered, None when it is not sure from whom it is; `sha256` and `formaat` are those of the file.
    """

    retour_id: str
    sha256: str
    formaat: RetourFormaat
    naar: str | None
    status: str
    code: str | None = None
    wijzer: str = ""
    bericht_identificatie: str | None = None
    oordelen: Mapping[str, int] = field(default_factory=dict)
    niet_aangenomen: Mapping[str, str] = field(default_factory=dict)  # signaal_id to code


def stel_op(verwerkt: Verwerkt, afzender_oin: str) -> Rij:
    """The answer to a retourbericht, as it is entered."""
    op = now()
    uitkomst = verwerkt.status if not verwerkt.niet_aangenomen else "deels_aangenomen"
    envelop: dict[str, str | int] = {
        "bericht_code": NAAM,
        "bericht_versie": 1,
        "bericht_subversie": 0,
        "afzender_oin": afzender_oin,
        "retour_sha256": verwerkt.sha256,
        "dagtekening": f"{op:%Y-%m-%dT%H:%M:%SZ}",
        "uitkomst": uitkomst,
        **{f"aantal_{soort}": verwerkt.oordelen.get(soort, 0) for soort in ("gegrond", "ongegrond", "in_onderzoek")},
    }
    if verwerkt.naar:
        envelop["ontvanger_code"] = verwerkt.naar
    if verwerkt.bericht_identificatie:
        envelop["bericht_identificatie"] = verwerkt.bericht_identificatie
    if verwerkt.code:
        melding = meldingen()[verwerkt.code]
        envelop |= {"code": melding.code, "betekenis": melding.betekenis, "wat_te_doen": melding.wat_te_doen}
        envelop |= {"plaats": verwerkt.wijzer[:200]} if verwerkt.wijzer else {}
    signalen: list[Waarden] = [
        {"signaal_id": nr, "code": code, "betekenis": meldingen()[code].betekenis}
        for nr, code in sorted(verwerkt.niet_aangenomen.items())
    ]
    inhoud = schrijf(antwoordbericht(), envelop, signalen, verwerkt.formaat)
    if wrong := bezwaren(antwoordbericht(), inhoud, verwerkt.formaat):
        raise KetenFout("U-ONGELDIG", wrong[0])
    return {
        "sha256": verwerkt.sha256,
        "retour_id": verwerkt.retour_id,
        "ontvanger": verwerkt.naar,
        "formaat": verwerkt.formaat,
        "inhoud": inhoud.decode(),
        "gemaakt_op": op,
        "geleverd_op": None,
        "code": None,
    }


def lever_antwoorden(instellingen: Instellingen) -> Counter[str]:
    """Delivers every answer that did not reach its recipient yet; counts per outcome: `geleverd`, or a code."""
    result: Counter[str] = Counter()
    geduld = instellingen.geduld()
    for antwoord in boek.antwoorden(instellingen.grootboek, alleen_open=True):
        code = _lever(instellingen, antwoord, geduld)
        op = None if code else now()
        boek.antwoord_geleverd(instellingen.grootboek, antwoord["sha256"], op, code)
        result[code or "geleverd"] += 1
    return result


def _lever(instellingen: Instellingen, antwoord: Rij, geduld: Geduld) -> str | None:
    """Delivers one; why that did not go, as a code."""
    op, ontvanger = now(), ontvangers().get(antwoord["ontvanger"])
    if ontvanger is None:
        return "U-ONTVANGER"
    if code := overeenkomst_bezwaar(ontvanger, op.date()):
        return code
    werkmap = instellingen.uitleveringen / f".{MAP}-{antwoord['sha256'][:16]}-{os.getpid()}"
    try:
        ondertekenaar = instellingen.certificaten.ondertekenaar(op)
        kanaal = instellingen.kanalen.van(ontvanger.kanaal)
        bericht = _maak(werkmap, antwoord)
        handtekening = bericht.with_name(bericht.name + HANDTEKENING)
        handtekening.write_bytes(ondertekenaar.onderteken(bytes.fromhex(digest(bericht)), op))
        plaats = f"{ontvanger.ontvanger}/{MAP}/{antwoord['gemaakt_op']:%Y-%m}"
        geduld.probeer(ontvanger.kanaal, lambda: kanaal.lever([handtekening, bericht], plaats), lambda _: None)
    except Storing:
        return "U-KANAAL"
    except KetenFout as fout:
        return fout.code
    finally:
        shutil.rmtree(werkmap, ignore_errors=True)
    return None


def _maak(werkmap: Path, antwoord: Rij) -> Path:
    """The file of an answer."""
    werkmap.mkdir(parents=True, exist_ok=True)
    naam = f"{NAAM}_{antwoord['ontvanger']}_{antwoord['sha256'][:16]}.{antwoord['formaat']}"
    (werkmap / naam).write_bytes(antwoord["inhoud"].encode())
    return werkmap / naam
