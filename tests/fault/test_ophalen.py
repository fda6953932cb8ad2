"""Fetching from a store that is cut off anywhere: every sending comes once, whole, and none is lost.

The process dies before or after each call of the store and each rename, in turn; then the step is done again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.kanaal import Afhaalkanaal, Gevonden, Storing
from pipeline.geduld import Geduld
from pipeline.levering import inbox as levering_inbox
from pipeline.ophalen import Winkel
from pipeline.retour import inbox as retour_inbox
from tests.winkel import WinkelInMap

PLAATS = "uwv"
INHOUD = {
    "2026-01-opgave/deel.csv": b"a;b\n1;2\n",
    "2026-01-opgave/map/meer.csv": b"x" * 5000,
    "2026-01-opgave/levering.json": b"{}",
    "2026-02-opgave/klaar": b"",
    "2026-02-opgave/een.xml": b"<a/>",
}
BERICHTEN = {"antwoord 1.json": b"{}", "antwoord 1.json.p7s": b"getekend", "zonder.xml": b"<r/>"}


class Gedood(BaseException):
    """The process is gone: nothing after it runs."""


class Sterft:
    """Dies at the n-th moment; counts them when n is None."""

    def __init__(self, op: int | None) -> None:
        self.op, self.gezien = op, 0

    def __call__(self) -> None:
        self.gezien += 1
        if self.gezien == self.op:
            raise Gedood

    def om(self, echt: Callable[..., Any]) -> Callable[..., Any]:
        def doe(*args: Any, **kwargs: Any) -> Any:
            self()
            found = echt(*args, **kwargs)
            self()
            return found

        return doe


class Wankel(WinkelInMap):
    """A store at which the process can die: between the removals of files, too."""

    def met(self, sterft: Sterft) -> Wankel:
        object.__setattr__(self, "sterft", sterft)
        return self

    def ontvang(self, plaats: str, namen: Any) -> None:
        self.sterft.om(super().ontvang)(plaats, namen)  # type: ignore[attr-defined]

    def verwijder(self, plaats: str, namen: Sequence[str]) -> None:
        for naam in namen:
            self.sterft.om(super().verwijder)(plaats, [naam])  # type: ignore[attr-defined]


def winkel(kanaal: Afhaalkanaal, tmp_path: Path) -> Winkel:
    return Winkel("proef", kanaal, PLAATS, tmp_path / "onderweg", Geduld(1, 0))


def zet_klaar(tmp_path: Path, inhoud: dict[str, bytes]) -> Path:
    for naam, content in inhoud.items():
        path = tmp_path / "winkel" / PLAATS / naam
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return tmp_path / "winkel"


def bestanden(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leveringen(kanaal: Afhaalkanaal, tmp_path: Path) -> int:
    zet_neer = levering_inbox._zet_in_inbox(tmp_path / "inbox")
    return winkel(kanaal, tmp_path).haal(levering_inbox._zendingen, zet_neer)


def berichten(kanaal: Afhaalkanaal, tmp_path: Path) -> int:
    zet_neer = retour_inbox._zet_in_inbox(tmp_path / "inbox")
    return winkel(kanaal, tmp_path).haal(retour_inbox._zendingen, zet_neer)


SOORTEN = {"leveringen": (leveringen, INHOUD), "berichten": (berichten, BERICHTEN)}


@pytest.mark.parametrize("soort", SOORTEN)
def test_cut_off_at_every_moment(soort: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haal, inhoud = SOORTEN[soort]
    whole, rename = Sterft(None), Path.rename
    monkeypatch.setattr(Path, "rename", whole.om(rename))
    haal(Wankel(zet_klaar(tmp_path / "heel", inhoud)).met(whole), tmp_path / "heel")
    expected = bestanden(tmp_path / "heel" / "inbox")
    assert set(expected.values()) == {content for naam, content in inhoud.items() if not naam.endswith("klaar")}
    assert whole.gezien > 15
    for op in range(1, whole.gezien + 1):
        folder, sterft = tmp_path / str(op), Sterft(op)
        kanaal = Wankel(zet_klaar(folder, inhoud))
        monkeypatch.setattr(Path, "rename", sterft.om(rename))
        with pytest.raises(Gedood):
            haal(kanaal.met(sterft), folder)
        monkeypatch.setattr(Path, "rename", rename)
        haal(kanaal.met(Sterft(None)), folder)
        assert bestanden(folder / "inbox") == expected, op
        assert bestanden(folder / "winkel") == {}, op
        assert bestanden(folder / "onderweg") == {}, op


def test_what_is_not_finished_stays(tmp_path: Path) -> None:
    inhoud = {
        "2026-01-opgave/deel.csv": b"1",  # nothing says that this is all
        "2026-02-opgave/.deel.csv": b"2",
        "geen naam/levering.json": b"3",
        "los.csv": b"4",
    }
    kanaal = WinkelInMap(zet_klaar(tmp_path, inhoud))
    assert leveringen(kanaal, tmp_path) == 0
    assert len(bestanden(tmp_path / "winkel")) == 4


def test_the_same_name_again_is_another_levering(tmp_path: Path) -> None:
    naam = "2026-01-opgave"
    for number in range(3):
        kanaal = WinkelInMap(zet_klaar(tmp_path, {f"{naam}/klaar": b"", f"{naam}/a.csv": bytes([48 + number])}))
        assert leveringen(kanaal, tmp_path) == 1
    assert bestanden(tmp_path / "inbox") == {f"{naam}/a.csv": b"0", f"{naam}-2/a.csv": b"1", f"{naam}-3/a.csv": b"2"}


def test_new_content_under_a_name_that_was_being_removed_is_not_lost(tmp_path: Path) -> None:
    """Killed between the removal of its two files; then the bron puts something else there."""
    naam = "2026-01-opgave"
    kanaal = Wankel(zet_klaar(tmp_path, {f"{naam}/klaar": b"", f"{naam}/a.csv": b"oud"}))
    with pytest.raises(Gedood):
        leveringen(kanaal.met(Sterft(5)), tmp_path)
    zet_klaar(tmp_path, {f"{naam}/klaar": b"", f"{naam}/a.csv": b"nieuw"})
    leveringen(kanaal.met(Sterft(None)), tmp_path)
    assert bestanden(tmp_path / "inbox") == {f"{naam}/a.csv": b"oud", f"{naam}-2/a.csv": b"nieuw"}


def test_what_was_taken_back_meanwhile_does_not_come_along(tmp_path: Path) -> None:
    """Killed with one file fetched and one in part; then the bron renames the first and replaces the second."""
    naam = "2026-01-opgave"
    kanaal = Wankel(zet_klaar(tmp_path, {f"{naam}/klaar": b"", f"{naam}/a.csv": b"1", f"{naam}/b.csv": b"22"}))
    with pytest.raises(Gedood):
        leveringen(kanaal.met(Sterft(4)), tmp_path)
    assert len(bestanden(tmp_path / "onderweg")) == 2
    (tmp_path / "winkel" / PLAATS / naam / "a.csv").rename(tmp_path / "winkel" / PLAATS / naam / "c.csv")
    zet_klaar(tmp_path, {f"{naam}/b.csv": b"333"})
    leveringen(kanaal.met(Sterft(None)), tmp_path)
    assert bestanden(tmp_path / "inbox") == {f"{naam}/c.csv": b"1", f"{naam}/b.csv": b"333"}


def test_a_levering_without_files_comes_in_as_one(tmp_path: Path) -> None:
    kanaal = WinkelInMap(zet_klaar(tmp_path, {"2026-01-opgave/klaar": b""}))
    assert leveringen(kanaal, tmp_path) == 1
    assert (tmp_path / "inbox" / "2026-01-opgave").is_dir()


def test_a_file_that_changes_while_it_is_fetched_is_not_taken(tmp_path: Path) -> None:
    class Groeit(WinkelInMap):
        def lijst(self, plaats: str) -> list[Gevonden]:
            return [Gevonden(each.naam, each.bytes - 1, each.gewijzigd) for each in super().lijst(plaats)]

    kanaal = Groeit(zet_klaar(tmp_path, {"2026-01-opgave/levering.json": b"{}", "2026-01-opgave/a.csv": b"123"}))
    with pytest.raises(Storing):
        leveringen(kanaal, tmp_path)
    assert bestanden(tmp_path / "inbox") == {}
    assert len(bestanden(tmp_path / "winkel")) == 2


def test_names_of_others_are_not_kept(tmp_path: Path) -> None:
    """A name in a store may hold a burgerservicenummer, or lead elsewhere."""
    kanaal = WinkelInMap(zet_klaar(tmp_path, {"999990019.json": b"{}"}))
    assert berichten(kanaal, tmp_path) == 1
    assert not [path for path in tmp_path.rglob("*999990019*") if "winkel" not in path.parts]
