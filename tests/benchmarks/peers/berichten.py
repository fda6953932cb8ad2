"""Messages the usual way: per recipient a file in each format, signal by signal, then signed and encrypted."""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.padding import PKCS7
from lxml import etree

from tests.spec.oracle.inkomsten import Melding


def schrijf_berichten(folder: Path, signalen: Iterable[Melding], bsn: Mapping[str, str], periode: str) -> int:
    """Writes the messages; gives the bytes that would be delivered."""
    per_ontvanger: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for melding in signalen:
        velden = {naam: waarde for naam, waarde in asdict(melding).items() if waarde is not None}
        per_ontvanger[melding.ontvanger].append({**velden, "persoon": bsn[melding.persoon]})
    sleutel = ec.generate_private_key(ec.SECP256R1())
    grootte = 0
    for ontvanger, rijen in sorted(per_ontvanger.items()):
        for bericht in _schrijf(folder / ontvanger, ontvanger, rijen, periode):
            grootte += _beveilig(bericht, sleutel)
    return grootte


def _schrijf(map_: Path, ontvanger: str, rijen: list[dict[str, object]], periode: str) -> Iterable[Path]:
    map_.mkdir()
    als_json = map_ / "bericht.json"
    kop = {"ontvanger": ontvanger, "periode": periode}
    als_json.write_text(json.dumps({**kop, "signalen": rijen}, indent=1), encoding="utf-8")
    yield als_json
    wortel = etree.Element("Bericht", kop)
    for rij in rijen:
        signaal = etree.SubElement(wortel, "Signaal")
        for naam, waarde in rij.items():
            etree.SubElement(signaal, naam).text = str(waarde)
    als_xml = map_ / "bericht.xml"
    etree.ElementTree(wortel).write(als_xml, encoding="utf-8", xml_declaration=True, pretty_print=True)
    yield als_xml
    als_csv = map_ / "bericht.csv"
    with als_csv.open("w", encoding="utf-8", newline="") as file:
        schrijver = csv.DictWriter(file, list(Melding.__dataclass_fields__), delimiter=";")
        schrijver.writeheader()
        schrijver.writerows(rijen)
    yield als_csv


def _beveilig(pad: Path, sleutel: ec.EllipticCurvePrivateKey) -> int:
    """Signs and encrypts a whole file in memory."""
    inhoud = pad.read_bytes()
    handtekening = sleutel.sign(inhoud, ec.ECDSA(SHA256()))
    opvulling = PKCS7(128).padder()
    encryptor = Cipher(AES(os.urandom(32)), CBC(os.urandom(16))).encryptor()
    versleuteld = encryptor.update(opvulling.update(inhoud) + opvulling.finalize()) + encryptor.finalize()
    pad.with_suffix(f"{pad.suffix}.p7m").write_bytes(versleuteld)
    pad.unlink()
    return len(versleuteld) + len(handtekening)
