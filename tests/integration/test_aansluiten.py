"""The runbook for a gemeente that joins, followed as it stands, until she opened what she fetched over SFTP."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.kanaal_sftp import SftpKanaal
from demo.certificaten import Gezag, Houder, schrijf_sleutel
from message_formats.certificaat import nu
from tests.bouw import BIJSTAND, IKV, bijstand, maak_bsn, schrijf_csv
from tests.kopie import Kopie, opdrachten
from tests.servers import sftp_server
from tests.spec.privacy.dorp import IKP, VERBLIJF

pytestmark = pytest.mark.zwaar

NIEUW, NAAM, OIN, KANAAL = "0352", "Wijk bij Duurstede", "00000001900000352000", "wijk-sftp"
PERSOON, FOUT = maak_bsn(352), "123456789"
INSTELLINGEN, CERTIFICATEN, ONTVANG, LIJST, STATUS, DRAAI = opdrachten("gemeente-aansluiten.md")


@pytest.fixture(scope="module")
def kopie(tmp_path_factory: pytest.TempPathFactory) -> Kopie:
    """An installation that runs, of which this gemeente is no recipient."""
    found = Kopie.maak(tmp_path_factory.mktemp("aansluiten") / "project")
    register = found.project / "schemas" / "ontvangers" / "ontvanger.csv"
    lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{NIEUW},")]
    assert len(kept) == len(lines) - 1
    register.write_text("".join(kept), encoding="utf-8")
    found.doe("keten certificaat maak")
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SftpKanaal, Path]]:
    folder = tmp_path_factory.mktemp("sftp")
    with sftp_server(folder) as kanaal:
        yield kanaal, folder / "inbox"


def test_a_gemeente_joins(kopie: Kopie, server: tuple[SftpKanaal, Path], tmp_path: Path) -> None:
    kanaal, inbox = server
    schemas, data = kopie.project / "schemas" / "ontvangers", kopie.data
    refused = kopie.probeer(_voor_haar(DRAAI))
    assert (refused.returncode, f"geen ontvanger: {NIEUW}" in refused.stderr) == (2, True)

    # 1. The agreement.
    with (schemas / "ontvanger.csv").open("a", encoding="utf-8") as register:
        register.write(
            f"{NIEUW},gemeente,{NAAM},{OIN},inkomsten,json xml csv,wat,ja,mutaties,{KANAAL},100,ja,2025-01-01,,,nee,"
            "inleesberichten@wijk.example\n"
        )
    unknown = kopie.probeer(STATUS)
    assert f"onbekend kanaal {KANAAL}" in unknown.stderr

    # 2. The channel, with its secret in the folder that the command names.
    with (schemas.parent / "kanaal.yml").open("a", encoding="utf-8") as kanalen:
        kanalen.write(
            f"{KANAAL}:\n  soort: sftp\n  host: {kanaal.host}\n  poort: {kanaal.poort}\n"
            f"  gebruiker: {kanaal.gebruiker}\n  hostsleutel: {kanaal.hostsleutel}\n  map: {inbox}\n"
        )
    mappen = {words[0]: words[1] for line in kopie.doe(INSTELLINGEN).splitlines() if len(words := line.split()) > 1}
    geheimen, certificaten = Path(mappen["geheimenmap"]), Path(mappen["certificatenmap"])
    assert geheimen.is_relative_to(data)
    geheimen.mkdir(exist_ok=True, mode=0o700)
    (geheimen / f"{KANAAL}.key").write_bytes(kanaal.sleutel.read_bytes())
    (geheimen / f"{KANAAL}.key").chmod(0o600)

    # 3. Her certificate; the key stays with her.
    missing = kopie.probeer(CERTIFICATEN)
    assert (missing.returncode, f"{NIEUW}" in missing.stdout) == (5, True)
    sleutel = generate_private_key(SECP256R1())
    schrijf_sleutel(tmp_path / "gemeente.key", sleutel)
    pem = Gezag.lees(certificaten / "demo").certificeer(Houder(NAAM, OIN), sleutel, nu())
    (certificaten / "ontvangers" / f"{NIEUW}.pem").write_bytes(pem.public_bytes(Encoding.PEM))
    (shown,) = [line for line in kopie.doe(CERTIFICATEN).splitlines() if NIEUW in line]
    assert shown.split()[-1] == "goed"

    # 4. Who has bijstand there, of whom one cannot be used.
    _lever_aan(kopie, tmp_path)
    rows = [bijstand(wie, gemeente=NIEUW) for wie in (PERSOON, FOUT)]
    (tmp_path / "bijstandspopulatie.csv").write_text(schrijf_csv(BIJSTAND, rows), encoding="utf-8")
    taken = kopie.probeer(ONTVANG, tmp_path)
    assert (taken.returncode, "ontvangen, 1 bestand(en)" in taken.stdout) == (5, True)  # one was put aside
    (levering,) = [line.split()[0] for line in kopie.doe(LIJST).splitlines() if line.strip().startswith("gemeente-")]
    verslag = data / "uitleveringen" / NIEUW / "verwerkingsverslag" / levering
    told = "".join(path.read_text(encoding="utf-8-sig") for path in verslag.glob("*.*"))
    assert "R-BSN" in told
    assert FOUT not in told
    assert not list(inbox.rglob("*.*"))  # it goes through no channel

    # 5. All that now holds.
    (due,) = [line for line in kopie.doe(STATUS).splitlines() if line.split()[:2] == ["inkomsten", "2026-03"]]
    assert due.split() == ["inkomsten", "2026-03", "aan", "de", "beurt:", "nieuw", "-"]  # nothing is missing
    assert "geleverd" in kopie.doe(_voor_haar(DRAAI))

    # 6. She opens what she fetched.
    lees = f"keten lees {{}} --sleutel {tmp_path}/gemeente.key --vertrouwd {certificaten}/vertrouwd.pem"
    kopie.doe(f"{lees.format(inbox / NIEUW / 'inkomsten')} --uit {tmp_path}/uit --als csv --vergelijk")
    (found,) = [path for path in (tmp_path / "uit").glob("*.csv") if path.stem.endswith("signalen")]
    with found.open(encoding="utf-8-sig", newline="") as file:
        signalen = list(csv.DictReader(file, delimiter=";"))
    assert {row["burgerservicenummer"] for row in signalen} == {PERSOON}


def _voor_haar(opdracht: str) -> str:
    """The runbook has Utrecht for an example."""
    assert "0344" in opdracht
    return opdracht.replace("0344", NIEUW)


def _lever_aan(kopie: Kopie, folder: Path) -> None:
    """What the other bronnen deliver in the month: a new job of somebody who lives there."""
    job = (PERSOON, "100000001L01", 1, "20260305")
    leveringen = {
        "brp": {"verblijf.csv": schrijf_csv(VERBLIJF, [[PERSOON, NIEUW, "20200101", "20200101"]])},
        "uwv": {
            "ikv.csv": schrijf_csv(IKV, [[*job, "", "Bakkerij De Korenaar", ""]]),
            "ikp.csv": schrijf_csv(IKP, [[*job, "20260305", "15"]]),
        },
    }
    for bron, bestanden in leveringen.items():
        (folder / bron).mkdir()
        for naam, inhoud in bestanden.items():
            (folder / bron / naam).write_text(inhoud, encoding="utf-8")
        kopie.probeer(f"keten ontvang {bron} {folder / bron} --periode 2026-03")
