"""What our own run of product inkomsten came to, as `gewoon` says it: `python -m tests.benchmarks.peers.onze`."""

from __future__ import annotations

import pyarrow.parquet as pq

from pipeline.meting.proces import Gedaan, antwoord, lees_opdracht
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from schemas.arrow import PSEUDONIEM
from schemas.load import producten
from tests.benchmarks.peers.gewoon import PRODUCT, digest, regel
from tests.spec.oracle.inkomsten import Melding


def main() -> None:
    """Turns the pseudonyms of the last run back and takes the digest."""
    opdracht = lees_opdracht()
    instellingen, (periode,) = opdracht.laad(), opdracht.over
    run = instellingen.grootboek.laatste_run(PRODUCT, periode)
    assert run is not None
    velden = list(Melding.__dataclass_fields__)
    tabel = pq.read_table(run_map(instellingen, run["run_id"]) / f"signal_{PRODUCT}.parquet", columns=velden)
    wie = Stand(instellingen, periode).pseudonimiseerder(producten()[PRODUCT].doel)
    bsn = wie.ontsleutel_tekst(tabel["persoon"].combine_chunks().cast(PSEUDONIEM)).to_pylist()
    rijen = tabel.drop_columns("persoon").to_pylist()
    regels = [regel(Melding(persoon="", **rij), nummer) for rij, nummer in zip(rijen, bsn, strict=True)]
    antwoord(Gedaan(rijen=len(regels), uitkomst=digest(regels), product=PRODUCT))


if __name__ == "__main__":
    main()
