"""Sends OpenLineage events of every step as it is entered in the ledger: to a file, and to a backend by HTTP if set.

The file has a line per event and a name per day; it is the record, so that a backend that was away can be given what it
missed (`keten lineage stuur`). Sending never makes a step fail: what is true stands in the ledger, which has each row
told at least once, also of a step that was killed before it could (`lineage.onverzonden`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.ledger import Stap

if TYPE_CHECKING:
    from openlineage.client.transport.http import HttpTransport

TIMEOUT = 5.0  # seconds a step may be held up by a backend that does not answer
_log = logging.getLogger(__name__)


class Zender:
    """Hears of steps from the ledger; `url` is empty for a file only, `ouder` names the run the steps are part of."""

    def __init__(self, folder: Path, url: str, ouder: str) -> None:
        self._folder, self._url, self._ouder = folder, url, ouder

    def __call__(self, stap_nr: int, stap: Stap, tot: datetime) -> None:
        """Writes and sends the events of an outcome row.

        Raises:
            OSError: they could not be written; who asked asks again later.
        """
        from openlineage.client.serde import Serde  # noqa: PLC0415 - half a second that a question need not pay

        from lineage.gebeurtenissen import Ouder, van_stap  # noqa: PLC0415

        events = van_stap(stap_nr, stap, tot, Ouder.lees(self._ouder) if self._ouder else None)
        text = "".join(f"{Serde.to_json(event)}\n" for event in events)
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"openlineage-{tot:%Y-%m-%d}.ndjson").open("a", encoding="utf-8") as file:
            file.write(text)  # one write, so that lines of two processes do not mix
        if self._url:
            self._stuur(events)

    def _stuur(self, events: Iterable[Any]) -> None:
        try:
            for event in events:
                self._http.emit(event)
        except Exception as error:
            _log.warning("OpenLineage: backend niet bereikt (%s); zie keten lineage stuur", type(error).__name__)

    @cached_property
    def _http(self) -> HttpTransport:
        from openlineage.client.transport.http import HttpConfig, HttpTransport  # noqa: PLC0415

        return HttpTransport(HttpConfig(url=self._url, timeout=TIMEOUT))


def stuur_bestand(bestand: Path, url: str) -> int:
    """Gives a backend the events of a file, in order; returns how many. It may have some already: they are the same.

    Raises:
        httpx.HTTPError: the backend did not take an event; those before it were taken.
    """
    import httpx  # noqa: PLC0415

    count = 0
    with httpx.Client(timeout=TIMEOUT) as client, bestand.open(encoding="utf-8") as lines:
        for line in lines:
            headers = {"Content-Type": "application/json"}
            client.post(f"{url.rstrip('/')}/api/v1/lineage", content=line, headers=headers).raise_for_status()
            count += 1
    return count
