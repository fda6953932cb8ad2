"""The master key in a PKCS#11 token: a hardware module, a cloud HSM, or SoftHSM.

The key is a generic secret that can sign and cannot be read out. A key is derived with one HMAC-SHA256 inside the
token: HMAC(K, label || 0x01) is HKDF-Expand (RFC 5869, 2.3) of one block with the token's key as pseudo-random key. So
a master key from a file moves to a token, as its extract HMAC(0, master), without a pseudonym changing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from privacy.sleutels import KEY_BYTES, lees_geheim
from schemas.fout import KetenFout

if TYPE_CHECKING:
    from pkcs11.types import Session

LABEL = "signaalketen-hoofdsleutel"
_ALONE = threading.Lock()  # the library is started and stopped for the whole process


@dataclass(frozen=True)
class Tokensleutel:
    """The master key with the label `LABEL` in a token.

    Attributes:
        module: the PKCS#11 library of the token.
        token: the label of the token.
        pin: file with the PIN, which only its owner may read.
    """

    module: Path
    token: str
    pin: Path

    def leid_af(self, info: bytes) -> bytes:
        """Derives inside the token."""
        from pkcs11 import Mechanism  # noqa: PLC0415

        with self._sessie() as session:
            key = self._sleutel(session)
            if key is None:
                raise KetenFout("P-SLEUTEL")
            derived: bytes = key.sign(info + b"\x01", mechanism=Mechanism.SHA256_HMAC)
            return derived

    def bestaat(self) -> bool:
        """Whether the token holds the key."""
        with self._sessie() as session:
            return self._sleutel(session) is not None

    def maak(self) -> None:
        """Has the token make a key that never leaves it."""
        from pkcs11 import Attribute, KeyType, MechanismFlag  # noqa: PLC0415

        with self._sessie(rw=True) as session:
            if self._sleutel(session) is not None:
                raise KetenFout("P-BESTAAT")
            closed = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
            session.generate_key(
                KeyType.GENERIC_SECRET,
                8 * KEY_BYTES,
                label=LABEL,
                store=True,
                capabilities=MechanismFlag.SIGN,
                template={**closed, Attribute.MODIFIABLE: False},
            )

    @staticmethod
    def _sleutel(session: Session) -> Any:
        """The one key with the label, or None; one that can be read out is not it."""
        from pkcs11 import Attribute, ObjectClass  # noqa: PLC0415

        found = list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: LABEL}))
        if len(found) > 1 or any(key[Attribute.EXTRACTABLE] for key in found):
            raise KetenFout("P-TOKEN")
        return found[0] if found else None

    @contextmanager
    def _sessie(self, *, rw: bool = False) -> Iterator[Session]:
        """A session, logged in. The library is left afterwards: a process that is forked may then use it too."""
        try:
            import pkcs11  # noqa: PLC0415
        except ImportError:
            raise KetenFout("P-TOKEN", "python-pkcs11") from None
        pin = lees_geheim(self.pin).decode("utf-8", "replace").strip()
        with _ALONE:
            try:
                library = pkcs11.lib(str(self.module))
            except (pkcs11.PKCS11Error, RuntimeError, OSError):
                raise KetenFout("P-TOKEN") from None
            try:
                with library.get_token(token_label=self.token).open(rw=rw, user_pin=pin) as session:
                    yield session
            except pkcs11.PKCS11Error:
                raise KetenFout("P-TOKEN") from None
            finally:
                library.finalize()
