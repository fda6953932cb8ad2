"""A full disk: a coded error, nothing half stands where it counts, and with room again it becomes what it would be.

The disk is a file system of its own in memory, of the size that is left for the step. Where mounting is not allowed the
size of a single file is limited instead: another error of the system, with the same outcome.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from dbt_common.exceptions import DbtRuntimeError

from pipeline import dbt_build
from pipeline.storing import SCHIJF, tekort
from schemas.fout import KetenFout
from schemas.load import meldingen
from tests.fault.gedood import Ongestoord
from tests.fault.proces import Ploeg
from tests.fault.toestand import verschillen

SECONDEN = 600
KIB = 1024
# Of a step how much room is left: nothing at all, and enough to begin.
STAPPEN = ("inname", "deur", "signaleer", "lever")
RUIMTE = (0, 96)  # KiB


@contextmanager
def schijf(folder: Path, kib: int) -> Iterator[Callable[[int], bool]]:
    """A small disk at a folder; what is given sets its size anew, and says whether there is one."""

    def size(kib: int) -> bool:
        return _mount("-o", f"remount,size={kib}k", str(folder))

    folder.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    try:
        yield size if mounted else (lambda _: False)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _mount(*args: str) -> bool:
    return subprocess.run(["mount", *args], capture_output=True, check=False).returncode == 0


def gebruikt(folder: Path) -> int:
    """How much of a disk is in use, in KiB."""
    found = shutil.disk_usage(folder)
    return -(-found.used // KIB)


@pytest.mark.zwaar
@pytest.mark.parametrize("stap", STAPPEN)
@pytest.mark.parametrize("ruimte", RUIMTE)
def test_step_on_a_full_disk(ploeg: Ploeg, ongestoord: Ongestoord, tmp_path: Path, stap: str, ruimte: int) -> None:
    with schijf(tmp_path / "schijf", 512 * KIB) as maat:
        if not maat(512 * KIB):
            pytest.skip("geen schijf te maken (mount); test_step_that_may_not_write_more is er dan nog")
        data = tmp_path / "schijf" / "var"
        shutil.copytree(ongestoord.voor(stap), data, symlinks=True)
        before = standing(data)
        assert maat(gebruikt(tmp_path / "schijf") + ruimte)

        failed = ploeg.doe(stap, data, klok=ongestoord.klok)

        assert failed["status"] == 1
        assert "KetenFout: O-SCHIJF" in failed["fout"].splitlines()[-1], failed["fout"]
        assert half(data, before) == []
        assert maat(512 * KIB)
        again = ploeg.doe(stap, data, klok=ongestoord.klok, toestand=True)
        assert again["status"] == 0, again.get("fout")
        assert zonder_mislukt(verschillen(ongestoord.van(stap)["toestand"], again["toestand"])) == []


@pytest.mark.zwaar
@pytest.mark.parametrize("stap", ["deur", "lever"])
def test_step_that_may_not_write_more(ploeg: Ploeg, ongestoord: Ongestoord, tmp_path: Path, stap: str) -> None:
    data = tmp_path / "var"
    shutil.copytree(ongestoord.voor(stap), data, symlinks=True)
    failed = ploeg.doe(stap, data, klok=ongestoord.klok, grens=512)
    assert failed["status"] == 1
    # SQLite does not tell a limit from any other error of the disk.
    assert re.search("KetenFout: O-(SCHIJF|GROOTBOEK)", failed["fout"].splitlines()[-1]), failed["fout"]
    again = ploeg.doe(stap, data, klok=ongestoord.klok, toestand=True)
    assert again["status"] == 0, again.get("fout")
    assert zonder_mislukt(verschillen(ongestoord.van(stap)["toestand"], again["toestand"])) == []


def standing(data: Path) -> set[Path]:
    return {path.relative_to(data) for path in data.rglob("*") if path.is_file()}


def half(data: Path, before: set[Path]) -> list[Path]:
    """New Parquet files under a name of their own that cannot be read, and manifests that name what is not there."""
    found = []
    for rel in sorted(standing(data) - before):
        if any(part.startswith(".") for part in rel.parts) or rel.parts[0] in ("dbt", "ledger"):
            continue
        if rel.suffix == ".parquet":
            try:
                pq.read_table(data / rel)
            except Exception:
                found.append(rel)
        elif not (data / rel).stat().st_size:
            found.append(rel)
    return found


def zonder_mislukt(verschil: list[str]) -> list[str]:
    """The differences, but that the failed attempt is in the ledger too."""
    return [each for each in verschil if '"status": "mislukt"' not in each and not each.startswith("poging ")]


class TestVertaling:
    @pytest.mark.parametrize(
        ("fout", "vol"),
        [
            (OSError(28, "No space left on device"), True),
            (OSError(122, "Disk quota exceeded"), True),
            (OSError(27, "File too large"), True),
            (OSError(13, "Permission denied"), False),
            (RuntimeError("IO Error: Could not write file: No space left on device"), True),
            (ValueError("iets anders"), False),
        ],
    )
    def test_what_a_library_says(self, fout: Exception, vol: bool) -> None:
        assert tekort(fout) == (SCHIJF if vol else None)

    def test_when_dbt_itself_cannot_write(self, tmp_path: Path) -> None:
        """Not a model that fails, but dbt with what it writes for itself."""
        full = DbtRuntimeError("[Errno 28] No space left on device")
        ended = SimpleNamespace(success=False, exception=full, result=[])
        with patch.object(dbt_build, "_invoke", return_value=ended), patch.object(dbt_build, "_manifest"):
            uitkomst = dbt_build.build("vsv", {}, tmp_path, periode="2026-03", aanwezig=(), werkmap=tmp_path / "werk")
        assert not uitkomst.ok
        assert uitkomst.fouten == (f"dbt: {SCHIJF}",)

    def test_code_says_what_to_do(self) -> None:
        assert "Maak ruimte" in str(KetenFout("O-SCHIJF", "lever"))
        assert {code for code, melding in meldingen().items() if melding.soort == "opslag"} == {
            "O-SCHIJF",
            "O-GROOTBOEK",
            "O-ONTBREEKT",
            "O-BESCHADIGD",
        }
