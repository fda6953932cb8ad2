"""Places where only a step comes that finds what a killed one left: to the step, and where it is killed first."""

from __future__ import annotations

from tests.fault.gedood import Moment
from tests.fault.opname import VOOR

_GELEVERD: Moment = ("lineage/ledger.py:Ledger.rond_af grootboek", 1, VOOR)

HERSTEL: dict[str, tuple[str, Moment]] = {
    "lineage/retour.py:beantwoord grootboek": ("retour", ("pipeline/retour/inbox.py:_verplaats zet neer", 1, VOOR)),
    "pipeline/betrokkene/tekst.py:schrijf wist": ("inzage", ("pipeline/betrokkene/tekst.py:schrijf zet neer", 1, VOOR)),
    "pipeline/retour/inbox.py:_ruim_op wist": ("retour", ("pipeline/retour/inbox.py:_verplaats wist", 1, VOOR)),
    "pipeline/uitlevering/bezorg.py:Bezorger._staat_er schrijft": ("lever", _GELEVERD),
    "pipeline/uitlevering/bezorg.py:Bezorger._staat_er schrijft 2": ("lever", _GELEVERD),
    "pipeline/vertrek/export.py:exporteer wist": (
        "uitvoer",
        ("pipeline/vertrek/export.py:exporteer zet neer", 1, VOOR),
    ),
}
