"""Looks up known vulnerabilities of every package in the lock with pip-audit: `python -m tools.audit`.

    requirements.lock ──▶ pip-audit ──▶ https://api.osv.dev, or
                                  └──▶ this process, which answers from a copy of OSV (`--osv`) where there is no net

A copy is the folder or the zip that OSV publishes per ecosystem (PyPI/all.zip): one JSON record per advisory. A package
that could not be looked up fails the audit too: pip-audit by itself passes over it. Exit codes are pip-audit's.

https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import argparse
import json
import subprocess  # nosec B404 # runs pip-audit of this environment
import sys
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Advies = Mapping[str, Any]
LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"


def lees_kopie(place: Path) -> dict[str, list[Advies]]:
    """The advisories of a copy of OSV, by the package they are about.

    Raises:
        ValueError: the copy has none for PyPI; with it everything would seem safe.
    """
    found: dict[str, list[Advies]] = defaultdict(list)
    for text in _records(place):
        record = json.loads(text)
        if not record.get("withdrawn"):
            for package in {_pakket(part) for part in record.get("affected", [])} - {""}:
                found[package].append(record)
    if not found:
        raise ValueError(f"{place.name}: no advisories about packages of PyPI")
    return found


def _records(place: Path) -> Iterator[bytes]:
    if place.is_dir():
        yield from (path.read_bytes() for path in sorted(place.rglob("*.json")))
        return
    with zipfile.ZipFile(place) as archive:
        yield from (archive.read(name) for name in archive.namelist() if name.endswith(".json"))


def _pakket(part: Mapping[str, Any]) -> str:
    package = part.get("package", {})
    return canonicalize_name(package["name"]) if package.get("ecosystem") == "PyPI" else ""


def treft(advies: Advies, pakket: str, versie: str) -> bool:
    """Whether an advisory is about a version, by its list of versions or its ranges, as OSV says to evaluate them."""
    parts = [part for part in advies["affected"] if _pakket(part) == pakket]
    return any(versie in part.get("versions", []) or _in_reeks(part.get("ranges", []), versie) for part in parts)


def _in_reeks(reeksen: Iterable[Mapping[str, Any]], versie: str) -> bool:
    version = Version(versie)
    for reeks in reeksen:
        hit = False
        if reeks["type"] == "ECOSYSTEM":
            for kind, bound in sorted(_grenzen(reeks["events"]), key=lambda grens: grens[1]):
                if kind == "introduced" and version >= bound:
                    hit = True
                elif (kind == "fixed" and version >= bound) or (kind == "last_affected" and version > bound):
                    hit = False
        if hit:
            return True
    return False


def _grenzen(events: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Version]]:
    for event in events:
        for kind, bound in event.items():
            try:
                yield kind, Version(bound)
            except InvalidVersion:  # advisories about versions that PyPI does not have
                continue


@contextmanager
def bedien(adviezen: Mapping[str, list[Advies]]) -> Iterator[str]:
    """Answers as OSV does, on this machine only; gives the URL."""

    class Antwoord(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            package = canonicalize_name(query["package"]["name"])
            hits = [each for each in adviezen.get(package, []) if treft(each, package, query["version"])]
            body = json.dumps({"vulns": hits} if hits else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keeps requests off the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Antwoord) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()


def controleer(lock: Path, osv_url: str | None) -> int:
    """Runs pip-audit over a lock; its exit code."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    command += ["--strict", "--progress-spinner", "off", "--vulnerability-service", "osv"]
    command += ["--osv-url", osv_url] if osv_url else []
    return subprocess.run(command, check=False).returncode  # noqa: S603 # nosec B603 # fixed words and our own paths


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Look up known vulnerabilities of what is in the lock.")
    parser.add_argument("--lock", type=Path, default=LOCK)
    parser.add_argument("--osv", type=Path, help="a copy of OSV for PyPI, a folder or a zip; without it, the net")
    chosen = parser.parse_args(arguments)
    if chosen.osv is None:
        return controleer(chosen.lock, None)
    with bedien(lees_kopie(chosen.osv)) as url:
        return controleer(chosen.lock, url)


if __name__ == "__main__":
    sys.exit(main())
