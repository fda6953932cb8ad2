"""The channels of an installation: what `schemas/kanaal.yml` describes, with their secrets."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from connectors.kanaal import Kanaal, MapKanaal
from schemas import ontvanger
from schemas.fout import KetenFout
from schemas.load import kanalen


@dataclass(frozen=True)
class Kanalen:
    """Opens channels; `uitleveringen` is the folder of the channel `map`, `geheimen` the one with secrets."""

    uitleveringen: Path
    geheimen: Path
    _open: dict[str, Kanaal] = field(default_factory=dict, compare=False)

    def van(self, naam: str) -> Kanaal:
        """The channel of this name.

        Raises:
            KetenFout: `U-GEHEIM` when its secret is absent, incomplete, or readable by others.
        """
        if naam not in self._open:
            self._open[naam] = self._maak(naam, kanalen()[naam])
        return self._open[naam]

    def _maak(self, naam: str, kanaal: ontvanger.Kanaal) -> Kanaal:
        if isinstance(kanaal, ontvanger.MapKanaal):
            return MapKanaal(self.uitleveringen)
        # Only who has such a channel waits for what it needs to load.
        if isinstance(kanaal, ontvanger.SftpKanaal):
            from connectors.kanaal_sftp import SftpKanaal  # noqa: PLC0415

            sleutel = geheim(self.geheimen, f"{naam}.key")
            values = kanaal.model_dump(exclude={"soort"})
            return SftpKanaal(**values, sleutel=sleutel)
        from connectors.kanaal_s3 import S3Kanaal  # noqa: PLC0415

        lines = geheim(self.geheimen, f"{naam}.s3").read_text(encoding="utf-8").split()
        if len(lines) != 2:
            raise KetenFout("U-GEHEIM", f"{naam}.s3")
        return S3Kanaal(**kanaal.model_dump(exclude={"soort"}), sleutel_id=lines[0], geheim=lines[1])


def geheim(folder: Path, bestand: str) -> Path:
    """A file with a secret, which only its owner may read.

    Raises:
        KetenFout: `U-GEHEIM`.
    """
    pad = folder / bestand
    if not pad.is_file() or stat.S_IMODE(pad.stat().st_mode) & 0o077:
        raise KetenFout("U-GEHEIM", bestand)
    return pad
