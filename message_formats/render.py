"""Rows of a table as text in one format, for a whole chunk at a time.

A column is prepared once (`as_kolom`: cast, and what can be looked up in a small table) and then written in each
format. The texts around its values are fixed, so they are put together beforehand where no value stands between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from message_formats.names import Formaat, camel, is_number, pascal
from message_formats.text import (
    Rows,
    all_equal,
    escape_csv,
    escape_json,
    escape_xml,
    normalise,
    rows_csv,
    rows_json,
    rows_xml,
)
from message_formats.weave import LEEG, VOOR, Posities, Schering, Weefsel
from schemas.berichten import BerichtVeld

Masker = npt.NDArray[np.bool_]

PROEF, WEINIG = 512, 32  # so many different texts among so many rows at most, and a column becomes a table
_DUIZEND = 1000


@dataclass(frozen=True)
class Stijl:
    """How a format writes a field and a row.

    `rijen` says which values `escape` must change. `veld` gives what stands before and after a value, `leeg` whether an
    absent value keeps those. `signaal` and `feit` give what stands before and after a row, `tussen` what stands before
    a fact that is not the first of its signal, `bewijs` what stands around the facts of a signal where they are nested.
    The first `scheiding` bytes of a signal separate it from the one before; the first of a message drops them.
    """

    rijen: Callable[[pa.StringArray], Rows]
    escape: Callable[[pa.StringArray], pa.StringArray]
    veld: Callable[[str, BerichtVeld], tuple[str, str]]
    leeg: bool
    signaal: tuple[str, str]
    feit: tuple[str, str]
    tussen: str
    bewijs: tuple[str, str] | None
    scheiding: int


def _json_veld(naam: str, veld: BerichtVeld) -> tuple[str, str]:
    quote = "" if is_number(veld) else '"'
    return f',"{camel(naam)}":{quote}', quote


def _xml_veld(naam: str, _: BerichtVeld) -> tuple[str, str]:
    return f"<{pascal(naam)}>", f"</{pascal(naam)}>"


def _csv_veld(_naam: str, _veld: BerichtVeld) -> tuple[str, str]:
    return ";", ""


STIJLEN: Mapping[Formaat, Stijl] = {
    "json": Stijl(rows_json, escape_json, _json_veld, False, (",\n{", "}"), ("{", "}"), ",", (',"bewijs":[', "]"), 1),
    "xml": Stijl(
        rows_xml,
        escape_xml,
        _xml_veld,
        False,
        ("\n<Signaal>", "</Signaal>"),
        ("<Feit>", "</Feit>"),
        "",
        ("<Bewijs>", "</Bewijs>"),
        0,
    ),
    "csv": Stijl(rows_csv, escape_csv, _csv_veld, True, ("", "\r\n"), ("", "\r\n"), "", None, 0),
}


@dataclass(frozen=True)
class Kolom:
    """A column ready to be written: `aanwezig` says where there is a value (None: everywhere; nowhere: `ontbreekt`).

    The text of row i is `teksten[posities[i]]`, or `teksten[i]` without `posities`; with `vast` it is `teksten[0]` in
    every row. `vrij` says whether texts can stand in every format as they are. With `eenheden` that is only how many
    thousands a number holds, and `_EENHEDEN[eenheden[i]]` comes after it.
    """

    teksten: pa.StringArray
    posities: Posities | None
    aanwezig: Masker | None
    ontbreekt: bool
    vrij: bool
    vast: bool = False
    eenheden: Posities | None = None


# What follows the thousands of a number: 0 to 999 where there are none, and after them 000 to 999.
_EENHEDEN = pa.array([str(n) for n in range(_DUIZEND)] + [f"{n:03d}" for n in range(_DUIZEND)])

_ONTBREEKT = Kolom(pa.array([], pa.string()), None, None, ontbreekt=True, vrij=True)


@dataclass(frozen=True)
class _Slot:
    """What is still to be written after a value: `tekst` where `waar` (None: everywhere), `anders` elsewhere."""

    tekst: str
    anders: str = ""
    waar: Masker | None = None


def as_kolom(array: pa.Array) -> Kolom:
    """Prepares a column: numbers and dates become text, through a table when they lie close together.

    Texts become what every format can hold, an empty one absent; when few are different they become a table too.
    """
    if array.null_count == len(array):
        return _ONTBREEKT
    if not pa.types.is_string(array.type):
        return _looked_up(array)
    if not array.null_count and all_equal(array):
        teksten = normalise(array.slice(0, 1))
        return _ONTBREEKT if teksten.null_count else _vast(teksten, vrij=False)
    few = array.slice(0, PROEF).unique().drop_null()
    if len(few) > WEINIG:
        teksten = normalise(array)
        return Kolom(teksten, None, _present(teksten), ontbreekt=teksten.null_count == len(teksten), vrij=False)
    places = pc.index_in(array, value_set=few)
    if places.null_count > array.null_count:  # one that was not among the first
        coded = array.dictionary_encode()
        few, places = coded.dictionary, coded.indices
    teksten = normalise(few)
    present = _present(teksten.take(places) if teksten.null_count else array)
    if present is not None and not present.any():
        return _ONTBREEKT
    return Kolom(teksten, places.fill_null(0).to_numpy(), present, ontbreekt=False, vrij=False)


def _vast(teksten: pa.StringArray, *, vrij: bool) -> Kolom:
    return Kolom(teksten, None, None, ontbreekt=False, vrij=vrij, vast=True)


def _present(array: pa.Array) -> Masker | None:
    return array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None


def _looked_up(array: pa.Array) -> Kolom:
    """A column of numbers or dates, through tables of text when they lie close together."""
    present = _present(array)
    if pa.types.is_date32(array.type) or pa.types.is_integer(array.type):
        days = pa.types.is_date32(array.type)
        numbers = array.view(pa.int32()).cast(pa.int64()) if days else array.cast(pa.int64())
        found = pc.min_max(numbers)
        least, most = found["min"].as_py(), found["max"].as_py()
        places = np.asarray(numbers.fill_null(least))
        if most - least < len(array) // 2:
            table = pa.array(np.arange(least, most + 1, dtype=np.int64))
            table = table.cast(pa.int32()).view(pa.date32()) if days else table
            teksten = table.cast(pa.string())
            if least == most and present is None:
                return _vast(teksten, vrij=True)
            return Kolom(teksten, (places - least).astype(np.int32), present, ontbreekt=False, vrij=True)
        if least >= 0 and not days and (most - least) // _DUIZEND < len(array) // 4:
            return _in_duizenden(places, least, most, present)
    return Kolom(array.cast(pa.string()), None, present, ontbreekt=False, vrij=True)


def _in_duizenden(numbers: npt.NDArray[np.int64], least: int, most: int, present: Masker | None) -> Kolom:
    """Numbers as their thousands and the rest: two tables, where a text for each number would be written apart."""
    thousands = numbers // _DUIZEND
    rest = numbers - thousands * _DUIZEND + np.where(thousands, _DUIZEND, 0)
    table = [str(number) if number else "" for number in range(least // _DUIZEND, most // _DUIZEND + 1)]
    places = (thousands - least // _DUIZEND).astype(np.int32)
    teksten = pa.array(table, pa.string())
    return Kolom(teksten, places, present, ontbreekt=False, vrij=True, eenheden=rest.astype(np.int32))


def render_feiten(
    stijl: Stijl, kolommen: Mapping[str, Kolom], velden: Mapping[str, BerichtVeld], eerste: Masker
) -> Schering:
    """The facts of a bewijs table, one row each; `eerste` says which is the first of its signal."""
    before, after = stijl.feit
    doek = _Doek(stijl, len(eerste), _Slot(before, stijl.tussen + before, eerste if stijl.tussen else None))
    doek.velden(kolommen, velden)
    return doek.af(after)


def render_signalen(
    stijl: Stijl,
    rows: int,
    kolommen: Mapping[str, Kolom],
    velden: Mapping[str, BerichtVeld],
    feiten: Callable[[], pa.StringArray],
) -> Schering:
    """The signals, one row each, with their facts (one text per signal) nested where the format nests."""
    before, after = stijl.signaal
    doek = _Doek(stijl, rows, _Slot(before))
    doek.velden(kolommen, velden)
    if stijl.bewijs is not None:
        doek.kolom(Kolom(feiten(), None, None, ontbreekt=False, vrij=True), *stijl.bewijs)
    return doek.af(after)


def render_cells(table: pa.Table) -> Schering:
    """The rows of any table as CSV."""
    doek = _Doek(STIJLEN["csv"], table.num_rows, _Slot(""))
    for number, column in enumerate(table.columns):
        doek.kolom(as_kolom(column.combine_chunks()), ";" if number else "", "")
    return doek.af("\r\n")


class _Doek:
    """Rows in the making: columns from left to right, with the fixed texts between them joined."""

    def __init__(self, stijl: Stijl, rows: int, slot: _Slot) -> None:
        self._stijl, self._rows, self._slot = stijl, rows, slot
        self._weefsel = Weefsel(rows)
        if stijl.bewijs is None:  # facts stand apart, so every row starts with columns of the envelope
            self._weefsel.zet(VOOR)
        self._row = np.arange(rows, dtype=np.int32)

    def velden(self, kolommen: Mapping[str, Kolom], velden: Mapping[str, BerichtVeld]) -> None:
        """Writes fields; the first is never absent, so what separates it from the one before can go."""
        if not self._rows:
            return
        for number, (naam, veld) in enumerate(velden.items()):
            before, after = self._stijl.veld(naam, veld)
            self.kolom(kolommen[naam], before.lstrip(",;") if number == 0 else before, after)

    def kolom(self, kolom: Kolom, before: str, after: str) -> None:
        """Writes one column; an absent value leaves nothing, or in formats that keep it an empty cell."""
        keep = self._stijl.leeg
        if kolom.ontbreekt:
            if keep:
                self._vast(before + after)
        elif kolom.vast:
            self._vast(before + self._geschreven(kolom)[0].as_py() + after)
        elif kolom.posities is not None and kolom.eenheden is not None:
            self._tabel(kolom, kolom.posities, before, "")
            places = kolom.eenheden + np.int32(self._weefsel.voeg_toe(_EENHEDEN))
            self._weefsel.zet(self._absent(places, kolom.aanwezig, LEEG))
            self._slot = _Slot(after, "", None if keep else kolom.aanwezig)
        elif kolom.posities is not None:
            self._tabel(kolom, kolom.posities, before, after)
        else:
            self._sluit(before, None if keep else kolom.aanwezig)
            self._weefsel.zet(self._absent(self._values(kolom), kolom.aanwezig, LEEG))
            self._slot = _Slot(after, "", None if keep else kolom.aanwezig)

    def af(self, after: str) -> Schering:
        """The rows, each ended."""
        self._sluit(after, None)
        return self._weefsel.af()

    def _vast(self, text: str) -> None:
        """Writes the same text in every row: it waits for what comes next."""
        if self._slot.waar is None:
            self._slot = _Slot(self._slot.tekst + text)
        else:
            self._sluit(text, None)

    def _tabel(self, kolom: Kolom, posities: Posities, before: str, after: str) -> None:
        """A column of few texts: they carry what stands around them."""
        fixed, self._slot = self._slot, _Slot("")
        if fixed.waar is not None:
            self._flush(fixed, "", None)
            fixed = _Slot("")
        opening = pa.scalar(fixed.tekst + before)
        texts = pc.binary_join_element_wise(opening, self._geschreven(kolom), pa.scalar(after), pa.scalar(""))
        absent = self._weefsel.vast([fixed.tekst + (before + after if self._stijl.leeg else "")])
        places = posities + np.int32(self._weefsel.voeg_toe(texts))
        self._weefsel.zet(self._absent(places, kolom.aanwezig, absent))

    def _geschreven(self, kolom: Kolom) -> pa.StringArray:
        """The texts of a column of few, as the format has them."""
        plain = kolom.vrij or not len(self._stijl.rijen(kolom.teksten))
        return kolom.teksten if plain else self._stijl.escape(kolom.teksten)

    def _values(self, kolom: Kolom) -> Posities:
        places = self._row + np.int32(self._weefsel.voeg_toe(kolom.teksten))
        rows = np.empty(0, np.int64) if kolom.vrij else self._stijl.rijen(kolom.teksten)
        if len(rows):
            escaped = self._stijl.escape(kolom.teksten.take(pa.array(rows)))
            places[rows] = np.arange(len(rows), dtype=np.int32) + self._weefsel.voeg_toe(escaped)
        return places

    @staticmethod
    def _absent(places: Posities, present: Masker | None, absent: int) -> Posities:
        return places if present is None else np.where(present, places, np.int32(absent))

    def _sluit(self, before: str, present: Masker | None) -> None:
        """Writes what was still to be written together with what comes before the next value."""
        fixed, self._slot = self._slot, _Slot("")
        self._flush(fixed, before, present)

    def _flush(self, fixed: _Slot, before: str, present: Masker | None) -> None:
        texts = [first + second for first in (fixed.anders, fixed.tekst) for second in ("", before)]
        if not any(texts):
            return
        base = self._weefsel.vast(texts)
        if fixed.waar is None and present is None:
            self._weefsel.zet(base + 3)
            return
        positions = np.full(self._rows, base, np.int32)
        positions += np.int32(2) if fixed.waar is None else fixed.waar * np.int32(2)
        positions += np.int32(1) if present is None else present
        self._weefsel.zet(positions)
