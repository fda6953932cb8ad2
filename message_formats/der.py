"""DER (X.690), as far as writing a CMS message takes it: tag, length, content.

Reading is left to asn1crypto. Writing is not, because a delivery has some five structures for every message and a
library that models each field takes twenty times as long as putting bytes together.
"""

from __future__ import annotations

from functools import cache

INTEGER, BITS, OCTETS, NULL, OID, UTCTIME, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x30, 0x31


def kop(tag: int, lengte: int) -> bytes:
    """What stands before a content of so many bytes."""
    if lengte < 0x80:
        return bytes((tag, lengte))
    size = lengte.to_bytes((lengte.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size


def tlv(tag: int, *delen: bytes) -> bytes:
    """A value of which the content is these parts after each other."""
    inhoud = b"".join(delen)
    return kop(tag, len(inhoud)) + inhoud


def seq(*delen: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(SEQUENCE, *delen)


def verzameling(*delen: bytes) -> bytes:
    """A SET OF: DER sorts its elements by their encoding."""
    return tlv(SET, *sorted(delen))


def octets(inhoud: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(OCTETS, inhoud)


def geheel(waarde: int) -> bytes:
    """An INTEGER that is not negative."""
    return tlv(INTEGER, waarde.to_bytes(waarde.bit_length() // 8 + 1, "big"))


def expliciet(nummer: int, *delen: bytes) -> bytes:
    """A constructed value under a context tag."""
    return tlv(0xA0 | nummer, *delen)


@cache
def oid(punten: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    eerste, tweede, *rest = map(int, punten.split("."))
    return tlv(OID, b"".join(_base128(getal) for getal in (40 * eerste + tweede, *rest)))


def _base128(getal: int) -> bytes:
    groups = [getal & 0x7F]
    while getal := getal >> 7:
        groups.append(0x80 | getal & 0x7F)
    return bytes(reversed(groups))
