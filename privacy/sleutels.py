"""Keys: one master key, from which the key of every doel and version is derived (HKDF, RFC 5869).

The embedded key store is a file that only its owner may read. Nothing but a derived key ever leaves this module.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.fout import KetenFout

KEY_BYTES = 32


@dataclass(frozen=True)
class Sleutelbos:
    """Derives keys from the master key in a file with mode 0600."""

    pad: Path

    @classmethod
    def open_of_maak(cls, pad: Path) -> Sleutelbos:
        """Opens the key store, making a master key where there is none yet."""
        if not pad.exists():
            pad.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = pad.with_suffix(f".{os.getpid()}")
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(KEY_BYTES))
            try:
                os.link(aside, pad)  # fails when another process was first: its key counts
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        return cls(pad)

    def sleutel(self, doel: str, versie: int = 1) -> bytes:
        """The 32-byte key of a doel and key version.

        Raises:
            KetenFout: `P-SLEUTEL` when the master key is absent, damaged or readable by others.
        """
        if not self.pad.is_file() or stat.S_IMODE(self.pad.stat().st_mode) & 0o077:
            raise KetenFout("P-SLEUTEL")
        master = self.pad.read_bytes()
        if len(master) != KEY_BYTES:
            raise KetenFout("P-SLEUTEL")
        info = f"signaalketen/pseudoniem/{doel}/{versie}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)
