"""The envelope of a message: who sends what to whom, about which month, and how many signals are in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from message_formats.names import Inhoud, is_number
from message_formats.text import clean
from schemas.berichten import Bericht


@dataclass(frozen=True)
class Envelop:
    """What stands before the signals, in the words of the pipeline.

    `dagtekening` is in UTC and cut to seconds; `ontvanger` is a gemeentecode, `rmc-NN` or `ws-NNNN`; `aantallen` counts
    signals per signaalcode and adds up to `aantal_signalen`.
    """

    bericht: str
    versie: str
    afzender_oin: str
    ontvanger_oin: str
    ontvanger: str
    ontvanger_naam: str
    bericht_identificatie: str
    volgnummer: int
    dagtekening: datetime
    periode: str
    peildatum: date
    leveringsoort: str
    aantal_signalen: int
    aantallen: Mapping[str, int]
    run_id: str
    contact_naam: str
    contact: str

    def __post_init__(self) -> None:
        """Refuses an envelope that contradicts itself; that is a fault in the caller."""
        if self.dagtekening.tzinfo is None:
            raise ValueError("dagtekening heeft geen tijdzone")
        if sum(self.aantallen.values()) != self.aantal_signalen:
            raise ValueError("aantallen per code tellen niet op tot aantal_signalen")


def envelop_velden(envelop: Envelop, bericht: Bericht, inhoud: Inhoud) -> dict[str, Any]:
    """The envelope fields of a message by their snake_case name, numbers as int and the rest as text.

    The counts per code are last, as `aantallen_per_code`: a list of `{signaal_code, aantal}` in the order of the
    definition, without zeros.
    """
    waarden: dict[str, object] = {
        "bericht_code": envelop.bericht,
        "bericht_versie": bericht.hoofdversie,
        "bericht_subversie": bericht.subversie,
        "ontvanger_code": envelop.ontvanger,
        "dagtekening": envelop.dagtekening.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "peildatum": envelop.peildatum.isoformat(),
        "inhoud": inhoud,
    }
    velden: dict[str, Any] = {}
    for naam, veld in bericht.envelop.items():
        waarde = waarden[naam] if naam in waarden else getattr(envelop, naam)
        velden[naam] = waarde if is_number(veld) else clean(str(waarde))
    velden["aantallen_per_code"] = [
        {"signaal_code": code, "aantal": envelop.aantallen[code]}
        for code in sorted(envelop.aantallen, key=list(bericht.signaalcodes).index)
        if envelop.aantallen[code]
    ]
    return velden
