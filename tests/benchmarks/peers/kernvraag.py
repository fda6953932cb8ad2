"""The core question of the income signals, asked of one engine on the lake of our run.

`python -m tests.benchmarks.peers.kernvraag`, with an `Opdracht` as its input; see `tests.benchmarks.inkomsten_vraag`.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.meting.proces import Gedaan, Klok, antwoord, lees_opdracht
from pipeline.signaleer import INVOER
from tests.benchmarks.inkomsten_vraag import MOTOREN

OPGAVE, POPULATIE = "uwv.inkomstenopgave", "gemeente.bijstandspopulatie"


def main() -> None:
    """Puts the lake files where the question looks for them, and asks it."""
    opdracht = lees_opdracht()
    instellingen, (periode,) = opdracht.laad(), opdracht.over
    run = instellingen.grootboek.laatste_run("inkomsten", periode)
    assert run is not None
    names = [row["naam"] for row in instellingen.grootboek.run_bestanden(run["run_id"]) if row["soort"] == INVOER]
    with TemporaryDirectory() as folder:
        opgaven = [naam for naam in names if f"/{OPGAVE}/" in naam]
        for nr, naam in enumerate(opgaven):
            (Path(folder) / f"{OPGAVE}-{nr:02d}.parquet").symlink_to(instellingen.lake / naam)
        laatste = max(naam for naam in names if f"/{POPULATIE}/" in naam)
        (Path(folder) / f"{POPULATIE}-01.parquet").symlink_to(instellingen.lake / laatste)
        klok = Klok()
        rijen, som = MOTOREN[opdracht.naam](Path(folder))
        gedaan = klok.klaar(Gedaan(rijen=rijen, uitkomst=f"{rijen} {som}"))
    antwoord(gedaan)


if __name__ == "__main__":
    main()
