"""Text in and out of the formats, a column at a time.

Characters that XML 1.0 cannot hold (most control characters, U+FFFE and U+FFFF) become U+FFFD before anything is
written, in every format, so the three stay identical. For each format `rows_` says which values cannot stand as they
are, by comparing the raw bytes of the column, and `escape_` writes values; the latter is an order of magnitude dearer,
so it is for those rows only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_ILLEGAL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_UTF8_FFFX = 0xEF

# What a spreadsheet takes for the start of a formula (OWASP: CSV Injection), the full-width forms included. A text that
# has apostrophes before such a character gets one more, so that taking one away gives back exactly what was there.
_FORMULA = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_NEUTRALISE = f"^('*{_FORMULA})"
_NEUTRALISED = f"^'('*{_FORMULA})"
_FORMULA_START = b"=+-@\t\r\n'\xef"
_APOSTROPHE = ord("'")

_JSON_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
# A carriage return as a reference, or the parser would make it a newline.
_XML_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def _spans(array: pa.StringArray) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """The raw bytes of a text column and the offset of each value in them (n + 1)."""
    if len(array) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    _, offsets, data = array.buffers()
    spans = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8)[spans[0] : spans[-1]], spans - spans[0]


def _rows(data: Bytes, spans: npt.NDArray[np.int32], codes: bytes, *, control: bool = False) -> Rows:
    """The rows that hold one of these bytes, or with `control` one below 0x20.

    Mostly there are none, and a search for one byte tells that sooner than a comparison that is written down.
    """
    raw = data.tobytes()
    places = [np.flatnonzero(data == code) for code in codes if code in raw]
    if control and data.min(initial=0xFF) < 0x20:
        places.append(np.flatnonzero(data < 0x20))
    if not places:
        return np.empty(0, np.int64)
    return np.unique(np.searchsorted(spans, np.concatenate(places), "right") - 1)


def all_equal(array: pa.StringArray) -> bool:
    """Whether every value of a column without nulls is the same."""
    if len(array) == 0:
        return True
    data, spans = _spans(array)
    width = int(spans[1])
    if len(data) != width * len(array) or not bool((np.diff(spans) == width).all()):
        return False
    values = data.reshape(len(array), width)
    return bool((values[-1] == values[0]).all()) and bool((values[1:] == values[:-1]).all())


def normalise(array: pa.StringArray) -> pa.StringArray:
    """Empty text as null, and characters no format can hold (a lone surrogate and any broken UTF-8 too) as U+FFFD."""
    data, spans = _spans(array)
    if data.max(initial=0) >= 0x80:
        array = _mend(array)
        data, spans = _spans(array)
    if data.min(initial=0xFF) < 0x20 or _UTF8_FFFX in data.tobytes():
        array = pc.replace_substring_regex(array, _ILLEGAL, "\ufffd")
    if bool((spans[1:] == spans[:-1]).sum() > array.null_count):
        return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    return array


def _mend(array: pa.StringArray) -> pa.StringArray:
    """A column that was said to be UTF-8 and is not, made so; one that is comes back as it is."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        raw = array.cast(pa.binary()).to_pylist()
        return pa.array([None if value is None else value.decode("utf-8", "replace") for value in raw], pa.string())
    return array


def rows_json(array: pa.StringArray) -> Rows:
    """The rows that `escape_json` changes."""
    data, spans = _spans(array)
    return _rows(data, spans, b'"\\', control=True)


def escape_json(array: pa.StringArray) -> pa.StringArray:
    """The inside of a JSON string, written as orjson writes it."""
    for plain, escaped in _JSON_ESCAPES:
        array = pc.replace_substring(array, plain, escaped)
    return array


def rows_xml(array: pa.StringArray) -> Rows:
    """The rows that `escape_xml` changes."""
    data, spans = _spans(array)
    return _rows(data, spans, b"&<>\r")


def escape_xml(array: pa.StringArray) -> pa.StringArray:
    """The text of an XML element."""
    for plain, escaped in _XML_ESCAPES:
        array = pc.replace_substring(array, plain, escaped)
    return array


def rows_csv(array: pa.StringArray) -> Rows:
    """The rows that `escape_csv` may change."""
    data, spans = _spans(array)
    quoted = _rows(data, spans, b'";\r\n')
    if not len(data):
        return quoted
    first = data.take(np.minimum(spans[:-1], len(data) - 1))
    starts = first.tobytes()
    if not any(code in starts for code in _FORMULA_START):
        return quoted
    return np.union1d(quoted, np.flatnonzero(np.isin(first, list(_FORMULA_START))))


def escape_csv(array: pa.StringArray) -> pa.StringArray:
    """A CSV cell: formulas neutralised with an apostrophe, quoted as RFC 4180 when it must be."""
    array = pc.replace_substring_regex(array, _NEUTRALISE, r"'\1")
    quote = pa.scalar('"')
    quoted = pc.binary_join_element_wise(quote, pc.replace_substring(array, '"', '""'), quote, "")
    return pc.if_else(pc.match_substring_regex(array, '[";\r\n]'), quoted, array)


def restore_csv(array: pa.StringArray) -> pa.StringArray:
    """A cell as it was before its formula was neutralised."""
    if _APOSTROPHE not in _spans(array)[0].tobytes():
        return array
    return pc.replace_substring_regex(array, _NEUTRALISED, r"\1")


def holds_apostrophe(data: pa.Buffer) -> bool:
    """Whether any cell of a CSV file can have been neutralised."""
    return _APOSTROPHE in memoryview(data).tobytes()


def clean(text: str) -> str:
    """A single text without characters that a format cannot hold."""
    return text if text.isprintable() else normalise(pa.array([text]))[0].as_py() or ""


def escape_xml_text(text: str) -> str:
    """A single text inside an XML element."""
    for plain, escaped in _XML_ESCAPES:
        text = text.replace(plain, escaped)
    return text
