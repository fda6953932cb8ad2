"""Builds small inputs for tests, and oracles in plain Python to hold the pipeline against.

The burgerservicenummers are made here, from a number, so that no real person is ever meant.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import Ontvangst, ontvang
from pipeline.stand import Stand
from privacy.bsn import as_numbers
from schemas.load import doelen

CHECKOUT = Path(__file__).resolve().parent.parent
PERIODE = "2026-01"
GEWICHTEN = (9, 8, 7, 6, 5, 4, 3, 2, -1)

IKV = (
    "Burgerservicenr",
    "Loonheffingennr",
    "VolgnrIkv",
    "DatBIkv",
    "DatEIkv",
    "NaamAdministratieveEenheid",
    "SrtMelding",
)
BIJSTAND = (
    "gemeentecode",
    "burgerservicenummer",
    "burgerservicenummerPartner",
    "regeling",
    "datumIngang",
    "datumEinde",
    "leefvorm",
    "normbedrag",
)


def elfproef(cijfers: str) -> bool:
    """The elfproef as privacy.md and the Logisch Ontwerp BSN write it down, digit by digit."""
    if len(cijfers) != 9 or any(cijfer not in "0123456789" for cijfer in cijfers) or cijfers == "000000000":
        return False
    return sum(gewicht * int(cijfer) for gewicht, cijfer in zip(GEWICHTEN, cijfers, strict=True)) % 11 == 0


def maak_bsn(nummer: int) -> str:
    """The `nummer`th valid burgerservicenummer from 900000000 on, in steps that leave room."""
    kandidaat = 900_000_000 + nummer * 100
    return next(str(waarde) for waarde in range(kandidaat, kandidaat + 100) if elfproef(str(waarde)))


def volgende_bsn(getal: int) -> str:
    """The first burgerservicenummer from a number on (1 to 999 999 990); every one of them can come out."""
    return next(f"{waarde:09d}" for waarde in range(getal, getal + 30) if elfproef(f"{waarde:09d}"))


def schrijf_csv(
    kolommen: Sequence[str], rijen: Iterable[Mapping[str, object] | Sequence[object]], teken: str = ";"
) -> str:
    """CSV text; rows are cells in order, or cells by column name."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=teken, lineterminator="\n")
    writer.writerow(kolommen)
    for rij in rijen:
        writer.writerow([rij.get(kolom, "") for kolom in kolommen] if isinstance(rij, Mapping) else list(rij))
    return buffer.getvalue()


def schrijf_json(kolommen: Sequence[str], rijen: Iterable[Sequence[object]]) -> list[dict[str, object]]:
    """The same rows as objects."""
    return [dict(zip(kolommen, rij, strict=True)) for rij in rijen]


def ikv(
    bsn: str, volgnummer: int = 1, begin: str = "20260105", einde: str = "", naam: str = "Werkgever"
) -> list[object]:
    """A row of uwv.inkomstenverhouding."""
    return [bsn, "123456789L01", volgnummer, begin, einde, naam, ""]


def bijstand(bsn: str, partner: str = "", gemeente: str = "0344", ingang: str = "20250101") -> list[object]:
    """A row of gemeente.bijstandspopulatie."""
    return [gemeente, bsn, partner, "PW", ingang, "", "alleenstaande", 140150]


def populatie_csv(personen: Iterable[str]) -> str:
    """A bijstandspopulatie without partners."""
    return schrijf_csv(BIJSTAND, [bijstand(persoon) for persoon in personen])


def neem_op(
    instellingen: Instellingen, bron: str, bestanden: Mapping[str, str | bytes], periode: str = PERIODE
) -> Ontvangst:
    """Writes files to an inbox of their own and takes them in as one levering."""
    inbox = instellingen.data / "aangeboden"
    folder = inbox / f"{len(list(inbox.glob('*'))):04d}"
    folder.mkdir(parents=True)
    for naam, inhoud in bestanden.items():
        (folder / naam).write_bytes(inhoud.encode() if isinstance(inhoud, str) else inhoud)
    return ontvang(instellingen, bron, [folder], periode)


def lees_lake(instellingen: Instellingen, doel: str, tabel: str) -> pa.Table:
    """All rows that a run of this doel would read of a table, or an empty table without columns."""
    paden = Stand(instellingen).lake_paden(doelen()[doel]).get(tabel, [])
    return pa.concat_tables([pq.ParquetFile(pad).read() for pad in paden]) if paden else pa.table({})


def personen_in_lake(instellingen: Instellingen, doel: str, tabel: str, kolom: str = "persoon") -> list[str | None]:
    """The burgerservicenummers behind a pseudonym column of the lake, in row order."""
    table = lees_lake(instellingen, doel, tabel)
    if not table.num_columns:
        return []
    pseudoniemen = table[kolom].combine_chunks()
    return Stand(instellingen).pseudonimiseerder(doel).ontsleutel_tekst(pseudoniemen).to_pylist()


def leesbaar(cijfers: object) -> list[int]:
    """The numbers behind a matrix of digits."""
    return as_numbers(cijfers)[0].tolist()


def als_json(waarde: object, **opties: object) -> str:
    """JSON text."""
    return json.dumps(waarde, **opties)


def alle_bestanden(map_: Path) -> list[Path]:
    """Every file below a folder, hidden ones too."""
    return sorted(pad for pad in map_.rglob("*") if pad.is_file())
