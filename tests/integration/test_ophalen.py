"""Landing from real servers: leveringen and retourberichten are fetched from OpenSSH and from an S3-compatible store.

DUO puts its levering on the SFTP server, the BRP in the bucket, and Utrecht its answer where it finds its messages.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.kanaal import Afhaalkanaal, Gevonden, Storing
from connectors.kanaal_s3 import S3Kanaal
from connectors.kanaal_sftp import SftpKanaal
from lineage import tabellen as t
from lineage.leveringen import alle
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import haal_op
from pipeline.retour.inbox import verwerk_inbox
from pipeline.scherm import OPZIJ
from schemas import load
from schemas.bron import VAN_ONTVANGERS
from schemas.fout import KetenFout
from schemas.ontvanger import Kanalen
from tests.bouw import schrijf_csv
from tests.e2e.eenmalig import schone_omgeving
from tests.e2e.keten import BLIJFT, DUO, FEBRUARI, PERSOON, UTRECHT, VERBLIJF, keten_in
from tests.geopend import met_certificaten
from tests.servers import GEHEIM, ID, client, s3_server, schrijf_paar, sftp_server, vrije_poort

pytestmark = pytest.mark.zwaar
SFTP, S3 = "proef-sftp", "proef-s3"
LEVERING = f"{FEBRUARI}-levering"


@dataclass(frozen=True)
class Servers:
    """Both servers, each with a way to put something there by other means than ours, and to look."""

    sftp: SftpKanaal
    s3: S3Kanaal

    def kanaal(self, naam: str) -> Afhaalkanaal:
        return self.sftp if naam == SFTP else self.s3

    def zet(self, waar: str, naam: str, inhoud: bytes) -> None:
        if waar == SFTP:
            path = Path(self.sftp.map) / naam
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inhoud)
        else:
            client(self.s3).put_object(Bucket=self.s3.emmer, Key=f"{self.s3.voorvoegsel}{naam}", Body=inhoud)

    def staat_er(self, waar: str) -> set[str]:
        if waar == SFTP:
            root = Path(self.sftp.map)
            return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        objects = client(self.s3).list_objects_v2(Bucket=self.s3.emmer).get("Contents", [])
        return {found["Key"].removeprefix(self.s3.voorvoegsel) for found in objects}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    (tmp_path / "server").mkdir()
    with sftp_server(tmp_path / "server") as sftp, s3_server() as s3:
        yield Servers(sftp, s3)


@pytest.fixture
def huis(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """An installation that fetches DUO by SFTP, the BRP from the bucket, and Utrecht's from its SFTP server."""
    schone_omgeving(monkeypatch)
    instellingen = met_certificaten(tmp_path / "var")
    geheimen = instellingen.data / "geheimen"
    geheimen.mkdir(mode=0o700, exist_ok=True)
    for naam, inhoud in (
        (f"{SFTP}.key", servers.sftp.sleutel.read_bytes()),
        (f"{S3}.s3", f"{ID}\n{GEHEIM}\n".encode()),
    ):
        (geheimen / naam).write_bytes(inhoud)
        (geheimen / naam).chmod(0o600)
    sftp, s3 = servers.sftp, servers.s3
    kanalen = {
        SFTP: {"soort": "sftp", "host": sftp.host, "poort": sftp.poort, "gebruiker": sftp.gebruiker,
               "hostsleutel": sftp.hostsleutel, "map": sftp.map},
        S3: {"soort": "s3", "adres": s3.adres, "regio": s3.regio, "emmer": s3.emmer, "voorvoegsel": s3.voorvoegsel},
    }  # fmt: skip
    for naam, kanaal in Kanalen.model_validate({"kanalen": kanalen}).kanalen.items():
        monkeypatch.setitem(load.kanalen(), naam, kanaal)
    for bron, waar in (("duo", SFTP), ("brp", S3), ("gemeente", VAN_ONTVANGERS)):
        monkeypatch.setitem(load.bronnen(), bron, load.bronnen()[bron].model_copy(update={"kanaal": waar}))
    utrecht = load.ontvangers()[UTRECHT].model_copy(update={"kanaal": SFTP})
    monkeypatch.setitem(load.ontvangers(), UTRECHT, utrecht)
    monkeypatch.setenv("KETEN_KANAALWACHT", "0")
    return Instellingen(data=instellingen.data)


@pytest.mark.parametrize("waar", [SFTP, S3])
def test_a_store_lists_gives_and_removes(servers: Servers, waar: str, tmp_path: Path) -> None:
    groot = os.urandom(20 << 20)
    names = {"map/a.csv": b"123", "map/diep/er.csv": groot, "map/.bezig.csv": b"4", ".map/x.csv": b"5", "los.csv": b""}
    for naam, inhoud in names.items():
        servers.zet(waar, f"uwv/{naam}", inhoud)
    if waar == SFTP:
        (Path(servers.sftp.map) / "uwv" / "map" / "verwijzing.csv").symlink_to("/etc/hostname")
    kanaal = servers.kanaal(waar)

    found = kanaal.lijst("uwv")

    assert [(each.naam, each.bytes) for each in found] == [
        ("los.csv", 0), ("map/a.csv", 3), ("map/diep/er.csv", len(groot)),
    ]  # fmt: skip
    assert all(each.gewijzigd > 1_700_000_000 for each in found)
    assert kanaal.lijst("niets") == []
    kanaal.ontvang("uwv", {"map/a.csv": tmp_path / "a", "map/diep/er.csv": tmp_path / "er"})
    assert (tmp_path / "a").read_bytes() == b"123"
    assert (tmp_path / "er").read_bytes() == groot
    kanaal.verwijder("uwv", ["map/a.csv", "map/diep/er.csv", "was er niet.csv"])
    assert {"uwv/los.csv", "uwv/map/.bezig.csv", "uwv/.map/x.csv"} <= servers.staat_er(waar)
    assert kanaal.lijst("uwv") == [Gevonden("los.csv", 0, found[0].gewijzigd)]


def test_a_store_that_refuses_or_is_away(servers: Servers, tmp_path: Path) -> None:
    schrijf_paar(tmp_path / "vreemd")
    wrong = {
        "U-TOEGANG": [
            replace(servers.sftp, sleutel=tmp_path / "vreemd"),
            replace(servers.sftp, hostsleutel=schrijf_paar(tmp_path / "anders")),
            replace(servers.s3, emmer="bestaat-niet"),
        ],
    }
    for kanaal in wrong["U-TOEGANG"]:
        with pytest.raises(KetenFout, match="U-TOEGANG"):
            kanaal.lijst("uwv")
    poort = vrije_poort()
    for gone in (replace(servers.sftp, poort=poort), replace(servers.s3, adres=f"http://127.0.0.1:{poort}")):
        with pytest.raises(Storing):
            gone.lijst("uwv")


def test_leveringen_are_fetched_taken_in_and_gone(
    servers: Servers,
    huis: Instellingen,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A part that is not finished stays; what was fetched is removed there, and counts as any other levering."""
    caplog.set_level(logging.DEBUG)
    keten = keten_in(huis.data, monkeypatch)
    servers.zet(SFTP, f"duo/{LEVERING}/persoon.csv", schrijf_csv(DUO, [[BLIJFT, "2"]]).encode())
    servers.zet(S3, f"brp/{LEVERING}/persoon.csv", schrijf_csv(PERSOON, [[BLIJFT, "20061101", "", "", ""]]).encode())
    homes = schrijf_csv(VERBLIJF, [[BLIJFT, UTRECHT, "20200101", "20200101"]]).encode()
    servers.zet(S3, f"brp/{LEVERING}/verblijf.csv", homes)
    assert keten("levering", "inbox").tekst.strip() == "Er was niets."

    servers.zet(SFTP, f"duo/{LEVERING}/klaar", b"")
    servers.zet(S3, f"brp/{LEVERING}/levering.json", f'{{"bron": "brp", "periode": "{FEBRUARI}"}}'.encode())
    outcome = keten("levering", "inbox")

    assert outcome.code == 0, outcome.tekst
    assert {(row["bron"], row["periode"], row["status"]) for row in alle(huis.grootboek)} == {
        ("duo", FEBRUARI, "ontvangen"), ("brp", FEBRUARI, "ontvangen"),
    }  # fmt: skip
    assert servers.staat_er(SFTP) == servers.staat_er(S3) == set()
    steps = huis.grootboek.rijen(sa.select(t.stap.c.onderwerp, t.stap.c.status).where(t.stap.c.soort == "haal"))
    assert [tuple(row.values()) for row in steps] == [("brp", "gelukt"), ("duo", "gelukt")]
    assert keten("levering", "inbox").tekst.strip() == "Er was niets."
    assert GEHEIM not in caplog.text


def test_a_store_that_is_away_keeps_nothing_else_from_going_on(
    servers: Servers, huis: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    keten = keten_in(huis.data, monkeypatch)
    gone = load.kanalen()[S3].model_copy(update={"adres": f"http://127.0.0.1:{vrije_poort()}"})
    monkeypatch.setitem(load.kanalen(), S3, gone)
    servers.zet(SFTP, f"duo/{LEVERING}/persoon.csv", schrijf_csv(DUO, [[BLIJFT, "2"]]).encode())
    servers.zet(SFTP, f"duo/{LEVERING}/klaar", b"")

    outcome = keten("levering", "inbox")

    assert outcome.code == OPZIJ
    assert "brp: L-KANAAL" in outcome.tekst
    assert [row["bron"] for row in alle(huis.grootboek)] == ["duo"]
    query = sa.select(t.stap.c.status, t.stap.c.code).where(t.stap.c.soort == "haal", t.stap.c.onderwerp == "brp")
    assert [tuple(row.values()) for row in huis.grootboek.rijen(query)] == [("mislukt", "L-KANAAL")]
    with pytest.raises(KetenFout, match="L-KANAAL"):
        haal_op(huis, "brp").eis()


def test_what_a_gemeente_supplies_and_answers_is_fetched_from_its_own_server(
    servers: Servers, huis: Instellingen
) -> None:
    servers.zet(SFTP, f"{UTRECHT}/aanlevering/{LEVERING}/a.csv", b"niets\n")
    servers.zet(SFTP, f"{UTRECHT}/aanlevering/{LEVERING}/klaar", b"")
    servers.zet(SFTP, f"{UTRECHT}/retour/nieuw/{BLIJFT}.json", b"{}")  # a name that may be kept nowhere

    assert haal_op(huis, "gemeente").aantal == 1
    found = verwerk_inbox(huis)

    assert [path.name for path in (huis.inbox / "gemeente").iterdir()] == [LEVERING]
    assert sum(found.values()) == 1
    answers = {naam for naam in servers.staat_er(SFTP) if naam.startswith(f"{UTRECHT}/retour/")}
    assert len(answers) == 2, answers  # the answer and its signature; what was asked is gone
    assert not list(huis.data.rglob(f"*{BLIJFT}*"))
