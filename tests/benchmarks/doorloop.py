"""One CSV to Parquet in a process of its own: `python -m tests.benchmarks.doorloop <hoe> <csv> <map>`.

Ways: `polars` (no checks at all, and the compression that polars chooses: zstd), `polars:snappy` (the compression of
the lake), `deur:<percentage>` (the door, with so many of the persons in the population) and `hmac:<percentage>` (the
same door, with HMAC-SHA256 value by value). Prints seconds, processor seconds and peak in MB.
"""

from __future__ import annotations

import hashlib
import hmac
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.lees import lees_bestand
from connectors.rijen import Bevinding, bundel
from connectors.vooruit import vooruit
from privacy.deur import Deur, Toegang
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from schemas.arrow import PSEUDONIEM
from schemas.load import bronnen, doelen
from tests.benchmarks.maak import PERSONS, burgerservicenummers

KEY = bytes(range(32))
TABEL = "uwv.inkomstenopgave"


class PerWaarde(Pseudonimiseerder):
    """Pseudonyms the usual way: a keyed hash of every value."""

    def versleutel(self, cijfers: np.ndarray, geldig: np.ndarray | None = None) -> pa.Array:
        values = np.ascontiguousarray(cijfers).view("S9").ravel().tolist()
        return self._hash(values, None if geldig is None else ~geldig)

    def versleutel_lhnr(self, nummers: pa.Array) -> pa.Array:
        return self._hash([(value or "").encode() for value in nummers.to_pylist()], None)

    def _hash(self, values: list[bytes], mask: np.ndarray | None) -> pa.Array:
        tokens = [hmac.new(KEY, value, hashlib.sha256).digest()[:16] for value in values]
        return pa.array(tokens, PSEUDONIEM, mask=mask)


def polars(csv: Path, folder: Path, compression: str) -> None:
    scanned = import_module("polars").scan_csv(csv, separator=";")
    scanned.sink_parquet(folder / "polars.parquet", compression=compression)


def deur(csv: Path, folder: Path, toegang: Toegang) -> None:
    with Deur(folder, 1, {toegang.doel: "levering"}) as door:
        gelezen = lees_bestand(csv, bronnen()["uwv"], {"inkomstenopgave": list(toegang.raadpleging.velden)})
        for item in vooruit(bundel(item for item in gelezen if not isinstance(item, Bevinding))):
            door.verwerk(item.batch, [toegang])


def maak_toegang(percentage: float, pseudonimiseerder: Pseudonimiseerder) -> Toegang:
    doel = doelen()["inkomsten"]
    populatie = Populatie()
    populatie.voeg_toe(burgerservicenummers(PERSONS)[: int(PERSONS * percentage / 100)])
    raadpleging = next(raadpleging for raadpleging in doel.bronnen if raadpleging.tabel == TABEL)
    return Toegang("inkomsten", raadpleging, pseudonimiseerder, populatie)


def main(hoe: str, csv: Path, folder: Path) -> None:
    way, _, how = hoe.partition(":")
    bronnen()
    if way == "polars":
        import_module("polars")  # loading it is not what is measured
    else:
        toegang = maak_toegang(float(how), (PerWaarde if way == "hmac" else Pseudonimiseerder)(KEY))
    start, processor = time.perf_counter(), time.process_time()
    if way == "polars":
        polars(csv, folder, how or "zstd")
    else:
        deur(csv, folder, toegang)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(seconds, processor, int(peak.split()[1]) // 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
