"""Large extracts in the shape of uwv.inkomstenopgave, about 75 bytes a row, made quickly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

NS = "http://bkwi.nl/SuwiML/Diensten/UWVDossierInkomstenGSD/v0200"
STEP = 500_000
PERSONS, EMPLOYERS = 1_500_000, 40_000


def burgerservicenummers(count: int, seed: int = 1) -> npt.NDArray[np.int32]:
    """Numbers of nine digits that pass the elfproef."""
    eight = np.random.default_rng(seed).integers(10_000_000, 99_999_999, 2 * count)
    rest = (eight[:, None] // 10 ** np.arange(7, -1, -1) % 10 * np.arange(9, 1, -1)).sum(axis=1) % 11
    return (eight * 10 + rest)[rest < 10][:count].astype(np.int32)


def opgaven(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    persons, employers = burgerservicenummers(PERSONS), burgerservicenummers(EMPLOYERS, 2)
    month = rng.integers(1, 13, rows)
    loon = rng.integers(50_000, 600_000, rows)
    begin = rng.integers(2005, 2025, rows) * 10_000 + rng.integers(1, 13, rows) * 100 + rng.integers(1, 29, rows)
    employer = pa.array(employers[rng.integers(0, EMPLOYERS, rows)]).cast(pa.string())
    return pa.table(
        {
            "Burgerservicenr": pa.array(persons[rng.integers(0, PERSONS, rows)]).cast(pa.string()),
            "Loonheffingennr": pc.binary_join_element_wise(employer, "L01", ""),
            "VolgnrIkv": rng.integers(1, 4, rows),
            "DatBIkv": begin,
            "DatBIko": 20_250_001 + month * 100,
            "DatEIko": 20_250_028 + month * 100,
            "AantVerloondeUrenIko": rng.integers(8, 180, rows),
            "BedrBrutoloonSv": loon,
            "BedrLoonLbPremieVolksverz": loon - rng.integers(0, 5000, rows),
            "BedrIngehoudenLbPremieVolksverz": loon // 5,
        }
    )


def schrijf_csv(path: Path, rows: int) -> None:
    options = pyarrow.csv.WriteOptions(delimiter=";", quoting_style="none")
    with pyarrow.csv.CSVWriter(path, opgaven(1, 0).schema, write_options=options) as writer:
        for begin in range(0, rows, STEP):
            writer.write_table(opgaven(min(STEP, rows - begin), begin))


def schrijf_jsonregels(path: Path, rows: int) -> None:
    table = opgaven(rows, 0)
    text = pa.table({naam: table[naam].cast(pa.string()) for naam in table.column_names})
    with path.open("w") as file:
        file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in text.to_pylist())


def schrijf_xml(path: Path, persons: int) -> None:
    """A year's quarter of opgaven for every person."""

    def bedrag(naam: str, waarde: int) -> str:
        sign = "<CdPositiefNegatief>+</CdPositiefNegatief>"
        return f"<{naam}>{sign}<WaardeBedr>{waarde}</WaardeBedr></{naam}>"

    with path.open("w") as file:
        file.write(f'<?xml version="1.0"?><UWVPersoonsIkvInfoResponse xmlns="{NS}">')
        for nr, person in enumerate(burgerservicenummers(persons)):
            opgave = "".join(
                f"<Inkomstenopgave><DatBIko>2025{month:02d}01</DatBIko><DatEIko>2025{month:02d}28</DatEIko>"
                f"<AantVerloondeUrenIko>{100 + nr % 60}</AantVerloondeUrenIko>{bedrag('BedrBrutoloonSv', 200_000 + nr)}"
                f"{bedrag('BedrLoonLbPremieVolksverz', 190_000 + nr)}</Inkomstenopgave>"
                for month in (1, 2, 3)
            )
            file.write(
                f"<ClientSuwi><Burgerservicenr>{person}</Burgerservicenr><Inkomstenverhouding>"
                f"<AdministratieveEenheid><Loonheffingennr>123456789L01</Loonheffingennr></AdministratieveEenheid>"
                f"<VolgnrIkv>1</VolgnrIkv><DatBIkv>20200101</DatBIkv>{opgave}</Inkomstenverhouding></ClientSuwi>"
            )
        file.write("</UWVPersoonsIkvInfoResponse>")
