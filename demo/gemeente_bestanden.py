"""The files of gemeenten and waterschappen, made of the rows of the whole country, which are few.

Each gemeente delivers its bijstandspopulatie in a format of its own, each office its applications; volgverzoeken are
one list.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.gemeente import KANTOOR, KANTOREN
from demo.onregelmatig import blank, overwrite, plant
from demo.persoon import read_gemeenten
from demo.schrijf import element, join, json_objects, write_csv, write_lines, write_parquet
from schemas.load import find_tabel

POPULATIE, AANVRAAG, VOLGVERZOEK = (
    "gemeente.bijstandspopulatie",
    "gemeente.kwijtscheldingsaanvraag",
    "gemeente.volgverzoek",
)
ONBEKENDE_GEMEENTE = "9998"
_FORMATEN = ("csv", "csv", "csv", "json", "csv", "jsonl", "csv", "xml", "csv", "parquet")


def formaat(gemeente: int) -> str:
    """The format in which a gemeente (by index) delivers its bijstandspopulatie."""
    return _FORMATEN[gemeente % len(_FORMATEN)]


def write_populatie(map_: Path, tabel: pa.Table, rng: np.random.Generator) -> None:
    """The table `populatie` with what goes wrong, a file per gemeente in its own format."""
    tabel = blank(rng, blank(rng, tabel, "leefvorm", 20), "bedrag_norm", 20)
    # Only those who write CSV make mistakes: their spreadsheets do.
    codes = read_gemeenten().code
    met_csv = pa.array([code for nummer, code in enumerate(codes) if formaat(nummer) == "csv"])
    van_csv = pc.is_in(tabel["gemeentecode"], met_csv)
    tabel = pa.concat_tables([plant(rng, tabel.filter(van_csv), ongeldig=4.0), tabel.filter(pc.invert(van_csv))])
    plaats = pc.index_in(tabel["gemeentecode"], pa.array(codes)).to_numpy()
    geordend = tabel.take(pa.array(np.argsort(plaats, kind="stable")))
    grenzen = np.searchsorted(np.sort(plaats), np.arange(len(codes) + 1))
    for gemeente in np.unique(plaats):
        deel = geordend.slice(grenzen[gemeente], grenzen[gemeente + 1] - grenzen[gemeente])
        if gemeente % 100 == 0:
            deel = overwrite(rng, deel, "gemeentecode", ONBEKENDE_GEMEENTE, 1)
        _write_een(map_, formaat(gemeente), codes[gemeente], deel.combine_chunks())


def _write_een(map_: Path, soort: str, code: str, tabel: pa.Table) -> None:
    pad = map_ / f"bijstandspopulatie-{code}.{soort}"
    match soort:
        case "csv":
            write_csv(pad, POPULATIE, tabel)
        case "jsonl":
            write_lines(pad, [json_objects(POPULATIE, tabel)])
        case "json":
            write_json_array(pad, POPULATIE, tabel)
        case "parquet":
            write_parquet(pad, POPULATIE, tabel)
        case _:
            pad.write_text(make_xml(code, tabel), encoding="utf-8")


def write_aanvragen(map_: Path, tabel: pa.Table, rng: np.random.Generator) -> None:
    """The table `aanvragen_van` a month: per office in CSV or JSON, per waterschap in JSON."""
    kantoor = tabel[KANTOOR].to_numpy()
    tabel = blank(
        rng, blank(rng, tabel.drop_columns(KANTOOR), "indicatie_pensioengerechtigd", 10), "bedrag_aanslag", 10
    )
    for nummer in np.unique(kantoor):
        deel = tabel.filter(pa.array(kantoor == nummer))
        if nummer >= KANTOREN or nummer % 3 == 2:
            write_json_array(map_ / f"kwijtscheldingsaanvraag-{nummer:02d}.json", AANVRAAG, deel)
        else:
            extra = plant(rng, deel) if nummer == 0 else deel
            write_csv(map_ / f"kwijtscheldingsaanvraag-{nummer:02d}.csv", AANVRAAG, extra)


def write_volgverzoeken(map_: Path, tabel: pa.Table, rng: np.random.Generator) -> None:
    """The table `volgverzoeken` as CSV."""
    write_csv(map_ / "volgverzoek.csv", VOLGVERZOEK, plant(rng, tabel))


def write_json_array(pad: Path, naam: str, tabel: pa.Table) -> None:
    """A table as one JSON array of objects."""
    objecten = json_objects(naam, tabel).to_pylist()
    pad.write_text("[\n" + ",\n".join(objecten) + "\n]\n", encoding="utf-8")


def make_xml(gemeentecode: str, tabel: pa.Table) -> str:
    """A bijstandspopulatie as XML, the element names from the schema."""
    rij = find_tabel(POPULATIE).xml[0]
    elementen = [
        element(plaats.pad, tabel[veld].combine_chunks())
        for veld, plaats in rij.velden.items()
        if "@" not in plaats.pad
    ]
    regels = join(f"  <{rij.rij}>", *elementen, f"</{rij.rij}>\n").to_pylist()
    begin = f'<{rij.document} xmlns="{rij.namespace}" gemeentecode="{gemeentecode}">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{begin}{"".join(regels)}</{rij.document}>\n'
