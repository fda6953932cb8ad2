"""Makes what is released, signed: `python -m tools.release` (or `make release`).

    the commit ──▶ a clean copy ──▶ sdist ──▶ wheel ┐
                               └──▶ bill of materials├──▶ SHA256SUMS ──▶ SHA256SUMS.p7s
                                                     ┘
Made of what is committed, never of what lies in the work tree, and dated by the commit: the same commit gives the same
bytes, so that anybody can make them again and compare. Only the signature differs (`docs/releasing.md`, ADR 0058).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess  # nosec B404 # git and build, with fixed words
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from lineage.ledger import now
from message_formats.onderteken import Ondertekenaar
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from tools.sbom import maak_sbom

ROOT = Path(__file__).resolve().parent.parent
GIT = shutil.which("git") or "git"
SOMMEN, SBOM = "SHA256SUMS", "sbom.cdx.json"


def maak(uit: Path, ondertekenaar: Ondertekenaar, op: datetime, commit: str = "HEAD") -> list[Path]:
    """Makes and signs the release of a commit in a folder that is empty or not there; its files."""
    uit.mkdir(parents=True, exist_ok=True)
    if any(uit.iterdir()):
        raise FileExistsError(f"{uit}: not empty")
    epoch = int(_run([GIT, "log", "-1", "--format=%ct", commit], ROOT))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "bron")
        _kopie(commit, source)
        bouw(source, uit, epoch)
    sommen = uit / SOMMEN
    files = sorted(path for path in uit.iterdir())
    sommen.write_text("".join(f"{_sha256(path).hexdigest()}  {path.name}\n" for path in files), encoding="utf-8")
    handtekening = uit / f"{SOMMEN}.p7s"
    handtekening.write_bytes(ondertekenaar.onderteken(_sha256(sommen).digest(), op))
    return [*files, sommen, handtekening]


def bouw(source: Path, uit: Path, epoch: int) -> None:
    """The sdist, the wheel made of it, and the bill of materials of the lock; all times are `epoch`."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    builder = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    _run([*builder, str(uit), "--sdist", str(source)], source, environment)
    (sdist,) = uit.glob("*.tar.gz")
    _maak_vast(sdist, epoch)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        _run([*builder, str(uit), "--wheel", str(unpacked)], unpacked, environment)
    maak_sbom(source, uit / SBOM)


def _kopie(commit: str, folder: Path) -> None:
    """What is committed, and nothing else."""
    archive = folder.with_suffix(".tar")
    _run([GIT, "archive", "--format=tar", f"--output={archive}", commit], ROOT)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _maak_vast(sdist: Path, epoch: int) -> None:
    """Writes an sdist again in a fixed order, with one time and no owner: setuptools notes those of the moment."""
    packed = io.BytesIO()
    with tarfile.open(sdist) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    sdist.write_bytes(gzip.compress(packed.getvalue(), mtime=epoch))


def _sha256(path: Path) -> hashlib._Hash:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 # nosec B603 # fixed words and our own paths
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])}: {done.stdout}{done.stderr}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; without a certificate that counts nothing is made, as there is no release that is not signed."""
    parser = argparse.ArgumentParser(description="Make and sign the release of the commit that is checked out.")
    parser.add_argument("--uit", type=Path, default=Path("var/release"))
    chosen = parser.parse_args(arguments)
    os.umask(0o022)  # what is released is for everybody, whatever the shell of who releases says
    try:
        files = maak(chosen.uit.resolve(), Instellingen().certificaten.ondertekenaar(now()), now())
    except KetenFout as fout:
        sys.stderr.write(f"{fout}\n")
        return 3
    sys.stdout.write("".join(f"{path}\n" for path in files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
