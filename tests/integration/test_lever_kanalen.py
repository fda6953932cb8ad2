"""The whole delivery step to real servers: killed midway and resumed, and nothing of its credentials anywhere.

Utrecht fetches from an SFTP server and its RMC-regio from a bucket; both run here. The process that is killed is a
real one, stopped inside an upload.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.kanaal_s3 import S3Kanaal
from connectors.kanaal_sftp import SftpKanaal
from lineage.pogingen import pogingen
from message_formats.generate import REPOSITORY
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import signaleer
from schemas import load
from schemas.ontvanger import Kanalen
from tests.e2e.eenmalig import schone_omgeving
from tests.e2e.keten import FEBRUARI, RMC_UTRECHT, UTRECHT, keten_in, neem_jongeren_op
from tests.geopend import met_certificaten, opener
from tests.servers import GEHEIM, ID, client, s3_server, sftp_server, vrije_poort

pytestmark = pytest.mark.zwaar
SFTP, S3 = "proef-sftp", "proef-s3"
NAAR = {UTRECHT: SFTP, RMC_UTRECHT: S3}

# The process that will be killed: it delivers, and stays inside the second upload to one of the channels.
KIND = """
import json, logging, sys, time
from pathlib import Path
import asyncssh
from connectors import kanaal_s3
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from schemas import load
from schemas.ontvanger import Kanalen

logging.basicConfig(level=logging.DEBUG)
data, run, kanalen, naar, waar, teken = sys.argv[1:]
load.kanalen().update(Kanalen(kanalen=json.loads(kanalen)).kanalen)
for code, kanaal in json.loads(naar).items():
    load.ontvangers()[code] = load.ontvangers()[code].model_copy(update={"kanaal": kanaal})
seen = []

def hang():
    seen.append(1)
    if len(seen) == 2:
        Path(teken).touch()
        time.sleep(600)

if waar == "proef-sftp":
    put = asyncssh.SFTPClient.put
    async def traag(self, *args, **kwargs):
        hang()
        return await put(self, *args, **kwargs)
    asyncssh.SFTPClient.put = traag
else:
    client = kanaal_s3.S3Kanaal._client.func
    def traag_s3(self):
        made = client(self)
        upload = made.upload_file
        made.upload_file = lambda *args, **kwargs: (hang(), upload(*args, **kwargs))
        return made
    kanaal_s3.S3Kanaal._client.func = traag_s3
lever(Instellingen(data=data), run)
"""


@dataclass(frozen=True)
class Post:
    """An installation with a run to deliver, and what its recipients have on their servers."""

    instellingen: Instellingen
    run: str
    sftp: SftpKanaal
    s3: S3Kanaal
    kanalen: dict[str, dict[str, Any]]

    def bij(self, code: str) -> dict[str, bytes]:
        """What stands on the server of a recipient: name to content."""
        if NAAR[code] == SFTP:
            folder = Path(self.sftp.map)
            return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        store = client(self.s3)
        objects = store.list_objects_v2(Bucket=self.s3.emmer).get("Contents", [])
        return {
            found["Key"].rpartition("/")[2]: store.get_object(Bucket=self.s3.emmer, Key=found["Key"])["Body"].read()
            for found in objects
        }

    def lees(self, code: str, folder: Path) -> list[int]:
        """Opens what a recipient has, as it would; the volgnummers."""
        folder.mkdir()
        for naam, inhoud in self.bij(code).items():
            (folder / naam).write_bytes(inhoud)
        uitkomst = lees_map(folder, opener(self.instellingen))
        assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
        return [levering.envelop["volgnummer"] for levering in uitkomst.leveringen]


@pytest.fixture(scope="module")
def klaar(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A town with a run that was not delivered yet, and the run."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        instellingen = met_certificaten(tmp_path_factory.mktemp("klaar") / "var")
        neem_jongeren_op(instellingen, FEBRUARI)
        return instellingen.data, signaleer(instellingen, "vsv", FEBRUARI).run_id


@pytest.fixture
def post(klaar: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A copy of the town, with servers that have nothing yet."""
    schone_omgeving(monkeypatch)
    data = tmp_path / "var"
    shutil.copytree(klaar[0], data, ignore=shutil.ignore_patterns("ledger.db*"))
    with (
        closing(sqlite3.connect(klaar[0] / "ledger" / "ledger.db")) as source,
        closing(sqlite3.connect(data / "ledger" / "ledger.db")) as target,
    ):
        source.backup(target)
    (tmp_path / "server").mkdir()
    with sftp_server(tmp_path / "server") as sftp, s3_server() as s3:
        geheimen = data / "geheimen"
        geheimen.mkdir(mode=0o700)
        (geheimen / f"{SFTP}.key").write_bytes(sftp.sleutel.read_bytes())
        (geheimen / f"{S3}.s3").write_text(f"{ID}\n{GEHEIM}\n")
        for path in geheimen.iterdir():
            path.chmod(0o600)
        kanalen = {
            SFTP: {"soort": "sftp", "host": sftp.host, "poort": sftp.poort, "gebruiker": sftp.gebruiker,
                   "hostsleutel": sftp.hostsleutel, "map": sftp.map},
            S3: {"soort": "s3", "adres": s3.adres, "regio": s3.regio, "emmer": s3.emmer, "voorvoegsel": "van-ons/"},
        }  # fmt: skip
        for code, naam in NAAR.items():
            changed = load.ontvangers()[code].model_copy(update={"kanaal": naam})
            monkeypatch.setitem(load.ontvangers(), code, changed)
        for naam, kanaal in Kanalen.model_validate({"kanalen": kanalen}).kanalen.items():
            monkeypatch.setitem(load.kanalen(), naam, kanaal)
        yield Post(Instellingen(data=data, kanaalwacht=0.0, kanaalpogingen=2), klaar[1], sftp, s3, kanalen)


def dood(post: Post, waar: str, tmp_path: Path) -> str:
    """Delivers in a process that is killed within an upload; what it logged, with all that its libraries say."""
    teken, log = tmp_path / "binnen", tmp_path / "log"
    arguments = [post.instellingen.data, post.run, json.dumps(post.kanalen), json.dumps(NAAR), waar, teken]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with log.open("wb") as uit:
        process = subprocess.Popen(
            [sys.executable, "-c", KIND, *map(str, arguments)], env=environment, stdout=uit, stderr=uit
        )
    for _ in range(1200):
        if teken.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    assert teken.exists(), log.read_text(encoding="utf-8")[-3000:]
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    return log.read_text(encoding="utf-8")


@pytest.mark.parametrize("waar", [SFTP, S3])
def test_killed_midway_and_resumed(
    post: Post, waar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whole or not at all: no manifest until all is there; then every recipient has one delivery, under one number."""
    said = dood(post, waar, tmp_path)

    half = next(code for code, naam in NAAR.items() if naam == waar)
    there = post.bij(half)
    assert there  # something of it was sent, and nothing that counts
    assert not [naam for naam in there if naam.endswith("_manifest.json")]
    if waar == SFTP:
        assert all(naam.startswith(".") and naam.endswith(".deel") for naam in there)
    planned = post.instellingen.grootboek.uitleveringen(post.run)
    assert {row["status"] for row in planned.values()} == {"voorgenomen"}
    first = {} if waar == SFTP else post.bij(UTRECHT)  # that had gone before, and was not entered

    caplog.set_level(logging.DEBUG)
    resumed = keten_in(post.instellingen.data, monkeypatch)("draai", "vsv", "--periode", FEBRUARI)

    assert resumed.code == 0, resumed.tekst
    now = post.instellingen.grootboek.uitleveringen(post.run)
    assert {row["status"] for row in now.values()} == {"geleverd"}
    same = ("volgnummer", "bericht_identificatie", "dagtekening")
    assert {code: [row[naam] for naam in same] for code, row in now.items()} == {
        code: [row[naam] for naam in same] for code, row in planned.items()
    }
    for code in NAAR:
        assert post.lees(code, tmp_path / code) == [1]
        assert not [naam for naam in post.bij(code) if naam.startswith(".")]
    if first:
        assert post.bij(UTRECHT) == first  # and was not sent a second time
    attempts = [
        (row["ontvanger"], row["kanaal"], row["uitkomst"]) for row in pogingen(post.instellingen.grootboek, post.run)
    ]
    assert attempts == [(code, naam, "gelukt") for code, naam in NAAR.items()]
    _geen_geheim(post, said + caplog.text + resumed.tekst)


def test_server_that_is_down_is_entered_and_tried_again_later(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    poort = vrije_poort()
    with pytest.MonkeyPatch.context() as down:
        elders = load.kanalen()[SFTP].model_copy(update={"poort": poort})
        nergens = load.kanalen()[S3].model_copy(update={"adres": f"http://127.0.0.1:{poort}"})
        down.setitem(load.kanalen(), SFTP, elders)
        down.setitem(load.kanalen(), S3, nergens)
        uitkomst = lever(post.instellingen, post.run)
    assert uitkomst.redenen == {"U-KANAAL": 2}
    failed = pogingen(post.instellingen.grootboek, post.run)
    assert [(row["ontvanger"], row["uitkomst"]) for row in failed] == [
        (code, "mislukt") for code in NAAR for _ in range(2)
    ]
    assert all(row["reden"] for row in failed)
    keten = keten_in(post.instellingen.data, monkeypatch)
    shown = keten("status")
    assert f"Onderweg vsv {FEBRUARI} {UTRECHT}: U-KANAAL" in shown.tekst

    again = keten("draai", "vsv", "--periode", FEBRUARI)

    assert again.code == 0, again.tekst
    done = pogingen(post.instellingen.grootboek, post.run)[len(failed) :]
    assert [(row["ontvanger"], row["uitkomst"]) for row in done] == [(code, "gelukt") for code in NAAR]
    for code in NAAR:
        assert post.lees(code, tmp_path / code) == [1]
    _geen_geheim(post, caplog.text + shown.tekst + again.tekst)


def _geen_geheim(post: Post, said: str) -> None:
    """Neither in what was said, nor in any file but the ones with secrets: ledger, lineage, lake, pages."""
    key = "".join(post.sftp.sleutel.read_text().splitlines()[1:-1])
    secrets = [GEHEIM.encode(), key[60:100].encode()]
    assert len(said) > 1000
    assert not [secret for secret in secrets if secret in said.encode()]
    folder = post.instellingen.map("geheimen")
    for path in post.instellingen.map().rglob("*"):
        if path.is_file() and folder not in path.parents:
            assert not [secret for secret in secrets if secret in path.read_bytes()], path.name
