"""Channels against real servers on this machine: OpenSSH, and an S3-compatible store in a process of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.kanaal import Kanaal, MapKanaal, Storing
from connectors.kanaal_s3 import S3Kanaal
from connectors.kanaal_sftp import SftpKanaal
from schemas.fout import KetenFout
from tests.servers import GEHEIM, ID, s3_server, schrijf_paar, sftp_server, vrije_poort

pytestmark = pytest.mark.zwaar
PLAATS = "0344/vsv/2026-03"


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpKanaal]:
    """A channel to OpenSSH."""
    with sftp_server(tmp_path_factory.mktemp("sftp")) as kanaal:
        yield kanaal


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Kanaal]:
    """A channel to a store."""
    with s3_server() as kanaal:
        yield kanaal


@pytest.fixture(params=["map", "sftp", "s3"])
def kanaal(request: pytest.FixtureRequest, tmp_path: Path) -> Kanaal:
    """Each kind of channel."""
    if request.param == "map":
        return MapKanaal(tmp_path / "uit")
    found: Kanaal = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bestanden(tmp_path: Path) -> list[Path]:
    """A delivery, of which one file is larger than a part of an upload."""
    folder = tmp_path / "gemaakt"
    folder.mkdir()
    made = {"a.json.p7m": os.urandom(20 << 20), "a.json.p7s": b"handtekening", "a_manifest.json": b"{}"}
    for naam, inhoud in made.items():
        (folder / naam).write_bytes(inhoud)
    return [folder / naam for naam in made]


def test_what_is_delivered_is_there(kanaal: Kanaal, bestanden: list[Path], request: pytest.FixtureRequest) -> None:
    plaats = f"{PLAATS}/{abs(hash(request.node.name))}"
    sent = {path.name: path.read_bytes() for path in bestanden}
    assert kanaal.haal(plaats, "a_manifest.json") is None

    kanaal.lever(bestanden, plaats)

    assert {naam: kanaal.haal(plaats, naam) for naam in sent} == sent
    assert kanaal.haal(plaats, ".a.json.p7m.deel") is None
    # A second time does no harm; the folder channel took the files.
    kanaal.lever(bestanden, plaats)
    assert kanaal.haal(plaats, "a_manifest.json") == b"{}"


def test_manifest_appears_last(sftp: SftpKanaal, bestanden: list[Path]) -> None:
    """Cut off while files go up: nothing has its name; what was left is replaced the next time."""
    gone = [*bestanden[:2], bestanden[2].with_name("er-niet.json")]
    with pytest.raises(Storing):
        sftp.lever(gone, f"{PLAATS}/afgebroken")
    assert all(sftp.haal(f"{PLAATS}/afgebroken", path.name) is None for path in bestanden)

    sftp.lever(bestanden, f"{PLAATS}/afgebroken")

    assert sftp.haal(f"{PLAATS}/afgebroken", "a_manifest.json") == b"{}"
    here = Path(sftp.map) / PLAATS / "afgebroken"
    assert {path.name for path in here.iterdir()} == {path.name for path in bestanden}


def test_object_is_whole_or_not_there(s3: S3Kanaal, bestanden: list[Path]) -> None:
    gone = [bestanden[0], bestanden[1].with_name("er-niet.p7s"), bestanden[2]]
    with pytest.raises(Storing):
        s3.lever(gone, f"{PLAATS}/afgebroken")
    assert s3.haal(f"{PLAATS}/afgebroken", "a_manifest.json") is None


def test_server_with_another_key_is_not_spoken_to(sftp: SftpKanaal, bestanden: list[Path], tmp_path: Path) -> None:
    other = replace(sftp, hostsleutel=schrijf_paar(tmp_path / "ander"))
    with pytest.raises(KetenFout, match=r"U-TOEGANG.*HostKeyNotVerifiable"):
        other.lever(bestanden, f"{PLAATS}/vreemd")
    assert not (Path(sftp.map) / PLAATS / "vreemd").exists()


def test_who_may_not_enter_is_told(sftp: SftpKanaal, s3: S3Kanaal, bestanden: list[Path], tmp_path: Path) -> None:
    schrijf_paar(tmp_path / "onbekend")
    with pytest.raises(KetenFout, match=r"U-TOEGANG.*PermissionDenied"):
        replace(sftp, sleutel=tmp_path / "onbekend").lever(bestanden, PLAATS)
    with pytest.raises(KetenFout, match=r"U-TOEGANG.*NoSuchBucket"):
        replace(s3, emmer="bestaat-niet").lever(bestanden, PLAATS)


def test_nobody_there_is_a_failure_that_may_pass(sftp: SftpKanaal, s3: S3Kanaal, bestanden: list[Path]) -> None:
    poort = vrije_poort()
    for dood in (replace(sftp, poort=poort), replace(s3, adres=f"http://127.0.0.1:{poort}")):
        with pytest.raises(Storing):
            dood.lever(bestanden, PLAATS)
        with pytest.raises(Storing):
            dood.haal(PLAATS, "x")


def test_no_secret_is_logged_or_shown(
    sftp: SftpKanaal, s3: S3Kanaal, bestanden: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "".join(sftp.sleutel.read_text().splitlines()[1:-1])
    for kanaal in (sftp, s3):
        kanaal.lever(bestanden, f"{PLAATS}/log")
    said = caplog.text + repr(sftp) + repr(s3)
    assert len(caplog.records) > 20
    assert GEHEIM not in said
    assert secret[60:100] not in said
    assert ID not in repr(s3)
