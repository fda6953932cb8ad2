"""What was delivered, opened: the plain messages as a recipient has them, for tests that look into them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lineage.ledger import now
from message_formats.certificaat import lees_sleutel
from message_formats.manifest import SUFFIX, lees_manifest
from message_formats.ontsleutel import ontsleutel
from message_formats.openen import Opener
from pipeline.instellingen import Instellingen
from pipeline.proefketen import maak_proefketen
from pipeline.uitlevering.adressaat import adressaat
from schemas.load import ontvangers


def met_certificaten(data: Path) -> Instellingen:
    """Settings of an installation that has a chain of certificates of its own."""
    instellingen = Instellingen(data=data)
    maak_proefketen(instellingen)
    return instellingen


def opener(instellingen: Instellingen) -> Opener:
    """What every recipient of an installation together opens with."""
    return Opener(instellingen.certificaten.map / "demo" / "ontvangers", instellingen.certificaten.vertrouwen)


def geopend(instellingen: Instellingen) -> Path:
    """A folder beside the data folder like that with deliveries, but with the messages opened; it follows the other."""
    van = instellingen.uitleveringen
    naar = instellingen.map().with_name(f"{instellingen.map().name}-geopend-{os.getpid()}")
    manifesten = {path.relative_to(van): path for path in van.glob(f"[!.]*/*/*/*{SUFFIX}")}
    for path in naar.glob(f"*/*/*/*{SUFFIX}"):
        source = manifesten.get(path.relative_to(naar))
        if source is None or source.read_bytes() != path.read_bytes():
            for plain in path.parent.glob(path.name.removesuffix(SUFFIX) + "*"):
                plain.unlink()
    for rel, path in manifesten.items():
        if (naar / rel).exists():
            continue
        (naar / rel).parent.mkdir(parents=True, exist_ok=True)
        manifest = lees_manifest(path)
        code = adressaat(ontvangers()[rel.parts[0]], rel.parts[1], now().date()).ontvanger
        sleutel = lees_sleutel(instellingen.certificaten.map / "demo/ontvangers" / f"{code}.key")
        for bestand in manifest.bestanden:
            assert bestand.versleuteld is not None
            ontsleutel(path.with_name(bestand.versleuteld.naam), sleutel, naar / rel.parent / bestand.naam)
        shutil.copy(path, naar / rel)
    return naar
