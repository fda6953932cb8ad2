"""Makes the files of one delivery: the message in the formats the recipient takes, validated, signed and encrypted.

What is plain stays in the working folder and goes with it; what is delivered is the encrypted message (`.p7m`) with its
signature (`.p7s`), and the manifest, which holds no personal data, with its signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from lineage.ledger import Rij, now
from message_formats.aankondiging import GB_SUFFIX, NOTIFICATIE_SUFFIX, gb_metadata, notificatie
from message_formats.keuring import Keuring, Keurmeester
from message_formats.manifest import SUFFIX, Bestand, Maat, Manifest, digest, schrijf_manifest
from message_formats.onderteken import Ondertekenaar
from message_formats.openen import HANDTEKENING, VERSLEUTELD
from message_formats.versleutel import Versleutelaar
from pipeline.certificaten import Certificaten
from pipeline.uitlevering.adressaat import adressaat
from pipeline.uitlevering.schrijf import Schrijver
from schemas.fout import KetenFout
from schemas.load import ontvangers
from schemas.ontvanger import Ontvanger


@dataclass(frozen=True)
class Gemaakt:
    """The files of a delivery in the order in which they are to appear, the manifest last, and what that says."""

    bestanden: tuple[Path, ...]
    manifest: Manifest


@dataclass(frozen=True)
class Maker:
    """Makes deliveries of one run; `werkmap` is where they are in the making, `afhaaladres` where they are fetched.

    `_geschreven` is what was written and not yet validated, `_gekeurd` what was validated and not yet delivered.
    """

    schrijver: Schrijver
    certificaten: Certificaten
    ondertekenaar: Ondertekenaar
    werkmap: Path
    afhaaladres: str
    keurmeester: Keurmeester
    _geschreven: dict[str, list[Keuring]] = field(default_factory=dict)
    _gekeurd: dict[str, tuple[list[Keuring], KetenFout | None]] = field(default_factory=dict)

    def schrijf(self, groepen: Iterable[Sequence[Rij]]) -> Iterator[Sequence[Rij]]:
        """Yields each group when its messages have been written, for `keur` to go on with."""
        for groep in groepen:
            for row in groep:
                naar = row["ontvanger"]
                self._geschreven[naar] = self.schrijver.schrijf(row, ontvangers()[naar], self.werkmap / naar)
            yield groep

    def keur(self, groepen: Iterable[Sequence[Rij]]) -> Iterator[Sequence[Rij]]:
        """Yields each group when its messages have been validated, for `maak` to go on with."""
        for groep in groepen:
            made = {row["ontvanger"]: self._geschreven.pop(row["ontvanger"]) for row in groep}
            problems = iter(self.keurmeester.keur([keuring for keuringen in made.values() for keuring in keuringen]))
            for naar, keuringen in made.items():
                pairs = zip(keuringen, islice(problems, len(keuringen)), strict=True)
                found = [f"{keuring.formaat}: {text[0]}" for keuring, text in pairs if text]
                self._gekeurd[naar] = keuringen, KetenFout("U-ONGELDIG", found[0]) if found else None
            yield groep

    def maak(self, row: Rij, ontvanger: Ontvanger) -> Gemaakt:
        """The files of one delivery, of which the messages were written and validated.

        Raises:
            KetenFout: the delivery must be held back: `U-ONGELDIG` when a file breaks its schema, a `K-` code when the
                recipient has no certificate that counts.
        """
        naar = adressaat(ontvanger, row["product"], now().date())
        versleutelaar = self.certificaten.versleutelaar(naar, now())
        definitie = self.schrijver.samenstelling.delen[row["ontvanger"]].definitie
        folder = self.werkmap / row["ontvanger"]
        made, problem = self._gekeurd.pop(row["ontvanger"])
        if problem is not None:
            raise problem
        bestanden = [self._beveilig(keuring, versleutelaar) for keuring in made]
        envelop = self.schrijver.envelop(row, ontvanger)
        manifest = Manifest.van(definitie, envelop, ontvanger.inhoud, bestanden)
        pad = folder / f"{self.schrijver.stam(row)}{SUFFIX}"
        schrijf_manifest(pad, manifest)
        handtekening = self._onderteken(pad, bytes.fromhex(digest(pad)))
        delivered = [folder / maat.naam for bestand in bestanden for maat in bestand.geleverd]
        aankondiging = self._kondig_aan(row, manifest, pad, handtekening)
        return Gemaakt((*delivered, handtekening, *aankondiging, pad), manifest)

    def _kondig_aan(self, row: Rij, manifest: Manifest, pad: Path, handtekening: Path) -> tuple[Path, Path]:
        """Writes the metadata of the files and the notification."""
        adres = f"{self.afhaaladres}{row['ontvanger']}/{row['product']}/{row['periode']}/"
        maten = [maat for bestand in manifest.bestanden for maat in bestand.geleverd]
        maten += [Maat.meet(handtekening), Maat.meet(pad)]
        stam = self.schrijver.stam(row)
        gb, bericht = pad.with_name(f"{stam}{GB_SUFFIX}"), pad.with_name(f"{stam}{NOTIFICATIE_SUFFIX}")
        gb.write_bytes(gb_metadata(manifest, maten, adres))
        bericht.write_bytes(notificatie(manifest, pad.name, adres))
        return gb, bericht

    def _beveilig(self, keuring: Keuring, versleutelaar: Versleutelaar) -> Bestand:
        """Signs and encrypts a file, which is read once; the plain one is gone afterwards."""
        pad = keuring.pad
        versleuteld, grootte = pad.with_name(f"{pad.name}{VERSLEUTELD}"), pad.stat().st_size
        digests = versleutelaar.versleutel(pad, versleuteld)
        handtekening = self._onderteken(pad, digests.inhoud)
        pad.unlink()
        maat = Maat(versleuteld.name, versleuteld.stat().st_size, digests.geschreven.hex())
        return Bestand(
            pad.name, keuring.formaat, keuring.rol, grootte, digests.inhoud.hex(), maat, Maat.meet(handtekening)
        )

    def _onderteken(self, pad: Path, sha256: bytes) -> Path:
        handtekening = pad.with_name(f"{pad.name}{HANDTEKENING}")
        handtekening.write_bytes(self.ondertekenaar.onderteken(sha256, now()))
        return handtekening
