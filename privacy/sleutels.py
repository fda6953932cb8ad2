"""Keys: one master key, from which the key of every use, doel and version is derived (HKDF, RFC 5869).

The hierarchy stands in the label a key is derived under: `signaalketen/<gebruik>/<doel>/<versie>`. Keys under different
labels say nothing about each other or about the master key. What keeps the master key is a `Sleutelbron`: a file that
only its owner may read, the environment, or a token (`sleutels_pkcs11`). It derives; the master key stays with it.
"""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.fout import KetenFout

KEY_BYTES = 32
VARIABELE = "KETEN_HOOFDSLEUTEL"
Gebruik = Literal["pseudoniem", "signaal", "logboek"]


class Sleutelbron(Protocol):
    """What keeps a master key. A fault in it is a `KetenFout`: `P-SLEUTEL`, or `P-TOKEN` for the token itself."""

    def leid_af(self, info: bytes) -> bytes:
        """The 32 bytes of HKDF-SHA256 under this label, without salt."""

    def bestaat(self) -> bool:
        """Whether there is a master key."""

    def maak(self) -> None:
        """Makes a master key; `P-BESTAAT` when there is one, for it is never overwritten."""


@dataclass(frozen=True)
class Sleutelbos:
    """The keys that follow from a master key."""

    bron: Sleutelbron

    def sleutel(self, doel: str, versie: int | None = 1, gebruik: Gebruik = "pseudoniem") -> bytes:
        """The 32-byte key of a doel and key version for one use; without a version, one that does not rotate.

        Raises:
            KetenFout: `P-SLEUTEL` or `P-TOKEN` when there is no master key that may be used.
        """
        delen = ["signaalketen", gebruik, doel, *([] if versie is None else [str(versie)])]
        return self.bron.leid_af("/".join(delen).encode())

    def controlegetal(self, doel: str, versie: int | None, gebruik: Gebruik = "pseudoniem") -> str:
        """Six hexadecimal digits by which two installations can tell that they have the same key."""
        key = self.sleutel(doel, versie, gebruik)
        encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305 # nosec B305 # one block
        return encryptor.update(bytes(16))[:3].hex()


@dataclass(frozen=True)
class Sleutelbestand:
    """The master key in a file with mode 0600."""

    pad: Path

    def leid_af(self, info: bytes) -> bytes:
        """Derives from the key in the file."""
        return _leid_af(lees_geheim(self.pad), info)

    def bestaat(self) -> bool:
        """Whether the file is there."""
        return self.pad.exists()

    def maak(self) -> None:
        """Writes a random key; the file is whole before it has its name."""
        self.pad.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.pad.with_name(f".{self.pad.name}.{os.getpid()}")
        aside.unlink(missing_ok=True)  # of a process with our number that was killed, as happens in containers
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(KEY_BYTES))
            os.link(aside, self.pad)  # fails when another process was first: its key counts
        except FileExistsError:
            raise KetenFout("P-BESTAAT") from None
        finally:
            aside.unlink()


@dataclass(frozen=True)
class Omgevingssleutel:
    """The master key in an environment variable, as base64 or hexadecimal text, for a secret store that fills it."""

    variabele: str = VARIABELE

    def leid_af(self, info: bytes) -> bytes:
        """Derives from the key in the variable."""
        return _leid_af(_ontcijfer(os.environ.get(self.variabele, "")), info)

    def bestaat(self) -> bool:
        """Whether the variable holds something."""
        return bool(os.environ.get(self.variabele))

    def maak(self) -> None:
        """Cannot: a process does not change what its environment will be next time."""
        raise KetenFout("P-BESTAAT" if self.bestaat() else "P-SLEUTEL", self.variabele)


def lees_geheim(pad: Path) -> bytes:
    """The content of a file that only its owner may read.

    Raises:
        KetenFout: `P-SLEUTEL` when it is absent or open to others.
    """
    try:
        with pad.open("rb") as file:
            open_to_others = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            content = file.read()
    except OSError:
        raise KetenFout("P-SLEUTEL") from None
    if open_to_others:
        raise KetenFout("P-SLEUTEL")
    return content


def _leid_af(master: bytes, info: bytes) -> bytes:
    if len(master) != KEY_BYTES:
        raise KetenFout("P-SLEUTEL")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _ontcijfer(text: str) -> bytes:
    """The bytes of 64 hexadecimal digits or 44 characters of base64; nothing of any other text."""
    try:
        return bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
    except ValueError:
        raise KetenFout("P-SLEUTEL", VARIABELE) from None
