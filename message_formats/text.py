"""Text in and out of the formats, a column at a time.

Characters that XML 1.0 cannot hold (most control characters, U+FFFE and U+FFFF) become U+FFFD before anything is
written, in every format, so the three stay identical. Escaping is skipped for a column in which no byte needs it: that
test is a comparison over the raw bytes, the replacement is an order of magnitude dearer.
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
_FORMULA_START = np.frombuffer(b"=+-@\t\r\n'\xef", dtype=np.uint8)
_APOSTROPHE = ord("'")

_JSON_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
# A carriage return as a reference, or the parser would make it a newline.
_XML_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))

Bytes = npt.NDArray[np.uint8]


def _spans(array: pa.StringArray) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """The raw bytes of a text column and the offset of each value in them (n + 1)."""
    _, offsets, data = array.buffers()
    spans = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8), spans


def _bytes(array: pa.StringArray) -> Bytes:
    if len(array) == 0:
        return np.empty(0, dtype=np.uint8)
    data, spans = _spans(array)
    return data[spans[0] : spans[-1]]


def _has(data: Bytes, *codes: int) -> bool:
    return any(bool((data == code).any()) for code in codes)


def normalise(array: pa.StringArray) -> pa.StringArray:
    """Empty text as null, and characters no format can hold as U+FFFD."""
    data = _bytes(array)
    if bool((data < 0x20).any()) or _has(data, _UTF8_FFFX):
        array = pc.replace_substring_regex(array, _ILLEGAL, "\ufffd")
    empty = pc.equal(array, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), array) if pc.any(empty).as_py() else array


def escape_json(array: pa.StringArray) -> pa.StringArray:
    """The inside of a JSON string, written as orjson writes it."""
    data = _bytes(array)
    if not (bool((data < 0x20).any()) or _has(data, 0x22, 0x5C)):
        return array
    for plain, escaped in _JSON_ESCAPES:
        array = pc.replace_substring(array, plain, escaped)
    return array


def escape_xml(array: pa.StringArray) -> pa.StringArray:
    """The text of an XML element."""
    if not _has(_bytes(array), 0x26, 0x3C, 0x3E, 0x0D):
        return array
    for plain, escaped in _XML_ESCAPES:
        array = pc.replace_substring(array, plain, escaped)
    return array


def escape_csv(array: pa.StringArray) -> pa.StringArray:
    """A CSV cell: formulas neutralised with an apostrophe, quoted as RFC 4180 when it must be."""
    data, spans = _spans(array) if len(array) else (np.empty(0, np.uint8), np.zeros(1, np.int32))
    if len(data) == 0:
        return array
    first = data[np.minimum(spans[:-1], len(data) - 1)]
    if np.isin(first, _FORMULA_START).any():
        array = pc.replace_substring_regex(array, _NEUTRALISE, r"'\1")
    if not _has(data[spans[0] : spans[-1]], 0x22, 0x3B, 0x0D, 0x0A):
        return array
    quote = pa.scalar('"')
    quoted = pc.binary_join_element_wise(quote, pc.replace_substring(array, '"', '""'), quote, "")
    return pc.if_else(pc.match_substring_regex(array, '[";\r\n]'), quoted, array)


def restore_csv(array: pa.StringArray) -> pa.StringArray:
    """A cell as it was before its formula was neutralised."""
    return pc.replace_substring_regex(array, _NEUTRALISED, r"\1") if _has(_bytes(array), _APOSTROPHE) else array


def holds_apostrophe(data: pa.Buffer) -> bool:
    """Whether any cell of a CSV file can have been neutralised."""
    return _has(np.frombuffer(data, dtype=np.uint8), _APOSTROPHE)


def clean(text: str) -> str:
    """A single text without characters that a format cannot hold."""
    return text if text.isprintable() else normalise(pa.array([text]))[0].as_py() or ""


def escape_xml_text(text: str) -> str:
    """A single text inside an XML element."""
    for plain, escaped in _XML_ESCAPES:
        text = text.replace(plain, escaped)
    return text
