"""Known vulnerabilities are found in the lock, from a copy of OSV and without a net."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.audit import controleer, lees_kopie, main, treft

HASH = f"--hash=sha256:{'0' * 64}"


def _advies(**affected: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "Jinja2"}
    return {
        "id": "OSV-TEST-1",
        "schema_version": "1.7.0",
        "published": "2026-01-01T00:00:00Z",
        "summary": "invented",
        "affected": [{"package": package, **affected}],
    }


def _reeks(*events: dict[str, str]) -> dict[str, Any]:
    return _advies(ranges=[{"type": "ECOSYSTEM", "events": list(events)}])


@pytest.mark.parametrize(
    ("advies", "versie", "geraakt"),
    [
        (_reeks({"introduced": "0"}, {"fixed": "3.1.6"}), "3.1.5", True),
        (_reeks({"introduced": "0"}, {"fixed": "3.1.6"}), "3.1.6", False),
        (_reeks({"introduced": "0"}, {"fixed": "3.1.6"}), "3.1.10", False),  # as versions go, not as text
        (_reeks({"introduced": "3"}), "2.9", False),
        (_reeks({"introduced": "3"}), "3.0", True),
        (_reeks({"introduced": "0"}, {"last_affected": "3.1.6"}), "3.1.6", True),
        (_reeks({"introduced": "0"}, {"last_affected": "3.1.6"}), "3.1.7", False),
        (_reeks({"fixed": "2.5"}, {"introduced": "3.0"}, {"fixed": "3.2"}, {"introduced": "0"}), "2.7", False),
        (_reeks({"fixed": "2.5"}, {"introduced": "3.0"}, {"fixed": "3.2"}, {"introduced": "0"}), "3.1", True),
        (_advies(versions=["3.1.4", "3.1.5"]), "3.1.5", True),
        (_advies(versions=["3.1.4", "3.1.5"]), "3.1.6", False),
        (_advies(ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}]), "3.1.6", False),
    ],
)
def test_which_versions_an_advisory_is_about(advies: dict[str, Any], versie: str, geraakt: bool) -> None:
    assert treft(advies, "jinja2", versie) is geraakt
    assert not treft(advies, "markupsafe", versie)


def test_a_package_of_the_lock_with_a_known_vulnerability_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lock, copy = tmp_path / "requirements.lock", tmp_path / "all.zip"
    lock.write_text(f"jinja2==3.1.5 {HASH}\nmarkupsafe==3.0.2 {HASH}\n")
    with zipfile.ZipFile(copy, "w") as archive:
        archive.writestr("OSV-TEST-1.json", json.dumps(_reeks({"introduced": "0"}, {"fixed": "3.1.6"})))

    assert main(["--lock", str(lock), "--osv", str(copy)]) == 1
    assert "OSV-TEST-1" in capfd.readouterr().out

    lock.write_text(lock.read_text().replace("3.1.5", "3.1.6"))
    assert main(["--lock", str(lock), "--osv", str(copy)]) == 0


def test_whole_lock_can_be_audited(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Also the packages of one platform, and every hash; what one advisory says of one of them is found."""
    (tmp_path / "OSV-TEST-1.json").write_text(json.dumps(_reeks({"introduced": "0"})))
    assert main(["--osv", str(tmp_path)]) == 1
    assert "Found 1 known vulnerability in 1 package" in capfd.readouterr().err


def test_a_withdrawn_advisory_does_not_count_and_a_copy_without_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weg.json").write_text(json.dumps(_reeks({"introduced": "0"}) | {"withdrawn": "2026-02-01T00:00:00Z"}))
    with pytest.raises(ValueError, match="no advisories"):
        lees_kopie(tmp_path)


def test_what_cannot_be_looked_up_fails(tmp_path: Path) -> None:
    """Without the net and without a copy nothing was audited, and that is not the same as nothing was found."""
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"jinja2==3.1.5 {HASH}\n")
    assert controleer(lock, "http://127.0.0.1:9/v1/query") != 0
