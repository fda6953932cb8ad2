"""Whether the proofs of destruction hold: the chain is whole, and what was destroyed is really gone."""

from __future__ import annotations

from dataclasses import dataclass

from lineage.vernietiging import bewijzen, controleer_keten, voornemens
from pipeline.bewaren.vernietig import is_weer_toegelaten, plaatsen
from pipeline.instellingen import Instellingen
from privacy.bewaren import vind

# Where something else may stand at the same place later: an inbox is filled again, a number of a process comes back, a
# run is repeated once more (without what was found ungrounded or who has left).
_HERBRUIKT = ("herhalingen", "inbox", "resten")


@dataclass(frozen=True)
class Verificatie:
    """How many proofs there are, and what is wrong with them."""

    bewijzen: int
    problemen: tuple[str, ...]


def verifieer(instellingen: Instellingen) -> Verificatie:
    """Checks the chain of proofs, and that nothing stands at a place of which it was proven that all went."""
    ledger, root = instellingen.grootboek, instellingen.map()
    problems = controleer_keten(ledger)
    rows = bewijzen(ledger)
    for row in rows:
        reused = row["dataset"].partition("/")[0] in _HERBRUIKT
        places = [plaats for plaats in plaatsen(row) if not plaats.startswith("landing/inbox/")]
        if not reused and not is_weer_toegelaten(instellingen, row) and vind(root, places):
            problems.append(f"bewijs {row['vernietiging_nr']}: {row['dataset']} {row['onderwerp']} staat er nog")
    pending = [f"voornemen {row['dataset']} {row['onderwerp']}: nog niet uitgevoerd" for row in voornemens(ledger)]
    return Verificatie(len(rows), (*problems, *pending))
