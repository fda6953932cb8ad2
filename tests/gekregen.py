"""A delivery as a recipient has it, made without the pipeline: signed and encrypted, with its certificates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from demo.certificaten import Houder, maak_keten
from message_formats.certificaat import lees_certificaten, lees_sleutel
from message_formats.manifest import SUFFIX, Bestand, Maat, digest, lees_manifest, schrijf_manifest
from message_formats.onderteken import Ondertekenaar
from message_formats.openen import HANDTEKENING, VERSLEUTELD
from message_formats.versleutel import Versleutelaar
from message_formats.write import Fragmenten
from tests.unit.message_voorbeelden import KVK, make_bewijs, make_envelop, make_signalen, write_all, write_manifest

UTRECHT, DEN_HAAG = "0344", "0518"


@dataclass(frozen=True)
class Gekregen:
    """A folder with one delivery to Utrecht, and the chain of certificates it was made with."""

    map: Path
    keten: Path

    def sleutel(self, ontvanger: str = UTRECHT) -> Path:
        """The private key of a recipient."""
        return self.keten / "demo" / "ontvangers" / f"{ontvanger}.key"

    @property
    def vertrouwd(self) -> Path:
        """Whose signatures count."""
        return self.keten / "vertrouwd.pem"

    def bestand(self, suffix: str) -> Path:
        """The file of the delivery that ends so."""
        (path,) = self.map.glob(f"*{suffix}")
        return path


def maak_levering(folder: Path) -> Gekregen:
    """A message of two signals in three formats."""
    signalen = make_signalen(KVK, [{}, {"signaal_code": "KVK-02"}])
    fragmenten = Fragmenten.bereid(KVK, signalen, make_bewijs(KVK, [{"signaal_id": f"{0:032x}", "volgnummer": 1}]))
    envelop = make_envelop(KVK, fragmenten.aantallen(0, 2))
    keten, uit = folder / "certificaten", folder / "uit"
    op = datetime.now(UTC)
    houders = {
        UTRECHT: Houder("Utrecht", "00000001900000344000"),
        DEN_HAAG: Houder("Den Haag", "00000001900000518000"),
    }
    maak_keten(keten, Houder("Afzender", envelop.afzender_oin), houders, op)
    pad = write_manifest(write_all(uit, fragmenten, envelop, 0, 2), KVK, envelop)
    _beveilig(pad, keten, op)
    return Gekregen(uit, keten)


def _beveilig(pad: Path, keten: Path, op: datetime) -> None:
    (afzender,) = lees_certificaten(keten / "afzender.pem")
    ondertekenaar = Ondertekenaar(lees_sleutel(keten / "afzender.key"), afzender)
    versleutelaar = Versleutelaar(lees_certificaten(keten / "ontvangers" / f"{UTRECHT}.pem")[0])

    def onderteken(plain: Path) -> Path:
        path = plain.with_name(plain.name + HANDTEKENING)
        path.write_bytes(ondertekenaar.onderteken(bytes.fromhex(digest(plain)), op))
        return path

    def beveilig(bestand: Bestand) -> Bestand:
        plain = pad.with_name(bestand.naam)
        closed = plain.with_name(plain.name + VERSLEUTELD)
        versleutelaar.versleutel(plain, closed)
        handtekening = onderteken(plain)
        plain.unlink()
        return replace(bestand, versleuteld=Maat.meet(closed), handtekening=Maat.meet(handtekening))

    manifest = lees_manifest(pad)
    schrijf_manifest(pad, replace(manifest, bestanden=tuple(map(beveilig, manifest.bestanden))))
    assert pad.name.endswith(SUFFIX)
    onderteken(pad)
