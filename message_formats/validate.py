"""A message file held against its schema: XML against the XSD, JSON against the JSON Schema, CSV against the CSVW.

The schemas are the generated ones that recipients have too. Problems name a rule and a place (line, path, column and
row) and never a value: the texts of lxml and jsonschema-rs quote what they refuse, so they are not passed on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import jsonschema_rs
import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from message_formats.names import Formaat
from message_formats.read import load_csv, load_json, load_xml, xml_parser
from schemas.berichten import Bericht
from schemas.fout import KetenFout

GENERATED = Path(__file__).parent / "generated"
_MOST = 100  # problems of one file; more say nothing new
_LONG = 2**63
_INTEGER = r"^-?[0-9]{1,19}$"


def schema_path(bericht: Bericht, suffix: str) -> Path:
    """Where a generated schema of a message stands."""
    return GENERATED / bericht.bericht / f"v{bericht.versie}" / f"{bericht.bericht}{suffix}"


def valideer(
    path: Path, formaat: Formaat, definitie: Bericht, rol: Literal["bericht", "bewijs"] = "bericht"
) -> list[str]:
    """The problems of a file, each a code and a place; empty when the file is valid. At most a hundred."""
    check = {"xml": _check_xml, "json": _check_json, "csv": _check_csv}[formaat]
    try:
        return list(islice((f"M-SCHEMA ({place})" for place in check(path, definitie, rol)), _MOST))
    except KetenFout as fout:
        return [f"{fout.code} ({fout.wijzer})"]


def _check_xml(path: Path, bericht: Bericht, _rol: str) -> Iterator[str]:
    schema = xsd(schema_path(bericht, ".xsd"))
    if _is_valid(path, schema):
        return
    if not schema.validate(load_xml(path)):
        errors: Any = schema.error_log
        for error in errors:
            yield f"regel {error.line}, {error.type_name}"


class _Niets:
    """Takes nothing of a document, so that one of any size is validated in the same memory."""

    doctype_gezien = False

    def doctype(self, *_: object) -> None:
        self.doctype_gezien = True

    def close(self) -> None:
        pass


def _is_valid(path: Path, schema: etree.XMLSchema) -> bool:
    """Whether a document is beyond question: validated as it is parsed, which says little about what is wrong."""
    doel = _Niets()
    parser = xml_parser(target=doel, schema=schema)
    try:
        etree.parse(path, parser)
    except etree.XMLSyntaxError:
        return False
    # With a target what breaks the schema is in the log, and raises nothing.
    return not len(parser.error_log) and not doel.doctype_gezien


@cache
def xsd(path: Path) -> etree.XMLSchema:
    """A generated XSD, ready to validate with."""
    return etree.XMLSchema(load_xml(path))


def _check_json(path: Path, bericht: Bericht, _rol: str) -> Iterator[str]:
    yield from json_problems(load_json(path), schema_path(bericht, ".schema.json"))


def json_problems(document: object, schema: Path) -> Iterator[str]:
    """Where a parsed JSON document departs from a schema: a pointer and the keyword of the rule."""
    for error in _json_validator(schema).iter_errors(document):
        # Only keys that the schema declares can be in a path: other keys are refused where they stand.
        pointer = "/" + "/".join(map(str, error.instance_path))
        yield f"{pointer}, {error.schema_path[-1]}"


@cache
def _json_validator(schema: Path) -> Any:
    return jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8")), validate_formats=True)


def _check_csv(path: Path, bericht: Bericht, rol: str) -> Iterator[str]:
    columns = _csvw(schema_path(bericht, ".csv-metadata.json"))[0 if rol == "bericht" else 1]
    table = load_csv(path)
    if table.column_names != [column["name"] for column in columns]:
        yield "kolommen"
        return
    per_type: dict[str, list[tuple[dict[str, Any], pa.ChunkedArray]]] = {}
    for column, values in zip(columns, table.columns, strict=True):
        if column["required"] and values.null_count:
            yield _place(column, pc.is_valid(values), "verplicht")
        per_type.setdefault(json.dumps(column["datatype"]), []).append((column, values))
    for same in per_type.values():
        yield from _check_type(same)


def _check_type(columns: Sequence[tuple[dict[str, Any], pa.ChunkedArray]]) -> Iterator[str]:
    """Checks columns of one datatype together, as a rule costs more to set up than to apply; apart when one fails."""
    together = pa.chunked_array([chunk for _, values in columns for chunk in values.chunks], pa.string())
    if together.null_count == len(together):
        return
    for rule, valid in _rules(columns[0][0]["datatype"], together):
        if pc.all(valid).as_py() is not False:  # absent values do not count
            continue
        if len(columns) == 1:
            yield _place(columns[0][0], valid.fill_null(True), rule)
        else:
            for column in columns:
                yield from _check_type([column])
        return


@cache
def _csvw(path: Path) -> list[list[dict[str, Any]]]:
    metadata = json.loads(path.read_text(encoding="utf-8"))
    return [table["tableSchema"]["columns"] for table in metadata["tables"]]


def _rules(datatype: dict[str, Any], values: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """The rules of a datatype with whether each value keeps them; a rule may rely on the ones before it."""
    base = datatype["base"]
    if base == "long":
        yield "geheel getal", pc.match_substring_regex(values, _INTEGER)
        yield "bereik", _within_long(values, datatype)
    elif base == "date":
        yield "datum", _is_date(values)
    elif "format" in datatype:
        yield "patroon", pc.match_substring_regex(values, f"^(?:{datatype['format']})$")
    else:
        length = pc.utf8_length(values)
        yield (
            "lengte",
            pc.and_(pc.greater_equal(length, datatype["minLength"]), pc.less_equal(length, datatype["maxLength"])),
        )


def _within_long(values: pa.ChunkedArray, datatype: dict[str, Any]) -> pa.ChunkedArray:
    try:
        numbers = values.cast(pa.int64())
    except pa.ArrowInvalid:  # more than 64 bits
        numbers = values.cast(pa.decimal128(38, 0))
    least, most = datatype.get("minimum", -_LONG), datatype.get("maximum", _LONG - 1)
    return pc.and_(
        pc.greater_equal(numbers, pa.scalar(least, numbers.type)), pc.less_equal(numbers, pa.scalar(most, numbers.type))
    )


def _is_date(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each text is a calendar date; where one is not, 30 February shows on the way there and back."""
    try:
        dates = values.cast(pa.date32())
        return pc.equal(dates, dates)
    except pa.ArrowInvalid:
        parsed = pc.strptime(values, format="%Y-%m-%d", unit="s", error_is_null=True)
        same = pc.equal(pc.strftime(parsed, format="%Y-%m-%d"), values).fill_null(False)
        return pc.if_else(pc.is_valid(values), same, True)


def _place(column: dict[str, Any], valid: pa.ChunkedArray, rule: str) -> str:
    row = pc.index(valid, False).as_py() + 1
    return f"kolom {column['name']}, rij {row}, {rule}"
