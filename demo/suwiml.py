"""What SuwiML answers have in common: one document per person, or a notice that there is nothing or something wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.bsn import spoil_bsns
from demo.kalender import Getallen
from demo.schrijf import join, write_zip

FWI = "http://bkwi.nl/SuwiML/FWI/v0205"
_FOUT = "<Fout><Code>{code}</Code><Tekst>{tekst}</Tekst><Bron><DN>CN=demo</DN></Bron></Fout>"


def group_by_person(persoon: Getallen, tekst: pa.Array) -> tuple[Getallen, pa.Array]:
    """Texts of the same person put together; rows must be ordered by person. Gives the persons and their texts."""
    personen, eerste = np.unique(persoon, return_index=True)
    grenzen = pa.array(np.append(eerste, len(persoon)).astype(np.int32))
    return personen, pc.binary_join(pa.ListArray.from_arrays(grenzen, tekst), "")


def make_answers(document: str, naamruimte: str, bsn: pa.Array, inhoud: pa.Array) -> list[str]:
    """Whole documents, one per person."""
    tekst = join(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<smls:{document} xmlns:smls="{naamruimte}">'
        "<ClientSuwi><Burgerservicenr>",
        bsn,
        "</Burgerservicenr>",
        inhoud,
        f"</ClientSuwi></smls:{document}>\n",
    )
    result: list[str] = tekst.to_pylist()
    return result


def make_nietsgevonden(document: str, naamruimte: str) -> str:
    """The answer about a person the bron does not know."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<smls:{document} xmlns:smls="{naamruimte}" xmlns:fwi="{FWI}">'
        f"<fwi:NietsGevonden/></smls:{document}>\n"
    )


def make_fout(document: str, naamruimte: str, code: str, tekst: str) -> str:
    """The answer of a bron that could not answer."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<smls:{document} xmlns:smls="{naamruimte}" xmlns:fwi="{FWI}">'
        f"<fwi:FWI>{_FOUT.format(code=code, tekst=tekst)}</fwi:FWI></smls:{document}>\n"
    )


def spoil_answer(antwoord: str) -> str:
    """The same answer about a burgerservicenummer that fails the elfproef."""
    begin = antwoord.index("<Burgerservicenr>") + len("<Burgerservicenr>")
    fout = spoil_bsns(pa.array([antwoord[begin : begin + 9]]))[0].as_py()
    return f"{antwoord[:begin]}{fout}{antwoord[begin + 9 :]}"


def write_answers(pad: Path, antwoorden: Iterable[str], naam: str) -> None:
    """Answers as numbered members of a zip; the number says nothing about the person."""
    write_zip(pad, _number(antwoorden, naam))


def _number(antwoorden: Iterable[str], naam: str) -> Iterator[tuple[str, str]]:
    for nummer, tekst in enumerate(antwoorden, 1):
        yield f"{naam}_{nummer:06d}.xml", tekst
