"""Messages back to tables: the three formats give the same envelope, signals and bewijs.

Readers take what the schemas allow and refuse the rest with a code and a place, never with the value that was wrong;
hold a file against its schema (`validate`) first for the full list of problems. XML is read without network, DTD or
entities.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pyarrow as pa
import pyarrow.csv
from lxml import etree

from message_formats.names import (
    CSV_ENVELOP,
    CSV_ENVELOP_BEWIJS,
    Formaat,
    bewijs_schema,
    camel,
    csv_columns,
    is_number,
    pascal,
    signaal_schema,
)
from message_formats.text import holds_apostrophe, restore_csv
from schemas.berichten import Bericht, BerichtVeld
from schemas.fout import KetenFout

_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 20  # bytes; threads and blocks larger than the file cost more than reading a smaller file
Records = list[dict[str, Any]]


@dataclass(frozen=True)
class GelezenBericht:
    """A message as it was read.

    `envelop` has snake_case names with numbers as int and the rest as text, and `aantallen_per_code` as a list; from
    CSV only the fields that stand on every row, and nothing when there is no row.
    """

    envelop: dict[str, Any]
    signalen: pa.Table
    bewijs: pa.Table


def lees_bericht(path: Path, formaat: Formaat, bericht: Bericht, bewijs_path: Path | None = None) -> GelezenBericht:
    """Reads one message; CSV has its bewijs in a second file.

    Raises:
        KetenFout: M-KAPOT or M-SCHEMA when the file is not a message of this definition.
    """
    if formaat == "csv":
        if bewijs_path is None:
            raise ValueError("CSV heeft een tweede bestand voor het bewijs")
        return _read_csv(path, bewijs_path, bericht)
    return (_read_json if formaat == "json" else _read_xml)(path, bericht)


# JSON


def _read_json(path: Path, bericht: Bericht) -> GelezenBericht:
    document = load_json(path)
    try:
        envelop, signalen = document["envelop"], document["signalen"]
        aantallen = envelop["aantallenPerCode"]
        feiten = [{**feit, "signaalId": signaal["signaalId"]} for signaal in signalen for feit in signaal["bewijs"]]
        velden = {naam: envelop[camel(naam)] for naam in bericht.envelop}
        velden["aantallen_per_code"] = [{naam: item[camel(naam)] for naam in bericht.aantal} for item in aantallen]
    except (KeyError, TypeError):
        _refuse("opbouw")
    return GelezenBericht(
        velden,
        _table(signalen, signaal_schema(bericht), camel),
        _table(feiten, bewijs_schema(bericht), camel),
    )


def load_json(path: Path) -> Any:
    """A parsed JSON file.

    Raises:
        KetenFout: M-KAPOT when it is not JSON; the parser's own text is not passed on, since it can hold values.
    """
    content, collects = path.read_bytes(), gc.isenabled()
    gc.disable()  # nothing in it refers to itself; to look for that takes longer than all the rest
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise KetenFout("M-KAPOT", f"regel {error.lineno}") from None
    finally:
        if collects:
            gc.enable()


# XML


def xml_parser(**meer: Any) -> etree.XMLParser:
    """A parser that reads nothing from elsewhere."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, **meer)


def load_xml(path: Path) -> etree._ElementTree:
    """A parsed XML file; a DOCTYPE is refused.

    Raises:
        KetenFout: M-KAPOT when it is not well-formed or has a DOCTYPE.
    """
    try:
        tree = etree.parse(path, xml_parser())
    except etree.XMLSyntaxError as error:
        raise KetenFout("M-KAPOT", f"regel {error.lineno or 1}") from None
    docinfo: Any = tree.docinfo
    if docinfo.doctype:
        raise KetenFout("M-KAPOT", "DOCTYPE")
    return tree


def _read_xml(path: Path, bericht: Bericht) -> GelezenBericht:
    root = load_xml(path).getroot()
    namespace = f"{{{bericht.urn}}}"
    if root.tag != f"{namespace}{pascal(bericht.bericht)}":
        _refuse("hoofdelement")
    envelop, signalen = root.find(f"{namespace}Envelop"), root.find(f"{namespace}Signalen")
    if envelop is None or signalen is None:
        _refuse("opbouw")
    records = [_children(signaal) for signaal in signalen]
    feiten = [
        {**_children(feit), "SignaalId": record.get("SignaalId")}
        for signaal, record in zip(signalen, records, strict=True)
        for feit in signaal.iterfind(f"{namespace}Bewijs/{namespace}Feit")
    ]
    counts = envelop.iterfind(f"{namespace}AantallenPerCode/{namespace}AantalPerCode")
    velden = _typed(_children(envelop), bericht.envelop)
    velden["aantallen_per_code"] = [_typed(_children(count), bericht.aantal) for count in counts]
    return GelezenBericht(
        velden,
        _table(records, signaal_schema(bericht), pascal),
        _table(feiten, bewijs_schema(bericht), pascal),
    )


def _children(element: etree._Element) -> dict[str, str | None]:
    return {etree.QName(child).localname: child.text for child in element.iterchildren("*")}


def _typed(texts: Mapping[str, str | None], velden: Mapping[str, BerichtVeld]) -> dict[str, Any]:
    try:
        return {
            naam: int(texts[pascal(naam)] or "") if is_number(veld) else texts[pascal(naam)] or ""
            for naam, veld in velden.items()
        }
    except (KeyError, ValueError):
        _refuse("envelop")


# CSV


def load_csv(path: Path) -> pa.Table:
    """A CSV file with every column as text under its own header, formulas restored, empty cells null.

    Raises:
        KetenFout: M-KAPOT when it is not UTF-8 CSV with a byte order mark, or rows differ in length.
    """
    with path.open("rb") as file:
        first = file.readline()
    names = first[len(_BOM) : -2].decode("utf-8", "replace").split(";")
    if not first.startswith(_BOM) or not first.endswith(b"\r\n") or len(set(names)) != len(names):
        raise KetenFout("M-KAPOT", "regel 1")
    data = pa.memory_map(str(path)).read_buffer()
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(use_threads=data.size > _BLOCK, block_size=min(data.size + 1, _BLOCK)),
            parse_options=pyarrow.csv.ParseOptions(delimiter=";", newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        raise KetenFout("M-KAPOT", "rijen") from None
    if not holds_apostrophe(data):
        return table
    restored = [pa.chunked_array(map(restore_csv, column.chunks), pa.string()) for column in table.columns]
    return pa.table(restored, names=table.column_names)


def _read_csv(path: Path, bewijs_path: Path, bericht: Bericht) -> GelezenBericht:
    signalen, bewijs = load_csv(path), load_csv(bewijs_path)
    for table, columns in (
        (signalen, csv_columns(bericht, "bericht")),
        (bewijs, csv_columns(bericht, "bewijs")),
    ):
        if table.column_names != list(columns):
            _refuse("kolommen")
    envelop: dict[str, Any] = {}
    if signalen.num_rows:
        texts = {pascal(naam): _single(signalen, index) for index, naam in enumerate(CSV_ENVELOP)}
        envelop = _typed(texts, {naam: bericht.envelop[naam] for naam in CSV_ENVELOP})
    if bewijs.num_rows and _single(bewijs, 0) != envelop.get(CSV_ENVELOP_BEWIJS[0]):
        _refuse(f"kolom {camel(CSV_ENVELOP_BEWIJS[0])}")
    return GelezenBericht(
        envelop,
        _cast(signalen.select(range(len(CSV_ENVELOP), signalen.num_columns)), signaal_schema(bericht)),
        _cast(bewijs.select(range(len(CSV_ENVELOP_BEWIJS), bewijs.num_columns)), bewijs_schema(bericht)),
    )


def _single(table: pa.Table, index: int) -> str | None:
    """The one value that a leading column has on every row."""
    values = table.column(index).unique()
    if len(values) != 1:
        _refuse(f"kolom {table.column_names[index]}")
    value: str | None = values[0].as_py()
    return value


# All formats


def _table(records: Records, schema: pa.Schema, naming: Callable[[str], str]) -> pa.Table:
    columns = []
    for field in schema:
        key = naming(field.name)
        kind = pa.string() if naming is pascal or field.type == pa.date32() else field.type
        try:
            columns.append(pa.array([record.get(key) for record in records], kind))
        except (pa.ArrowInvalid, pa.ArrowTypeError, AttributeError, OverflowError):
            _refuse(f"veld {field.name}")
    return _cast(pa.table(columns, names=schema.names), schema)


def _cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for field, column in zip(schema, table.columns, strict=True):
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowInvalid:
            _refuse(f"veld {field.name}")
    return pa.table(columns, schema=schema).combine_chunks()


def _refuse(place: str) -> NoReturn:
    raise KetenFout("M-SCHEMA", place)
