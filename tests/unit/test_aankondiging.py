"""What announces a delivery, held against the published definitions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
from lxml import etree

from message_formats.aankondiging import GB, gb_metadata, notificatie
from message_formats.manifest import Bestand, Maat, Manifest
from tests.unit.message_voorbeelden import KVK, make_envelop

PUBLISHED = Path(__file__).parents[1] / "published"
ADRES = "https://uit.example/0344/kvk/2026-03/"
SHA = "ab" * 32


@pytest.fixture
def manifest() -> Manifest:
    stam = "kvkbericht_0344_2026-03_000001"
    bestand = Bestand(
        f"{stam}.json",
        "json",
        "bericht",
        10,
        SHA,
        Maat(f"{stam}.json.p7m", 600, SHA),
        Maat(f"{stam}.json.p7s", 900, SHA),
    )
    return Manifest.van(KVK, make_envelop(KVK, {"KVK-01": 1}), "wat", [bestand])


def test_metadata_is_valid_against_the_published_xsd(manifest: Manifest) -> None:
    schema = etree.XMLSchema(etree.parse(PUBLISHED / "digikoppeling-gb-2010-10.xsd"))
    maten = [maat for bestand in manifest.bestanden for maat in bestand.geleverd]

    document = etree.fromstring(gb_metadata(manifest, maten, ADRES))

    schema.assertValid(document)
    names = {"gb": GB}
    assert document.xpath("//gb:filename/text()", namespaces=names) == [maat.naam for maat in maten]
    assert document.xpath("//gb:checksum/text()", namespaces=names) == [maat.sha256 for maat in maten]
    assert document.xpath("//gb:checksum/@type", namespaces=names) == ["SHA256"] * 2
    assert document.xpath("//gb:size/text()", namespaces=names) == ["600", "900"]
    urls = document.xpath("//gb:senderUrl/text()", namespaces=names)
    assert urls == [ADRES + maat.naam for maat in maten]
    assert set(document.xpath("//@contextId")) == {manifest.envelop["bericht_identificatie"]}
    # The schema is one that refuses.
    document[0].remove(document[0][0])
    assert not schema.validate(document)


def test_notification_is_a_cloudevent_by_the_nl_gov_profile(manifest: Manifest) -> None:
    schema = json.loads((PUBLISHED / "cloudevents-1.0.json").read_text())
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)

    event = json.loads(notificatie(manifest, "m_manifest.json", ADRES))

    validator.validate(event)
    assert not validator.is_valid({naam: waarde for naam, waarde in event.items() if naam != "source"})
    context = {naam: waarde for naam, waarde in event.items() if naam != "data"}
    # CloudEvents 1.0: names of lower-case letters and digits, at most twenty.
    assert all(re.fullmatch("[a-z0-9]{1,20}", naam) for naam in event)
    # NL GOV: `source` a URN in nld with the OIN of the organisation and its system; `type` a reversed domain name, not
    # of an organisation; `id` persistent; JSON as the form of the data; no personal data in the context.
    assert event["specversion"] == "1.0"
    assert re.fullmatch(r"urn:nld:oin:\d{20}:systeem:[a-z]+", event["source"])
    assert manifest.envelop["afzender_oin"] in event["source"]
    assert re.fullmatch(r"nl(\.[a-z-]+)+", event["type"])
    assert event["id"] == manifest.envelop["bericht_identificatie"]
    assert event["datacontenttype"] == "application/json"
    assert not re.search(r"(?<!\d)\d{9}(?!\d)", json.dumps(context))
    assert event["data"]["manifest"] == ADRES + "m_manifest.json"


def test_the_same_delivery_is_the_same_event(manifest: Manifest) -> None:
    assert notificatie(manifest, "m", ADRES) == notificatie(manifest, "m", ADRES)
