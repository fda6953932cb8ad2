"""Very large input is read or refused in memory that does not grow with it.

Each file is read in a process of its own, of which the peak is measured. `KETEN_GROOT_MB` gives another size than the
one that keeps the tests quick.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.bouw import CHECKOUT
from tests.fault.inputs.archieven import overlappend
from tests.fault.inputs.geval import ANDERE, KOP, REGEL, client, suwi
from tests.fault.inputs.tekst import regel

MB = 2**20
GROOT = int(os.environ.get("KETEN_GROOT_MB", "64"))
TOP, ADRESRUIMTE = 450, 4096  # MB; most of the first is Python with its libraries
SCRIPT = """
import os, resource, sys
from pathlib import Path
from connectors.lees import herken_bestand, lees_bestand
from schemas.fout import KetenFout
from schemas.load import bronnen
path, bron = Path(sys.argv[1]), bronnen()["uwv"]
rows, codes = 0, set()
try:
    herken_bestand(path, bron)
    for item in lees_bestand(path, bron, ["inkomstenverhouding"]):
        if hasattr(item, "batch"):
            rows += item.batch.num_rows
        else:
            codes.add(item.code)
except KetenFout as fout:
    rows, codes = 0, {fout.code}
hwm = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, int(hwm.split()[1]) // 1024, *sorted(codes), flush=True)
os._exit(0)  # a reader that was stopped halfway may still have a thread of Arrow's at work, which aborts an orderly end
"""


def lees(path: Path) -> tuple[int, int, set[str]]:
    """Rows, peak in MB and codes; when the file is refused, no rows."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADRESRUIMTE * MB, ADRESRUIMTE * MB))

    seconds = 60 + GROOT
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        cwd=CHECKOUT,
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
        preexec_fn=limit,
    )
    assert done.returncode == 0, done.stderr[-500:]
    rows, peak, *codes = done.stdout.split()
    return int(rows), int(peak), set(codes)


def herhaal(file: IO[bytes], stuk: bytes) -> int:
    """Writes a piece until the file is large; how often."""
    block = stuk * max(1, MB // len(stuk))
    times = GROOT * MB // len(block) + 1
    for _ in range(times):
        file.write(block)
    return times * (len(block) // len(stuk))


def xml(inhoud: bytes, vooraf: str = "", achteraf: str = "") -> Callable[[IO[bytes]], int]:
    def schrijf(file: IO[bytes]) -> int:
        begin, einde = suwi("|").split("|")
        file.write((begin + vooraf).encode())
        times = herhaal(file, inhoud)
        file.write((achteraf + einde).encode())
        return times

    return schrijf


def tekst(begin: bytes, inhoud: bytes) -> Callable[[IO[bytes]], int]:
    def schrijf(file: IO[bytes]) -> int:
        file.write(begin)
        return herhaal(file, inhoud)

    return schrijf


OPEN = f"<ClientSuwi><Burgerservicenr>{ANDERE}</Burgerservicenr>"
IKV = b"<Inkomstenverhouding><VolgnrIkv>1</VolgnrIkv></Inkomstenverhouding>"
BEGIN_JSON = regel()[:-2] + b', "x": '
GEVALLEN: dict[str, tuple[str, Callable[[IO[bytes]], int], bool, set[str]]] = {
    # name: extension, how it is written, whether its rows are read, codes
    "xml op één regel": ("xml", xml(client().encode()), True, set()),
    "xml met alleen onbekende elementen": ("xml", xml(b"<Onbekend><a>1</a></Onbekend>"), False, set()),
    "xml vol commentaar": ("xml", xml(b"<!-- niets -->"), False, set()),
    "xml vol instructies": ("xml", xml(b"<?niets niets?>"), False, set()),
    "xml zonder einde aan één persoon": ("xml", xml(IKV, OPEN, "</ClientSuwi>"), False, {"B-KAPOT"}),
    "xml met één tekst": ("xml", xml(b"1234567890", OPEN, "</ClientSuwi>"), False, {"B-KAPOT"}),
    "csv": ("csv", tekst(KOP.encode() + b"\n", REGEL.encode() + b"\n"), True, set()),
    "csv met aanhalingsteken dat niet sluit": ("csv", tekst(f'{KOP}\n{ANDERE};"'.encode(), b"x\n"), False, {"B-KAPOT"}),
    "csv op één regel": ("csv", tekst(KOP.encode() + b"\n", b"xxxxxxx;"), False, {"B-KAPOT"}),
    "csv vol NUL-bytes": ("csv", tekst(f"{KOP}\n{REGEL}\n".encode() * 40, bytes(100)), False, {"B-KAPOT"}),
    "json regels": ("jsonl", tekst(b"", regel()), True, set()),
    "json regels met een regel zonder einde": ("jsonl", tekst(regel() + BEGIN_JSON + b'"', b"x"), False, {"B-KAPOT"}),
    "json regels vol lege regels": ("jsonl", tekst(regel(), b"\n" * 100), False, set()),
    "json met een tekst zonder einde": ("json", tekst(b"[" + BEGIN_JSON + b'"', b"x"), False, {"B-KAPOT"}),
    "json met een reeks zonder einde": ("json", tekst(b"[" + BEGIN_JSON + b"[1", b",1"), False, {"B-KAPOT"}),
}


@pytest.mark.zwaar
@pytest.mark.parametrize("naam", GEVALLEN)
def test_large_file_takes_little_memory(tmp_path: Path, naam: str) -> None:
    extensie, schrijf, gelezen, codes = GEVALLEN[naam]
    path = tmp_path / f"groot.{extensie}"
    with path.open("wb") as file:
        times = schrijf(file)
    rows, peak, found = lees(path)
    path.unlink()
    assert peak < TOP
    assert found == codes
    assert rows == (times if gelezen else 1 if naam == "json regels vol lege regels" else 0)


@pytest.mark.zwaar
def test_zip_with_very_many_members_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "veel.zip"
    path.write_bytes(overlappend(1_500_000))
    rows, peak, codes = lees(path)
    assert (rows, codes) == (0, {"B-ARCHIEF"})
    assert peak < TOP
