"""Who may answer, and what every answer is answered with: signed, in its own format, where the sender fetches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors.kanaal import Kanaal, Storing
from demo.certificaten import Gezag, Houder, schrijf_paar
from lineage import tabellen as t
from lineage.ledger import now
from lineage.retour import antwoorden, oordelen
from message_formats.antwoord import bezwaren
from message_formats.certificaat import lees_certificaten, lees_sleutel, oin
from message_formats.manifest import digest
from message_formats.onderteken import Ondertekenaar
from message_formats.ontsleutel import controleer_handtekening
from pipeline.bewaren.opruimen import ruim_op
from pipeline.instellingen import Instellingen
from pipeline.proefketen import trek_in
from pipeline.retour.antwoord import lever_antwoorden
from pipeline.retour.inbox import verwerk_inbox
from pipeline.retour.retour import verwerk
from schemas import load
from schemas.load import ontvangers
from schemas.ontvanger import Machtiging, Ontvanger
from schemas.retourbericht import antwoordbericht
from tests.e2e.keten import BLIJFT, DEN_HAAG, UTRECHT, Keten
from tests.e2e.speur import Speurder
from tests.e2e.test_retour import NIEMANDS_SIGNAAL, Retour, als_json, als_xml, antwoord

VERBAND = "swv-99"


@pytest.fixture
def moet_tekenen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Utrecht has agreed that what it answers is signed."""
    _overeenkomst(monkeypatch, UTRECHT, retour_ondertekend=True)


def _overeenkomst(monkeypatch: pytest.MonkeyPatch, code: str, **anders: Any) -> Ontvanger:
    changed = ontvangers()[code].model_copy(update=anders)
    monkeypatch.setitem(load.ontvangers(), changed.ontvanger, changed)
    return changed


def stuur(instellingen: Instellingen, content: bytes, code: str = UTRECHT, naam: str = "antwoord.bin") -> Path:
    """Puts a file where a recipient puts its answers."""
    folder = instellingen.map("landing", "retour", code)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / naam).write_bytes(content)
    return folder / naam


def teken(
    instellingen: Instellingen, path: Path, code: str = UTRECHT, pem: Path | None = None, op: datetime | None = None
) -> None:
    """Signs a file with the key of a recipient."""
    folder = instellingen.certificaten.map
    (certificaat,) = lees_certificaten(pem or folder / "ontvangers" / f"{code}.pem")
    key = pem.with_suffix(".key") if pem else folder / "demo" / "ontvangers" / f"{code}.key"
    signature = Ondertekenaar(lees_sleutel(key), certificaat).onderteken(bytes.fromhex(digest(path)), op or now())
    path.with_name(path.name + ".p7s").write_bytes(signature)


def geantwoord(instellingen: Instellingen, code: str = UTRECHT) -> list[dict[str, str]]:
    """The envelopes of what a recipient finds, by the names of JSON, each held against schema and signature."""
    found = []
    for path in sorted((instellingen.uitleveringen / code / "retour").rglob("antwoordbericht_*")):
        if path.suffix == ".p7s":
            continue
        formaat = "json" if path.suffix == ".json" else "xml"
        assert bezwaren(antwoordbericht(), path.read_bytes(), formaat) == []
        signed = controleer_handtekening(path, path.with_name(path.name + ".p7s"), instellingen.certificaten.vertrouwen)
        assert oin(signed.ondertekenaar) == instellingen.afzender_oin
        found.append(_envelop(path.read_bytes(), formaat))
    return found


def _envelop(content: bytes, formaat: str) -> dict[str, str]:
    if formaat == "json":
        return {naam: str(waarde) for naam, waarde in json.loads(content)["envelop"].items()}
    envelop = etree.fromstring(content)[0]
    names = {child: etree.QName(child).localname for child in envelop}
    return {naam[0].lower() + naam[1:]: str(child.text) for child, naam in names.items()}


def stand(instellingen: Instellingen) -> list[tuple[str, str | None]]:
    """Status and code of every retourbericht."""
    rows = instellingen.grootboek.rijen(sa.select(t.retour).order_by(t.retour.c.ontvangen_op))
    return [(row["status"], row["code"]) for row in rows]


# Signatures


@pytest.mark.parametrize("vorm", [als_json, als_xml])
def test_signed_by_who_it_is_from_counts(
    eigen_stad: Instellingen, moet_tekenen: None, vorm: Callable[[Retour], bytes]
) -> None:
    teken(eigen_stad, stuur(eigen_stad, vorm(antwoord(eigen_stad))))

    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}

    assert len(oordelen(eigen_stad.grootboek)) == 2
    (row,) = eigen_stad.grootboek.rijen(sa.select(t.retour))
    assert len(row["ondertekenaar"]) == 64
    aside = sorted(path.suffix for path in eigen_stad.map("landing", "retour", UTRECHT, "verwerkt").iterdir())
    assert aside == ["", ".p7s"]


def test_signed_with_openssl_counts(eigen_stad: Instellingen, moet_tekenen: None) -> None:
    """As the guide says that a recipient may do it."""
    path, folder = stuur(eigen_stad, als_xml(antwoord(eigen_stad))), eigen_stad.certificaten.map
    pem, key = folder / "ontvangers" / f"{UTRECHT}.pem", folder / "demo" / "ontvangers" / f"{UTRECHT}.key"
    subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-in", path, "-signer", pem,
         "-inkey", key, "-out", f"{path}.p7s"],
        check=True,
    )  # fmt: skip

    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}


def _ander_met_hetzelfde_oin(instellingen: Instellingen, path: Path, tmp_path: Path) -> None:
    """The same authority, the same OIN, and not the certificate by which we know them."""
    gezag, houder = Gezag.lees(instellingen.certificaten.map / "demo"), Houder("Utrecht", ontvangers()[UTRECHT].oin)
    schrijf_paar(gezag, houder, tmp_path / "ander.pem", tmp_path / "ander.key", now() - timedelta(days=1))
    teken(instellingen, path, pem=tmp_path / "ander.pem")


def _vreemd_gezag(instellingen: Instellingen, path: Path, tmp_path: Path) -> None:
    houder = Houder("Utrecht", ontvangers()[UTRECHT].oin)
    begin = now() - timedelta(days=1)
    schrijf_paar(Gezag.maak(begin), houder, tmp_path / "vreemd.pem", tmp_path / "vreemd.key", begin)
    teken(instellingen, path, pem=tmp_path / "vreemd.pem")


def _ingetrokken(instellingen: Instellingen, path: Path, _tmp: Path) -> None:
    teken(instellingen, path)
    trek_in(instellingen, UTRECHT)


def _verlopen(instellingen: Instellingen, path: Path, tmp_path: Path) -> None:
    """It was right when it was signed, and has expired since."""
    begin, folder = now() - timedelta(days=3 * 365 + 1), instellingen.certificaten.map
    gezag, houder = Gezag.maak(begin), Houder("Utrecht", ontvangers()[UTRECHT].oin)
    with (folder / "vertrouwd.pem").open("ab") as trusted:
        trusted.write(gezag.certificaat.public_bytes(Encoding.PEM))
    schrijf_paar(gezag, houder, tmp_path / "oud.pem", tmp_path / "oud.key", begin)
    (folder / "ontvangers" / f"{UTRECHT}.pem").write_bytes((tmp_path / "oud.pem").read_bytes())
    teken(instellingen, path, pem=tmp_path / "oud.pem", op=now() - timedelta(days=30))


def _gewijzigd(instellingen: Instellingen, path: Path, _tmp: Path) -> None:
    teken(instellingen, path)
    path.write_bytes(path.read_bytes().replace(b'"gegrond"', b'"ongegrond"'))


FORGED: dict[str, tuple[Callable[[Instellingen, Path, Path], None], str, str]] = {
    "not signed": (lambda *_: None, "T-HANDTEKENING", ""),
    "no signature": (lambda _i, path, _t: path.with_name(path.name + ".p7s").write_bytes(b"x") and None,
                     "T-HANDTEKENING", ""),
    "changed after it was signed": (_gewijzigd, "T-HANDTEKENING", ""),
    "signed by another recipient": (lambda i, path, _t: teken(i, path, DEN_HAAG), "T-ONDERTEKENAAR", "K-OIN"),
    "another certificate on the same number": (_ander_met_hetzelfde_oin, "T-ONDERTEKENAAR", "K-OIN"),
    "authority that nobody trusts": (_vreemd_gezag, "T-ONDERTEKENAAR", "K-VREEMD"),
    "revoked": (_ingetrokken, "T-ONDERTEKENAAR", "K-INGETROKKEN"),
    "expired": (_verlopen, "T-ONDERTEKENAAR", "K-VERLOPEN"),
}  # fmt: skip


@pytest.mark.parametrize("geval", FORGED)
def test_forged_is_refused_and_answered(
    eigen_stad: Instellingen, moet_tekenen: None, geval: str, tmp_path: Path
) -> None:
    forge, code, plaats = FORGED[geval]
    forge(eigen_stad, stuur(eigen_stad, als_json(antwoord(eigen_stad))), tmp_path)

    assert verwerk_inbox(eigen_stad) == {code: 1}

    assert oordelen(eigen_stad.grootboek) == []
    assert stand(eigen_stad) == [("afgekeurd", code)]
    (told,) = geantwoord(eigen_stad)
    assert (told["uitkomst"], told["code"], told.get("plaats", "")) == ("afgekeurd", code, plaats)
    assert load.meldingen()[code].wat_te_doen == told["watTeDoen"]


def test_wrong_signature_is_refused_also_where_none_is_asked(eigen_stad: Instellingen) -> None:
    teken(eigen_stad, stuur(eigen_stad, als_json(antwoord(eigen_stad))), DEN_HAAG)
    assert verwerk_inbox(eigen_stad) == {"T-ONDERTEKENAAR": 1}


def test_who_receives_for_a_gemeente_may_answer_for_it(
    eigen_stad: Instellingen, moet_tekenen: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed with its own certificate, in its own inbox, and it is what hears; only for what it receives."""
    _overeenkomst(monkeypatch, DEN_HAAG, ontvanger=VERBAND, soort="samenwerkingsverband", producten=frozenset())
    folder = eigen_stad.certificaten.map
    for place, suffix in ((folder / "ontvangers", "pem"), (folder / "demo" / "ontvangers", "key")):
        (place / f"{VERBAND}.{suffix}").write_bytes((place / f"{DEN_HAAG}.{suffix}").read_bytes())
        (place / f"{VERBAND}.{suffix}").chmod(0o600)
    machtiging = Machtiging(
        gemeente=UTRECHT, samenwerkingsverband=VERBAND, producten=frozenset({"vsv"}), van=now().date(), tot=None,
        grondslag="verwerkersovereenkomst AVG art. 28",
    )  # fmt: skip
    foreign = stuur(eigen_stad, als_json(antwoord(eigen_stad)), VERBAND)
    teken(eigen_stad, foreign, VERBAND)
    assert verwerk_inbox(eigen_stad) == {"T-AFZENDER": 1}  # not authorised yet

    monkeypatch.setattr("pipeline.uitlevering.adressaat.machtigingen", lambda: (machtiging,))
    teken(eigen_stad, stuur(eigen_stad, als_xml(antwoord(eigen_stad)), VERBAND), VERBAND)
    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}
    assert {row["ontvanger"] for row in oordelen(eigen_stad.grootboek)} == {UTRECHT}
    assert sorted(told["uitkomst"] for told in geantwoord(eigen_stad, VERBAND)) == ["aangenomen", "afgekeurd"]
    assert geantwoord(eigen_stad) == []


# Answers


@pytest.mark.parametrize("vorm", [als_json, als_xml])
def test_answer_has_the_format_of_what_it_answers(eigen_stad: Instellingen, vorm: Callable[[Retour], bytes]) -> None:
    answer = antwoord(eigen_stad, "ongegrond")
    answer["signalen"].append({**answer["signalen"][0], "signaalId": NIEMANDS_SIGNAAL})
    path = stuur(eigen_stad, vorm(answer), naam=f"over {BLIJFT}")
    sent = digest(path)

    verwerk_inbox(eigen_stad)

    (told,) = geantwoord(eigen_stad)
    assert (told["uitkomst"], told["aantalOngegrond"], told["aantalGegrond"]) == ("deels_aangenomen", "2", "0")
    assert (told["retourSha256"], told["ontvangerCode"]) == (sent, UTRECHT)
    assert told["berichtIdentificatie"] == answer["envelop"]["berichtIdentificatie"]
    (path,) = (eigen_stad.uitleveringen / UTRECHT / "retour").rglob(f"*_{sent[:16]}.*[!s]")
    assert path.suffix == (".json" if vorm is als_json else ".xml")
    assert NIEMANDS_SIGNAAL.encode() in path.read_bytes()
    assert b"T-SIGNAAL" in path.read_bytes()
    assert answer["envelop"]["retourIdentificatie"].encode() not in path.read_bytes()
    assert not Speurder([BLIJFT]).zoek(eigen_stad.map("ledger"))


@pytest.mark.parametrize("vorm", [als_json, als_xml])
def test_unknown_invalid_and_duplicate_ones_are_answered(
    eigen_stad: Instellingen, vorm: Callable[[Retour], bytes]
) -> None:
    unknown = antwoord(eigen_stad)
    unknown["envelop"]["berichtIdentificatie"] = "00000000-0000-4000-8000-000000000000"
    invalid = antwoord(eigen_stad)
    invalid["envelop"]["retourcode"] = "0666"
    other = antwoord(eigen_stad, "ongegrond")  # the same identification, another content
    for nr, content in enumerate((unknown, invalid, antwoord(eigen_stad), other)):
        stuur(eigen_stad, vorm(content), naam=f"{nr}.bin")
        verwerk_inbox(eigen_stad)
    stuur(eigen_stad, b"geen bericht")

    assert verwerk_inbox(eigen_stad) == {"T-KAPOT": 1}

    told = geantwoord(eigen_stad)
    codes = sorted(envelop.get("code", "") for envelop in told)
    assert codes == ["", "T-BERICHT", "T-DUBBEL", "T-KAPOT", "T-SCHEMA"]
    assert all(envelop["betekenis"] for envelop in told if "code" in envelop)


def test_sent_again_gets_the_same_answer_again(eigen_stad: Instellingen) -> None:
    """Who lost our answer finds what became of its message, and not only that it was sent before."""
    content = als_json(antwoord(eigen_stad))
    stuur(eigen_stad, content)
    verwerk_inbox(eigen_stad)
    paths = list((eigen_stad.uitleveringen / UTRECHT / "retour").rglob("*.json"))
    first = paths[0].read_bytes()
    paths[0].unlink()

    stuur(eigen_stad, content)
    assert verwerk_inbox(eigen_stad) == {"T-DUBBEL": 1}

    assert paths[0].read_bytes() == first
    assert len(geantwoord(eigen_stad)) == 1
    assert len(oordelen(eigen_stad.grootboek)) == 2


def test_retourcodes_without_a_verdict_are_kept(eigen_stad: Instellingen) -> None:
    answer = antwoord(eigen_stad)
    answer["envelop"]["retourcode"] = "0233"
    unknown = answer["signalen"][0]
    del unknown["oordeel"]
    unknown["retourcode"] = "9001"
    stuur(eigen_stad, als_xml(answer))

    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}

    (retour,) = eigen_stad.grootboek.rijen(sa.select(t.retour))
    uitlevering = eigen_stad.grootboek.uitleveringen(retour["run_id"])[retour["ontvanger"]]
    assert uitlevering["bericht_identificatie"] == answer["envelop"]["berichtIdentificatie"]
    assert retour["retourcode"] == "0233"
    (signaal,) = eigen_stad.grootboek.rijen(sa.select(t.retour_signaal))
    assert (signaal["signaal_id"], signaal["retourcode"]) == (unknown["signaalId"], "9001")


class Stuk:
    """A channel that does not answer, or not the first times."""

    def __init__(self, keren: int = 99, echt: Kanaal | None = None) -> None:
        self.keren, self.echt = keren, echt

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        self.keren -= 1
        if self.keren >= 0 or self.echt is None:
            raise Storing("ConnectionLost")
        self.echt.lever(bestanden, plaats)

    def haal(self, plaats: str, naam: str) -> bytes | None:
        raise Storing("ConnectionLost")


def test_answer_is_tried_again_like_a_delivery(eigen_stad: Instellingen) -> None:
    eigen_stad = eigen_stad.model_copy(update={"kanaalwacht": 0.0, "kanaalpogingen": 3})
    eigen_stad.kanalen._open["map"] = Stuk(2, eigen_stad.kanalen.van("map"))
    stuur(eigen_stad, als_json(antwoord(eigen_stad)))
    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}
    assert [told["uitkomst"] for told in geantwoord(eigen_stad)] == ["aangenomen"]


def test_answer_that_a_channel_does_not_take_goes_the_next_time(eigen_stad: Instellingen) -> None:
    eigen_stad = eigen_stad.model_copy(update={"kanaalwacht": 0.0})
    echt = eigen_stad.kanalen.van("map")
    eigen_stad.kanalen._open["map"] = Stuk()
    stuur(eigen_stad, als_json(antwoord(eigen_stad)))
    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}
    (row,) = antwoorden(eigen_stad.grootboek, alleen_open=True)
    assert row["code"] == "U-KANAAL"
    assert geantwoord(eigen_stad) == []

    eigen_stad.kanalen._open["map"] = echt
    assert verwerk_inbox(eigen_stad) == {}

    assert [told["uitkomst"] for told in geantwoord(eigen_stad)] == ["aangenomen"]
    assert antwoorden(eigen_stad.grootboek, alleen_open=True) == []
    assert lever_antwoorden(eigen_stad) == {}
    assert not list(eigen_stad.uitleveringen.glob(".retour-*"))


def test_answer_goes_with_the_run_it_is_about(eigen_stad: Instellingen, keten_stad: Keten, tmp_path: Path) -> None:
    """After the term no number of a signal is left in answers; the verdict stays, so that it is not sent again."""
    given = antwoord(eigen_stad)
    given["signalen"].append({**given["signalen"][-1], "signaalId": NIEMANDS_SIGNAAL})
    del given["signalen"][0]["oordeel"]
    given["signalen"][0]["retourcode"] = "9001"
    stuur(eigen_stad, als_json(given))
    verwerk_inbox(eigen_stad)
    (row,) = antwoorden(eigen_stad.grootboek)
    assert NIEMANDS_SIGNAAL in row["inhoud"]
    assert len(eigen_stad.grootboek.rijen(sa.select(t.retour_signaal))) == 1
    judged = eigen_stad.grootboek.rijen(sa.select(t.terugmelding))

    ruim_op(eigen_stad, date(2040, 1, 1))

    (row,) = antwoorden(eigen_stad.grootboek)
    assert row["inhoud"] == ""
    assert eigen_stad.grootboek.rijen(sa.select(t.retour_signaal)) == []
    assert eigen_stad.grootboek.rijen(sa.select(t.terugmelding)) == judged
    assert "T-VERNIETIGD" in keten_stad("retour", "antwoord", row["sha256"][:16]).tekst


def test_whose_agreement_ended_is_not_answered(eigen_stad: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    _overeenkomst(monkeypatch, UTRECHT, overeenkomst_ingetrokken=now().date())
    stuur(eigen_stad, als_json(antwoord(eigen_stad)))
    verwerk_inbox(eigen_stad)
    assert [row["code"] for row in antwoorden(eigen_stad.grootboek, alleen_open=True)] == ["U-INGETROKKEN"]
    assert geantwoord(eigen_stad) == []


def test_whoever_it_is_from_is_not_told_to_another(eigen_stad: Instellingen, tmp_path: Path) -> None:
    """Handed over by hand, with the name of one recipient and the number of another: nobody is sent an answer."""
    forged = antwoord(eigen_stad)
    forged["envelop"]["afzenderOin"] = ontvangers()[DEN_HAAG].oin
    (tmp_path / "x.json").write_bytes(als_json(forged))

    outcome = verwerk(eigen_stad, tmp_path / "x.json")

    assert (outcome.code, outcome.naar) == ("T-AFZENDER", None)
    assert lever_antwoorden(eigen_stad) == {}
    assert not list(eigen_stad.uitleveringen.glob("*/retour"))


# The command


def test_command_shows_lists_and_answers(eigen_stad: Instellingen, keten_stad: Keten, tmp_path: Path) -> None:
    path = tmp_path / "retour.xml"
    path.write_bytes(als_xml(antwoord(eigen_stad)))
    teken(eigen_stad, path)
    assert keten_stad("retour", "neem-in", path, "--van", UTRECHT).code == 0
    assert keten_stad("retour", "inbox").tekst == "Er was niets.\n"

    listed = keten_stad("retour", "lijst")
    assert (listed.code, "aangenomen" in listed.tekst, " ja " in listed.tekst) == (0, True, True)
    shown = keten_stad("retour", "antwoord", digest(path)[:16])
    assert shown.code == 0
    assert bezwaren(antwoordbericht(), shown.tekst.encode(), "xml") == []
    assert "T-ONBEKEND" in keten_stad("retour", "antwoord", "0" * 16).tekst
    figures = keten_stad("retour", "cijfers")
    assert figures.code == 0
    assert ("VSV-D1" in figures.tekst, "afgeschermd" in figures.tekst) == (True, True)
    assert "te weinig oordelen" in figures.tekst
