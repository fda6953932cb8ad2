"""What our own run of product inkomsten came to, as `gewoon` says it: `python -m tests.benchmarks.peers.onze`."""

from __future__ import annotations

from collections import defaultdict

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
    velden, folder = list(Melding.__dataclass_fields__), run_map(instellingen, run["run_id"])
    tabel = pq.read_table(folder / f"signal_{PRODUCT}.parquet", columns=["signaal_id", *velden])
    wie = Stand(instellingen, periode).pseudonimiseerder(producten()[PRODUCT].doel)
    bsn = wie.ontsleutel_tekst(tabel["persoon"].combine_chunks().cast(PSEUDONIEM)).to_pylist()
    bewijs: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    feiten = pq.read_table(folder / f"bewijs_{PRODUCT}.parquet", columns=["signaal_id", "kenmerk", "waarde"])
    for signaal, kenmerk, waarde in zip(*(column.to_pylist() for column in feiten.columns), strict=True):
        bewijs[signaal].append((kenmerk, waarde))
    rijen = tabel.drop_columns(["persoon", "signaal_id"]).to_pylist()
    regels = [
        regel(Melding(persoon="", **rij), nummer, bewijs[signaal])
        for rij, nummer, signaal in zip(rijen, bsn, tabel["signaal_id"].to_pylist(), strict=True)
    ]
    antwoord(Gedaan(rijen=len(regels), uitkomst=digest(regels), product=PRODUCT))


if __name__ == "__main__":
    main()
