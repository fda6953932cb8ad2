"""The guide for recipients: everything it points at is there, and it says what is there."""

import re
from pathlib import Path

import pytest

from message_formats.generate import REPOSITORY, artefacts, drift
from message_formats.gids import FOLDER, HOOFDSTUKKEN, build_gids
from message_formats.names import camel, pascal
from schemas.berichten import berichten
from schemas.load import meldingen
from schemas.retourbericht import retourbericht

PAGES = sorted((REPOSITORY / FOLDER).glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert links or page.name not in build_gids()
    for link in links:
        assert "://" in link or (page.parent / link).resolve().exists(), link


def test_chapters_written_by_hand_are_there_and_stay_as_they_are() -> None:
    for naam, titel, _ in HOOFDSTUKKEN:
        assert f"{FOLDER}/{naam}" not in artefacts()
        assert f"[{titel}]({naam})" in build_gids()[f"{FOLDER}/README.md"]
        assert (REPOSITORY / FOLDER / naam).read_text(encoding="utf-8").startswith("# ")


def test_every_version_is_in_the_guide_with_its_fields_and_examples() -> None:
    frame, versies = build_gids()[f"{FOLDER}/README.md"], build_gids()[f"{FOLDER}/versies.md"]
    for bericht in berichten().values():
        assert f"[{bericht.naam} {bericht.versie}]" in frame
        folder = f"message_formats/generated/{bericht.bericht}/v{bericht.versie}"
        assert frame.count(f"../../{folder}/voorbeeld") == 4
        fields = artefacts()[f"{folder}/{bericht.bericht}.md"]
        for naam, veld in {**bericht.envelop, **bericht.signaal, **bericht.bewijs}.items():
            assert f"| {camel(naam)} | {pascal(naam)} |" in fields
            assert veld.omschrijving in fields
    assert "`beginInkomstenverhouding` (signaal)" in versies


def test_every_code_a_recipient_can_meet_is_explained() -> None:
    frame = build_gids()[f"{FOLDER}/README.md"]
    for melding in meldingen().values():
        assert (f"| {melding.code} |" in frame) == (melding.soort in ("lezen", "retour"))
    answer = build_gids()[f"{FOLDER}/retourbericht.md"]
    assert all(veld.omschrijving in answer for veld in retourbericht().signaal.values())


def test_a_changed_page_is_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for naam, text in artefacts().items():
        (tmp_path / naam).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / naam).write_text(text, encoding="utf-8")
    monkeypatch.setattr("message_formats.generate.REPOSITORY", tmp_path)
    (tmp_path / FOLDER / "antwoorden.md").write_text("met de hand", encoding="utf-8")
    assert drift() == []
    (tmp_path / FOLDER / "versies.md").write_text("anders", encoding="utf-8")
    (tmp_path / FOLDER / "README.md").unlink()
    assert drift() == [f"{FOLDER}/README.md", f"{FOLDER}/versies.md"]
