"""Real servers behind a line that fails three calls in ten, or dies halfway: everything arrives once, whole, in order.

A proxy refuses a connection, or cuts it off after some bytes; which is drawn from a seed, so it can be had again.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tenacity.nap

from lineage.pogingen import pogingen
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import signaleer
from schemas import load
from schemas.ontvanger import Kanalen
from tests.e2e.keten import DEN_HAAG, FEBRUARI, MAART, RMC_DEN_HAAG, RMC_UTRECHT, UTRECHT, neem_jongeren_op
from tests.geopend import met_certificaten, opener
from tests.servers import GEHEIM, ID, client, s3_server, sftp_server

pytestmark = pytest.mark.zwaar
SECONDEN = 300
SFTP, S3, MAP = "proef-sftp", "proef-s3", "map"
NAAR = {UTRECHT: SFTP, RMC_UTRECHT: S3, DEN_HAAG: S3, RMC_DEN_HAAG: MAP}
KANS, POGINGEN, WACHT = 0.3, 12, 0.5
_CALL = (b"GET ", b"PUT ", b"POST ", b"HEAD ", b"DELETE ")


@dataclass
class Lijn:
    """A line to a server on this machine that goes wrong. With `per_vraag` every HTTP request is a call of its own."""

    naar: int
    kans: float
    per_vraag: bool
    toeval: random.Random
    dood: bool = False
    gevraagd: int = 0
    gestoord: int = 0
    poort: int = 0
    _slot: threading.Lock = field(default_factory=threading.Lock)

    def _mis(self) -> bool:
        with self._slot:
            self.gevraagd += 1
            wrong = self.dood or self.toeval.random() < self.kans
            self.gestoord += wrong
            return wrong

    def behandel(self, klant: socket.socket) -> None:
        """One connection."""
        with klant:
            left = 0 if self.dood else None
            if not self.per_vraag and self._mis():
                left = self.toeval.choice((0, 500, 3000))
            if left == 0:
                _breek(klant)
                return
            with socket.create_connection(("127.0.0.1", self.naar)) as server:
                back = threading.Thread(target=_pomp, args=(server, klant), daemon=True)
                back.start()
                with suppress(OSError):
                    while chunk := klant.recv(4096):
                        if self.dood or (self.per_vraag and chunk.startswith(_CALL) and self._mis()):
                            _breek(klant)
                            return
                        server.sendall(chunk)
                        if left is not None and (left := left - len(chunk)) <= 0:
                            _breek(klant)
                            return


def _breek(klant: socket.socket) -> None:
    """Ends a connection without a goodbye."""
    with suppress(OSError):
        klant.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        klant.close()


def _pomp(van: socket.socket, naar: socket.socket) -> None:
    with suppress(OSError):
        while chunk := van.recv(65536):
            naar.sendall(chunk)


@contextmanager
def lijn(naar: int, seed: int, *, per_vraag: bool) -> Iterator[Lijn]:
    made = Lijn(naar, KANS, per_vraag, random.Random(seed))
    with socket.create_server(("127.0.0.1", 0)) as luisteraar:
        made.poort = luisteraar.getsockname()[1]

        def neem_aan() -> None:
            with suppress(OSError):
                while True:
                    klant, _ = luisteraar.accept()
                    threading.Thread(target=made.behandel, args=(klant,), daemon=True).start()

        threading.Thread(target=neem_aan, daemon=True).start()
        yield made


@dataclass(frozen=True)
class Post:
    """A town whose recipients fetch at three places, two of them behind a line that goes wrong."""

    instellingen: Instellingen
    sftp: Lijn
    s3: Lijn
    sftp_map: Path
    s3_kanaal: object
    gewacht: list[float]

    def bij(self, ontvanger: str, naar: Path) -> list[int]:
        """The volgnummers of what a recipient has, opened and judged."""
        naam = NAAR[ontvanger]
        if naam == S3:
            s3 = client(self.s3_kanaal)  # type: ignore[arg-type]
            for item in s3.list_objects_v2(Bucket="emmer").get("Contents", []):
                if f"/{ontvanger}/" in item["Key"]:
                    target = naar / item["Key"].partition("/")[2]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    s3.download_file("emmer", item["Key"], str(target))
        folder = {S3: naar, SFTP: self.sftp_map, MAP: self.instellingen.uitleveringen}[naam] / ontvanger
        outcome = lees_map(folder, opener(self.instellingen))
        assert outcome.goed, [str(problem) for problem in outcome.problemen]
        assert not list(folder.rglob(".*"))
        return sorted(levering.envelop["volgnummer"] for levering in outcome.leveringen)


@pytest.fixture(params=[1, 2])
def post(
    request: pytest.FixtureRequest, instellingen: Instellingen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    (instellingen.data / "certificaten").unlink()
    met_certificaten(instellingen.data)
    (tmp_path / "server").mkdir()
    with (
        sftp_server(tmp_path / "server") as sftp,
        s3_server() as s3,
        lijn(sftp.poort, request.param, per_vraag=False) as naar_sftp,
        lijn(int(s3.adres.rpartition(":")[2]), request.param, per_vraag=True) as naar_s3,
    ):
        geheimen = instellingen.data / "geheimen"
        geheimen.mkdir(mode=0o700)
        (geheimen / f"{SFTP}.key").write_bytes(sftp.sleutel.read_bytes())
        (geheimen / f"{S3}.s3").write_text(f"{ID}\n{GEHEIM}\n", encoding="utf-8")
        for path in geheimen.iterdir():
            path.chmod(0o600)
        kanalen = {
            SFTP: {"soort": "sftp", "host": sftp.host, "poort": naar_sftp.poort, "gebruiker": sftp.gebruiker,
                   "hostsleutel": sftp.hostsleutel, "map": sftp.map},
            S3: {"soort": "s3", "adres": f"http://127.0.0.1:{naar_s3.poort}", "regio": s3.regio, "emmer": s3.emmer,
                 "voorvoegsel": "van-ons/"},
        }  # fmt: skip
        for code, naam in NAAR.items():
            monkeypatch.setitem(load.ontvangers(), code, load.ontvangers()[code].model_copy(update={"kanaal": naam}))
        for naam, kanaal in Kanalen.model_validate({"kanalen": kanalen}).kanalen.items():
            monkeypatch.setitem(load.kanalen(), naam, kanaal)
        waited: list[float] = []
        monkeypatch.setattr(tenacity.nap.time, "sleep", waited.append)
        settings = Instellingen(data=instellingen.data, kanaalwacht=WACHT, kanaalpogingen=POGINGEN)
        yield Post(settings, naar_sftp, naar_s3, Path(sftp.map), s3, waited)


def run(post: Post, periode: str) -> str:
    neem_jongeren_op(post.instellingen, periode)
    return signaleer(post.instellingen, "vsv", periode).run_id


def test_three_in_ten_calls_fail(post: Post, tmp_path: Path) -> None:
    for nummer, periode in enumerate((FEBRUARI, MAART), 1):
        made = run(post, periode)
        assert set(lever(post.instellingen, made).ontvangers) == {"geleverd"}
        attempts = pogingen(post.instellingen.grootboek, made)
        rows = post.instellingen.grootboek.uitleveringen(made)
        assert [row["ontvanger"] for row in attempts if row["uitkomst"] == "gelukt"] == sorted(rows)
        assert {row["volgnummer"] for naar, row in rows.items() if naar in (UTRECHT, RMC_UTRECHT)} == {nummer}
    assert post.sftp.gestoord + post.s3.gestoord >= 3
    assert post.bij(UTRECHT, tmp_path / "u") == post.bij(RMC_UTRECHT, tmp_path / "r") == [1, 2]
    assert post.bij(DEN_HAAG, tmp_path / "d") == post.bij(RMC_DEN_HAAG, tmp_path / "h") == [1]
    # Back-off: twice as long each time, and a random part of at most the first wait; never more than a minute and that.
    waits = [wait for wait in post.gewacht if wait]
    assert waits
    assert all(WACHT <= wait <= 60 + WACHT for wait in waits)
    steps = [min(WACHT * 2**power, 60) for power in range(POGINGEN)]
    assert all(any(step <= wait <= step + WACHT for step in steps) for wait in waits)
    before = post.sftp.gevraagd + post.s3.gevraagd
    lever(post.instellingen, made)
    assert post.sftp.gevraagd + post.s3.gevraagd == before  # and nothing is done twice


def test_line_that_dies_holds_up_nobody_else(post: Post, tmp_path: Path) -> None:
    post.s3.kans = post.sftp.kans = 0.0
    post.sftp.dood = True
    made = run(post, MAART)

    outcome = lever(post.instellingen, made)

    rows = post.instellingen.grootboek.uitleveringen(made)
    assert {naar: row["status"] for naar, row in rows.items()} == {
        naar: "voorgenomen" if naam == SFTP else "geleverd" for naar, naam in NAAR.items()
    }
    assert outcome.redenen == {"U-KANAAL": 1}
    assert len(pogingen(post.instellingen.grootboek, made)) == POGINGEN + 3
    assert post.gewacht == sorted(post.gewacht) or max(post.gewacht) >= 60  # each longer, up to a minute
    post.sftp.dood = False

    assert set(lever(post.instellingen, made).ontvangers) == {"geleverd"}
    for naar in NAAR:
        assert post.bij(naar, tmp_path / naar) == [1]
        now = post.instellingen.grootboek.uitleveringen(made)[naar]
        assert now["bericht_identificatie"] == rows[naar]["bericht_identificatie"]
