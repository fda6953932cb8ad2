"""Messages the usual way: per recipient a file in each format, signal by signal; then validated, signed and encrypted.

They are inkomstenberichten as recipients get them, with their bewijs: valid by the same schemas.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.padding import PKCS7
from jsonschema import Draft202012Validator
from lxml import etree

from message_formats.envelope import Envelop, envelop_velden
from message_formats.names import camel, csv_columns, pascal
from message_formats.validate import schema_path
from schemas.berichten import Bericht
from schemas.load import ontvangers
from schemas.product import Product
from tests.benchmarks.peers.bewijs import Feit
from tests.spec.oracle.gemeen import laatste_dag

Velden = dict[str, Any]


@dataclass(frozen=True)
class Signaal:
    """What a message says about one person: its own fields, and the facts under them."""

    ontvanger: str
    velden: Velden
    bewijs: list[Feit]


@dataclass(frozen=True)
class Schrijver:
    """Writes the messages of a product about a periode in one version."""

    product: Product
    bericht: Bericht
    periode: str
    leveringen: Mapping[str, str]  # the kenmerk of each by its number

    def schrijf(self, folder: Path, signalen: Iterable[Signaal]) -> int:
        """Writes to a folder per recipient; gives the bytes that would be delivered."""
        per_ontvanger: defaultdict[str, list[Signaal]] = defaultdict(list)
        for signaal in signalen:
            per_ontvanger[signaal.ontvanger].append(signaal)
        sleutel = ec.generate_private_key(ec.SECP256R1())
        grootte = 0
        for ontvanger, eigen in sorted(per_ontvanger.items()):
            map_ = folder / ontvanger
            map_.mkdir()
            envelop = self._envelop(ontvanger, eigen)
            rijen = [self._rij(signaal) for signaal in eigen]
            bestanden = [
                self._json(map_ / "bericht.json", envelop, rijen),
                self._xml(map_ / "bericht.xml", envelop, rijen),
                *self._csv(map_, envelop, rijen),
            ]
            grootte += sum(_beveilig(bestand, sleutel) for bestand in bestanden)
        return grootte

    @cached_property
    def _peildatum(self) -> str:
        return laatste_dag(self.periode).isoformat()

    def _envelop(self, ontvanger: str, signalen: list[Signaal]) -> Velden:
        envelop = Envelop(
            bericht=self.bericht.bericht,
            versie=self.bericht.versie,
            afzender_oin="0" * 20,
            ontvanger_oin="0" * 20,
            ontvanger=ontvanger,
            ontvanger_naam=ontvangers()[ontvanger].naam,
            bericht_identificatie=str(uuid.uuid4()),
            volgnummer=1,
            dagtekening=datetime.combine(laatste_dag(self.periode), time(6), UTC),
            periode=self.periode,
            peildatum=laatste_dag(self.periode),
            leveringsoort="mutaties",
            aantal_signalen=len(signalen),
            aantallen=Counter(signaal.velden["signaal_code"] for signaal in signalen),
            run_id="gewoon",
            contact_naam="gewoon",
            contact="gewoon",
        )
        return envelop_velden(envelop, self.bericht, "wat")

    def _rij(self, signaal: Signaal) -> Velden:
        """A signal with the fields of the message in their order, its facts last."""
        velden = signaal.velden
        sleutel = "|".join(str(velden.get(naam, "")) for naam in self.bericht.signaal if naam != "mutatie")
        known = {
            **velden,
            "signaal_id": hashlib.sha256(sleutel.encode()).hexdigest()[:32],
            "mutatie": "nieuw",
            "peildatum": self._peildatum,
            "toelichting": self.product.signalen[velden["signaal_code"]].toelichting,
        }
        rij = {naam: known[naam] for naam in self.bericht.signaal if known.get(naam) not in {None, ""}}
        return {**rij, "bewijs": [self._feit(feit) for feit in signaal.bewijs]}

    def _feit(self, feit: Feit) -> Velden:
        known = {
            **feit,
            "levering_id": self.leveringen[str(feit["levering_nr"])],
            "record_nr": int(str(feit["record_nr"])),
            "peildatum": self._peildatum,
        }
        return {naam: known[naam] for naam in self.bericht.bewijs if naam in known}

    def _json(self, pad: Path, envelop: Velden, rijen: list[Velden]) -> Path:
        bericht = _camel({"envelop": envelop, "signalen": rijen})
        pad.write_text(json.dumps(bericht, ensure_ascii=False), encoding="utf-8")
        self._schema_json.validate(json.loads(pad.read_text(encoding="utf-8")))
        return pad

    @cached_property
    def _schema_json(self) -> Draft202012Validator:
        text = schema_path(self.bericht, ".schema.json").read_text(encoding="utf-8")
        return Draft202012Validator(json.loads(text))

    def _xml(self, pad: Path, envelop: Velden, rijen: list[Velden]) -> Path:
        wortel = etree.Element(f"{{{self.bericht.urn}}}{pascal(self.bericht.bericht)}", nsmap={None: self.bericht.urn})
        self._element(wortel, "envelop", envelop)
        signalen = self._element(wortel, "signalen", {})
        for rij in rijen:
            self._element(signalen, "signaal", rij)
        etree.ElementTree(wortel).write(str(pad), encoding="utf-8", xml_declaration=True)
        self._schema_xml.assertValid(etree.parse(str(pad)))
        return pad

    def _element(self, ouder: etree._Element, naam: str, waarde: object) -> etree._Element:
        element = etree.SubElement(ouder, f"{{{self.bericht.urn}}}{pascal(naam)}")
        match waarde:
            case dict():
                for key, item in waarde.items():
                    self._element(element, key, item)
            case list():
                for item in waarde:
                    self._element(element, {"bewijs": "feit", "aantallen_per_code": "aantal_per_code"}[naam], item)
            case _:
                element.text = str(waarde)
        return element

    @cached_property
    def _schema_xml(self) -> etree.XMLSchema:
        return etree.XMLSchema(etree.parse(str(schema_path(self.bericht, ".xsd"))))

    def _csv(self, map_: Path, envelop: Velden, rijen: list[Velden]) -> Iterator[Path]:
        voor = {naam: envelop[naam] for naam in ("bericht_identificatie", "volgnummer", "periode")}
        feiten = [
            {"bericht_identificatie": envelop["bericht_identificatie"], "signaal_id": rij["signaal_id"], **feit}
            for rij in rijen
            for feit in rij["bewijs"]
        ]
        signalen = [{**voor, **{naam: waarde for naam, waarde in rij.items() if naam != "bewijs"}} for rij in rijen]
        for rol, rows in {"bericht": signalen, "bewijs": feiten}.items():
            pad = map_ / f"{rol}.csv"
            with pad.open("w", encoding="utf-8-sig", newline="") as file:
                schrijver = csv.DictWriter(file, [*csv_columns(self.bericht, rol)], delimiter=";")
                schrijver.writeheader()
                schrijver.writerows(_camel(rows))
            yield pad


def _camel(waarde: Any) -> Any:
    match waarde:
        case dict():
            return {camel(naam): _camel(item) for naam, item in waarde.items()}
        case list():
            return [_camel(item) for item in waarde]
        case _:
            return waarde


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
