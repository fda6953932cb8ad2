"""Opens a delivery at the recipient: every file decrypted into a folder of its own, signatures and checksums held.

What comes out is a folder with the plain files under the names in the manifest, which can be read like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from message_formats.certificaat import Vertrouwen, lees_sleutel, oin
from message_formats.manifest import Bestand, Maat, Manifest, bezwaar
from message_formats.ontsleutel import controleer_handtekening, ontsleutel
from schemas.fout import KetenFout

VERSLEUTELD, HANDTEKENING = ".p7m", ".p7s"
Bezwaar = tuple[str, str, str]  # code, name of the file, place


@dataclass(frozen=True)
class Opener:
    """What a recipient opens with.

    `sleutel` is the PEM file with the private key, or a folder with `<ontvanger>.key`; None opens nothing. In such a
    folder the keys of samenwerkingsverbanden (`swv-NN.key`) are tried too, as one may receive for a gemeente.
    `vertrouwen` says whose signatures count; None leaves them unchecked, and whoever shows the outcome says so.
    """

    sleutel: Path | None = None
    vertrouwen: Vertrouwen | None = None

    def open(self, pad: Path, manifest: Manifest, naar: Path) -> Iterator[Bezwaar]:
        """Writes the plain files of a delivery to a folder; yields what is wrong with them.

        `pad` is the manifest at the recipient. A file that is wrong before it is opened is not opened; one that the
        recipient opened itself, and that stands beside the others, is taken as it is.
        """
        if any(bestand.versleuteld for bestand in manifest.bestanden):
            yield from self._controleer(pad, pad.with_name(pad.name + HANDTEKENING), manifest)
        for bestand in manifest.bestanden:
            own = pad.parent / bestand.naam
            if own.is_file() or not bestand.versleuteld or not bestand.handtekening:
                delen: tuple[Maat, ...] = (Maat(bestand.naam, bestand.grootte, bestand.sha256),)
            else:
                delen = bestand.geleverd
            wrong = [(code, deel.naam, "") for deel in delen if (code := bezwaar(deel, pad.parent))]
            yield from wrong or self._open(own, bestand, manifest, naar / bestand.naam)

    def _open(self, own: Path, bestand: Bestand, manifest: Manifest, plain: Path) -> Iterator[Bezwaar]:
        if own.is_file():
            plain.symlink_to(own.resolve())
        elif bestand.versleuteld:
            try:
                self._ontsleutel(own.with_name(bestand.versleuteld.naam), manifest, plain)
            except KetenFout as fout:
                yield (
                    fout.code,
                    bestand.versleuteld.naam,
                    "" if fout.wijzer == bestand.versleuteld.naam else fout.wijzer,
                )
                return
        if bestand.handtekening:
            yield from self._controleer(plain, own.with_name(bestand.handtekening.naam), manifest)

    def _ontsleutel(self, pad: Path, manifest: Manifest, plain: Path) -> None:
        *others, last = self._sleutels(manifest)
        for sleutel in others:
            try:
                return ontsleutel(pad, lees_sleutel(sleutel), plain)
            except KetenFout as fout:
                if fout.code not in ("M-SLEUTEL", "K-SLEUTEL"):
                    raise
        return ontsleutel(pad, lees_sleutel(last), plain)

    def _sleutels(self, manifest: Manifest) -> list[Path]:
        """The keys to try; that of the recipient last, so that what is said is about that one."""
        if self.sleutel is None:
            raise KetenFout("K-SLEUTEL")
        if not self.sleutel.is_dir():
            return [self.sleutel]
        own = self.sleutel / f"{manifest.envelop['ontvanger_code']}.key"
        return [*sorted(self.sleutel.glob("swv-*.key")), own]

    def _controleer(self, plain: Path, handtekening: Path, manifest: Manifest) -> Iterator[Bezwaar]:
        """Whether a file was signed by who the manifest says sends it."""
        if self.vertrouwen is None:
            return
        try:
            gelezen = controleer_handtekening(plain, handtekening, self.vertrouwen)
            if oin(gelezen.ondertekenaar) != manifest.envelop["afzender_oin"]:
                yield "M-ONDERTEKENAAR", handtekening.name, "K-OIN"
        except KetenFout as fout:
            yield fout.code, handtekening.name, fout.wijzer.removeprefix(handtekening.name).removeprefix(": ")
