"""What a measurement says: one table for the screen, all figures as JSON, and the machine they are of."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from pipeline.meting.maand import Fase
from pipeline.meting.peers import Peer
from pipeline.meting.proces import Gemeten
from pipeline.meting.voorraad import Proef

KOPPEN = ("stap", "over", "rijen", "MB", "waarvan opnieuw", "s", "MB/s", "GB geheugen", "grens s", "keer grens")
PEERKOPPEN = ("hoe", "uitkomsten", "gelijk aan wij", "s", "wij s", "keer zo lang", "GB geheugen", "wij GB")


@dataclass(frozen=True)
class Uitslag:
    """All that was measured; `peers` are other ways to do the same work, each with its figures."""

    proef: Proef
    fasen: Sequence[Fase]
    niets: Mapping[str, Gemeten]
    peers: Sequence[Peer] = ()

    @property
    def seconden(self) -> float:
        """The work of all stages."""
        return sum(fase.stap.gedaan.seconden for fase in self.fasen)

    @property
    def grens(self) -> float:
        """The sum of the limits."""
        return sum(fase.grens.gedaan.seconden for fase in self.fasen if fase.grens)

    @property
    def geheugen(self) -> int:
        """The memory of the largest process."""
        return max(fase.stap.geheugen for fase in self.fasen)

    def als_json(self) -> dict[str, Any]:
        """Every figure."""
        return {
            "proef": asdict(self.proef),
            "machine": machine(),
            "op": datetime.now(UTC).isoformat(timespec="seconds"),
            "fasen": [
                {
                    "naam": fase.naam,
                    "over": fase.over,
                    **_cijfers(fase.stap),
                    "grens": _cijfers(fase.grens) if fase.grens else None,
                    "verhouding": fase.verhouding,
                }
                for fase in self.fasen
            ],
            "totaal": {
                "seconden": self.seconden,
                "looptijd": sum(fase.stap.looptijd for fase in self.fasen),
                "processortijd": sum(fase.stap.processortijd for fase in self.fasen),
                "grens": self.grens,
                "verhouding": self.seconden / self.grens,
                "geheugen": self.geheugen,
            },
            "niets_veranderd": {product: _cijfers(gemeten) for product, gemeten in self.niets.items()},
            "peers": [asdict(peer) for peer in self.peers],
        }

    def bewaar(self, folder: Path) -> Path:
        """Writes every figure to a file of its own."""
        values = self.als_json()
        pad = folder / f"uitslag-{values['op'].replace(':', '').replace('+0000', 'Z')}.json"
        pad.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        return pad

    def tabel(self) -> Table:
        """The stages, and what they add up to."""
        table = Table(*KOPPEN, title=f"{_getal(self.proef.personen)} personen, {self.proef.periode}", box=None)
        for column in table.columns[2:]:
            column.justify = "right"
        for fase in self.fasen:
            gedaan = fase.stap.gedaan
            table.add_row(
                fase.naam,
                fase.over,
                _getal(gedaan.rijen) if gedaan.rijen else "",
                _mb(gedaan.bytes),
                _mb(gedaan.opnieuw) if gedaan.opnieuw else "",
                f"{gedaan.seconden:.1f}",
                f"{gedaan.bytes / 1e6 / gedaan.seconden:.0f}" if gedaan.seconden else "",
                f"{fase.stap.geheugen / 1e9:.2f}",
                f"{fase.grens.gedaan.seconden:.1f}" if fase.grens else "",
                f"{fase.verhouding:.1f}" if fase.verhouding else "",
            )
        table.add_section()
        som = ("", "", "", f"{self.seconden:.1f}", "", f"{self.geheugen / 1e9:.2f}", f"{self.grens:.1f}")
        table.add_row("totaal", *som, f"{self.seconden / self.grens:.1f}", style="bold")
        for product, gemeten in self.niets.items():
            table.add_row("niets veranderd", product, "", "", "", f"{gemeten.looptijd:.1f}")
        return table

    def peertabel(self) -> Table:
        """The same work in other ways, beside ours over the same stages."""
        table = Table(*PEERKOPPEN, title="Hetzelfde op andere manieren", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for peer in self.peers:
            table.add_row(
                peer.naam,
                _getal(peer.rijen),
                "ja" if peer.gelijk else "NEE",
                f"{peer.seconden:.1f}",
                f"{peer.onze_seconden:.1f}",
                f"{peer.seconden / peer.onze_seconden:.1f}",
                f"{peer.geheugen / 1e9:.2f}",
                f"{peer.ons_geheugen / 1e9:.2f}",
            )
        return table


def machine() -> dict[str, Any]:
    """The machine and the versions that decide how fast it is."""
    info = Path("/proc/cpuinfo")
    names = [line.partition(": ")[2] for line in info.read_text(encoding="utf-8").splitlines() if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "kernen": len(os.sched_getaffinity(0)),
        "geheugen": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "systeem": platform.platform(terse=True),
        "python": platform.python_version(),
        **{naam: version(naam) for naam in ("pyarrow", "duckdb", "dbt-core", "cryptography", "lxml")},
    }


def _cijfers(gemeten: Gemeten) -> dict[str, Any]:
    waarden = gemeten.gedaan.model_dump(exclude={"bestanden"})
    outside = {"looptijd": gemeten.looptijd, "processortijd": gemeten.processortijd, "geheugen": gemeten.geheugen}
    return {**waarden, **outside}


def _getal(aantal: int) -> str:
    return f"{aantal:,}".replace(",", ".")


def _mb(aantal: int) -> str:
    return f"{aantal / 1e6:.0f}"
