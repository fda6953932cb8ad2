"""Reads one delivered file of a bron, whatever its format, as raw batches: the one way in for extracts."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO

from lxml import etree

from connectors.bestand import Lid, leden
from connectors.herken import HEAD_BYTES, Herkend, herken, tabellen_van_document
from connectors.json_genest import lees_genest
from connectors.lees_csv import lees_csv
from connectors.lees_json import lees_json
from connectors.lees_lo_brp import lees_lo_brp
from connectors.lees_parquet import lees_parquet
from connectors.lees_xml import XmlLezer
from connectors.rijen import Bevinding, Gelezen, Nummers
from schemas.bron import Bron, Tabel
from schemas.fout import KetenFout


def herken_bestand(path: Path, bron: Bron) -> Herkend:
    """Recognises a file; an archive is what its first recognisable member is.

    Raises:
        KetenFout: the file, or every member of the archive, cannot be used.
    """
    problem: KetenFout | None = None
    for lid in leden(path):
        try:
            with lid.open() as stream:
                return herken(stream, bron)
        except KetenFout as error:
            problem = problem or error
    raise problem or KetenFout("B-LEEG", "archief")


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class LidOnbruikbaar(KetenFout):
    """A file, or one member of an archive, turned out to be unusable after rows of it had been read.

    Whoever reads starts the file anew with `overslaan` holding `lid_nr`, so that no half file is ever used.
    """

    def __init__(self, error: KetenFout, lid_nr: int | None) -> None:
        super().__init__(error.code, error.wijzer)
        self.lid_nr = lid_nr


def lees_bestand(
    path: Path,
    bron: Bron,
    tabellen: Collection[str] | Mapping[str, Collection[str]],
    overslaan: Collection[int | None] = frozenset(),
) -> Gelezen:
    """Yields the rows of the wanted tables (names within the bron) in a file, and findings about the rest.

    Given a mapping of tables to fields, only those fields are extracted. Record numbers are unique per table within the
    file. A member of an archive that is not recognised is a finding, and the others are read; members in `overslaan`
    are left out.

    Raises:
        LidOnbruikbaar: the file or member cannot be trusted as a whole.
        KetenFout: the archive itself cannot be read.
    """
    wanted = _Gevraagd(bron, tabellen)
    nummers = Nummers()
    for lid in leden(path):
        if lid.nr in overslaan:
            continue
        try:
            yield from _lees_lid(lid, bron, wanted, nummers)
        except KetenFout as error:
            raise LidOnbruikbaar(error, lid.nr) from None
    yield from nummers.volgt(wanted.rest())


class _Gevraagd:
    """The tables that are asked for, limited to their fields when one is read: a small file has one of them."""

    def __init__(self, bron: Bron, tabellen: Collection[str] | Mapping[str, Collection[str]]) -> None:
        self._bron, self._tabellen = bron, tabellen
        self.namen = bron.tabellen.keys() & set(tabellen)
        self._beperkt: dict[str, Tabel] = {}
        self._xml: XmlLezer | None = None

    def tabel(self, naam: str) -> Tabel:
        """A table, with the fields that are asked for."""
        if not isinstance(self._tabellen, Mapping):
            return self._bron.tabellen[naam]
        if naam not in self._beperkt:
            self._beperkt[naam] = self._bron.tabellen[naam].beperkt(self._tabellen[naam])
        return self._beperkt[naam]

    @property
    def xml(self) -> XmlLezer:
        """The one reader of all XML in the file; not every file has any."""
        if self._xml is None:
            tabellen = {
                naam: self.tabel(naam)
                for naam, tabel in self._bron.tabellen.items()
                if naam in self.namen and tabel.xml
            }
            self._xml = XmlLezer(self._bron.bron, tabellen)
        return self._xml

    def rest(self) -> Gelezen:
        """The rows of XML that still wait."""
        return self._xml.take() if self._xml else iter(())


def _lees_lid(lid: Lid, bron: Bron, wanted: _Gevraagd, nummers: Nummers) -> Gelezen:
    with lid.open() as opened:
        head = opened.read(HEAD_BYTES)
        whole = len(head) < HEAD_BYTES
    if whole and lid.nr is not None and head.startswith(b"<"):
        yield from nummers.volgt(_lees_klein(head, lid.nr, bron, wanted))
        return
    with io.BytesIO(head) if whole else lid.open() as stream:
        try:
            herkend = herken(stream, bron)
        except KetenFout as error:
            if lid.nr is None:
                raise
            yield Bevinding(error.code, lid_nr=lid.nr)
            return
    names = [naam for naam in herkend.tabellen if naam in wanted.namen]
    at_once = herkend.formaat in ("xml", "lo_brp")  # one reading gives all tables
    for naam in names[:1] if at_once else names:
        with io.BytesIO(head) if whole else lid.open() as stream:
            if herkend.formaat == "xml":
                yield from nummers.volgt(wanted.xml.lees(stream, lid.nr))
            else:
                yield from nummers.volgt(_lees_tabel(stream, herkend, bron, wanted, naam))


def _lees_klein(document: bytes, lid_nr: int, bron: Bron, wanted: _Gevraagd) -> Gelezen:
    """An archive may hold a hundred thousand small answers; each is parsed once, whole."""
    try:
        root = etree.fromstring(document, _PARSER)
        if wanted.namen & set(tabellen_van_document(root, bron)):
            yield from wanted.xml.lees_geheel(root, lid_nr)
    except (etree.XMLSyntaxError, ValueError):
        yield Bevinding("B-KAPOT", lid_nr=lid_nr)
    except KetenFout as error:
        yield Bevinding(error.code, lid_nr=lid_nr)


def _lees_tabel(stream: IO[bytes], herkend: Herkend, bron: Bron, wanted: _Gevraagd, tabelnaam: str) -> Gelezen:
    if herkend.formaat == "lo_brp":
        tabellen = {f"{bron.bron}.{naam}": wanted.tabel(naam) for naam in herkend.tabellen if naam in wanted.namen}
        return lees_lo_brp(stream, herkend, tabellen)
    tabel = wanted.tabel(tabelnaam)
    naam = f"{bron.bron}.{tabel.tabel}"
    if tabelnaam != herkend.tabellen[0]:
        return lees_genest(stream, herkend, naam, tabel, bron.tabellen[herkend.tabellen[0]])
    match herkend.formaat:
        case "csv":
            return lees_csv(stream, herkend, naam, tabel)
        case "parquet":
            return lees_parquet(stream, herkend, naam, tabel)
        case _:
            return lees_json(stream, herkend, naam, tabel)
