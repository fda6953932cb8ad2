"""What announces a delivery: Digikoppeling Grote Berichten metadata, and a CloudEvent by the NL GOV profile.

The metadata (`data-reference`, pull profile) says for each delivered file where it is fetched, how large it is and its
SHA-256. The notification tells that there is something; by the profile its context attributes hold no personal data,
and its `source` is a URN with the OIN of the sender. Neither opens anything: what they point at is encrypted.

Sources: Digikoppeling Koppelvlakstandaard Grote Berichten 3.8 (XSD of 2010/10); NL GOV profile for CloudEvents 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from lxml import etree

from message_formats.manifest import Maat, Manifest

GB = "http://www.logius.nl/digikoppeling/gb/2010/10"
GB_SUFFIX, NOTIFICATIE_SUFFIX = "_gb.xml", "_notificatie.json"
BESCHIKBAAR = timedelta(days=31)
_CONTENT = {".p7m": "application/pkcs7-mime", ".p7s": "application/pkcs7-signature", ".json": "application/json"}
NOTIFICATIE_SCHEMA = "urn:signaalketen:notificatie:1.0"


def gb_metadata(manifest: Manifest, bestanden: Iterable[Maat], adres: str) -> bytes:
    """The metadata of the files of a delivery; `adres` is the URL of their folder, ending in a slash."""
    root = etree.Element(f"{{{GB}}}digikoppeling-external-data-references", nsmap={"tns": GB})
    root.set("profile", "digikoppeling-gb-1.0")
    begin = datetime.fromisoformat(manifest.envelop["dagtekening"])
    for maat in bestanden:
        reference = _in(root, "data-reference", contextId=manifest.envelop["bericht_identificatie"])
        lifetime = _in(reference, "lifetime")
        _in(lifetime, "creationTime", _tijd(begin), type="xs:dateTime")
        _in(lifetime, "expirationTime", _tijd(begin + BESCHIKBAAR), type="xs:dateTime")
        soort = _CONTENT[maat.naam[maat.naam.rindex(".") :]]
        content = _in(reference, "content", contentType=soort)
        _in(content, "filename", maat.naam)
        _in(content, "checksum", maat.sha256, type="SHA256")
        _in(content, "size", str(maat.grootte))
        location = _in(_in(reference, "transport"), "location")
        _in(location, "senderUrl", adres + maat.naam, type="xs:anyURI")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def notificatie(manifest: Manifest, naam: str, adres: str) -> bytes:
    """The CloudEvent that a delivery is there; `naam` is that of its manifest in the folder at `adres`.

    A second notification of the same delivery is the same event: its `id` is the identification of the message.
    """
    envelop = manifest.envelop
    event = cloudevent(
        id=envelop["bericht_identificatie"],
        afzender_oin=envelop["afzender_oin"],
        type=f"nl.inleesberichten.{envelop['bericht_code']}.beschikbaar",
        time=envelop["dagtekening"],
        subject=f"{envelop['ontvanger_code']}.{envelop['periode']}.{envelop['volgnummer']}",
        dataschema=NOTIFICATIE_SCHEMA,
        data={
            "berichtCode": envelop["bericht_code"],
            "berichtVersie": manifest.versie,
            "ontvangerOin": envelop["ontvanger_oin"],
            "periode": envelop["periode"],
            "volgnummer": envelop["volgnummer"],
            "aantalSignalen": envelop["aantal_signalen"],
            "manifest": adres + naam,
        },
    )
    return orjson.dumps(event, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def cloudevent(afzender_oin: str, dataschema: str, data: dict[str, Any], **attributen: str) -> dict[str, Any]:
    """A CloudEvent by the NL GOV profile, from this system of an organisation; `attributen` tell which event it is."""
    return {
        "specversion": "1.0",
        "source": f"urn:nld:oin:{afzender_oin}:systeem:signaalketen",
        **attributen,
        "datacontenttype": "application/json",
        "dataschema": dataschema,
        "data": data,
    }


def _in(ouder: etree._Element, naam: str, tekst: str | None = None, **attributen: str) -> etree._Element:
    element = etree.SubElement(ouder, f"{{{GB}}}{naam}", attributen)
    element.text = tekst
    return element


def _tijd(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
