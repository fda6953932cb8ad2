"""What was read, in a form that other software takes in: CSV, Parquet or Excel.

Every row starts with the recipient, the periode and the identification of its message. Deliveries with problems are
left out. The files hold burgerservicenummers: a folder that is made for them is its owner's only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from message_formats.lees import LeesUitkomst, Levering
from message_formats.vorm import Vorm
from message_formats.write import write_csv_table
from schemas.fout import KetenFout

_DELEN = ("signalen", "bewijs")
_ENVELOP = ("ontvanger_code", "periode", "bericht_identificatie")
_MOST_ROWS = (1 << 20) - 1  # of a sheet, besides the header
_EXACT = 1 << 53  # a spreadsheet rounds larger numbers
Tabellen = Mapping[str, pa.Table]


def exporteer(uitkomst: LeesUitkomst, folder: Path, vormen: Iterable[Vorm] = (Vorm.CSV, Vorm.PARQUET)) -> list[Path]:
    """Writes what was read and returns the files.

    Per version of a message: a CSV or Parquet file of signals and one of bewijs, or one workbook with both.

    Raises:
        KetenFout: `M-EXCEL` when a workbook is asked for and cannot be made.
    """
    groups: dict[tuple[str, str], list[Levering]] = {}
    for levering in uitkomst.leveringen:
        if levering.bericht is not None and levering.signalen is not None and not levering.problemen:
            groups.setdefault((levering.bericht.bericht, levering.bericht.versie), []).append(levering)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written: list[Path] = []
    for (bericht, versie), leveringen in groups.items():
        tabellen = {
            deel: pa.concat_tables(_with_envelop(getattr(levering, deel), levering) for levering in leveringen)
            for deel in _DELEN
        }
        for vorm in dict.fromkeys(vormen):
            written += _SCHRIJVERS[vorm](tabellen, folder / f"{bericht}_v{versie}")
    return written


def _with_envelop(table: pa.Table, levering: Levering) -> pa.Table:
    columns = [pa.repeat(pa.scalar(levering.envelop.get(naam), pa.string()), table.num_rows) for naam in _ENVELOP]
    return pa.table([*columns, *table.columns], names=[*_ENVELOP, *table.column_names])


def _csv(tabellen: Tabellen, stam: Path) -> list[Path]:
    return [_per_deel(write_csv_table, table, stam, f"{deel}.csv") for deel, table in tabellen.items()]


def _parquet(tabellen: Tabellen, stam: Path) -> list[Path]:
    return [_per_deel(pq.write_table, table, stam, f"{deel}.parquet") for deel, table in tabellen.items()]


def _per_deel(schrijf: Callable[[pa.Table, Path], None], table: pa.Table, stam: Path, naam: str) -> Path:
    path = stam.with_name(f"{stam.name}_{naam}")
    schrijf(table, path)
    return path


def _excel(tabellen: Tabellen, stam: Path) -> list[Path]:
    try:
        import xlsxwriter  # noqa: PLC0415 - only who asks for Excel needs it
    except ModuleNotFoundError:
        raise KetenFout("M-EXCEL", "pip install signaalketen[lees]") from None
    path = stam.with_name(f"{stam.name}.xlsx")
    # Row by row to disk; a text that looks like a formula, a number or a link stays text.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as boek:
        opmaak = boek.add_format({"num_format": "yyyy-mm-dd"})
        for deel, table in tabellen.items():
            for nr, start in enumerate(range(0, max(table.num_rows, 1), _MOST_ROWS), 1):
                blad = boek.add_worksheet(deel if nr == 1 else f"{deel} {nr}")
                _vul(blad, table.slice(start, _MOST_ROWS), opmaak)
    return [path]


def _vul(blad: Any, table: pa.Table, datum: Any) -> None:
    blad.freeze_panes(1, 0)
    blad.set_column(0, table.num_columns - 1, 18)
    for nr, naam in enumerate(table.column_names):
        blad.write_string(0, nr, naam)
    rows = (row for batch in table.to_batches(max_chunksize=8192) for row in zip(*map(_values, batch), strict=True))
    for row_nr, row in enumerate(rows, 1):
        for nr, value in enumerate(row):
            if value is not None and _cel(blad, row_nr, nr, value, datum):
                raise KetenFout("M-EXCEL", f"kolom {table.column_names[nr]}, rij {row_nr}")
    blad.autofilter(0, 0, table.num_rows, table.num_columns - 1)


def _values(column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _cel(blad: Any, row: int, column: int, value: object, datum: Any) -> int:
    """Writes one cell; what comes back is not zero when the spreadsheet cannot hold it."""
    if isinstance(value, date):
        outcome: int = blad.write_datetime(row, column, value, datum)
    elif isinstance(value, int) and abs(value) <= _EXACT:
        outcome = blad.write_number(row, column, value)
    else:
        outcome = blad.write_string(row, column, str(value))
    return outcome


_SCHRIJVERS: dict[Vorm, Callable[[Tabellen, Path], list[Path]]] = {
    Vorm.CSV: _csv,
    Vorm.PARQUET: _parquet,
    Vorm.EXCEL: _excel,
}
