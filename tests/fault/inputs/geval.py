"""What a case is, and the pieces that bad files are made of."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from tests.bouw import IKV, ikv, maak_bsn, schrijf_csv

GOED, ANDERE = maak_bsn(1), maak_bsn(2)  # both in the population; GOED stands in the good file
KOP = ";".join(IKV)
REGEL = ";".join(map(str, ikv(ANDERE)))
NS = "http://bkwi.nl/SuwiML/Diensten/UWVDossierInkomstenGSD/v0200"


@dataclass(frozen=True)
class Geval:
    """One bad file.

    Attributes:
        naam: what is wrong with it.
        bytes_of: its bytes; how to make them, where that takes time.
        bestand: the name under which it is offered.
        ontvangst: the code it gets when it is taken in; None when it is accepted then.
        deur: codes with their counts while it passes the door, for doel inkomsten.
        rijen: how many rows of ANDERE are used all the same.
        bron: the bron it is offered as.
    """

    naam: str
    bytes_of: bytes | Callable[[], bytes]
    bestand: str = "slecht.csv"
    ontvangst: str | None = None
    deur: Mapping[str, int] = field(default_factory=dict)
    rijen: int = 0
    bron: str = "uwv"

    @cached_property
    def inhoud(self) -> bytes:
        """Its bytes, made once: an archive has the time in it."""
        return self.bytes_of if isinstance(self.bytes_of, bytes) else self.bytes_of()


def csv(*regels: str, kop: str = KOP) -> bytes:
    return "\n".join([kop, *regels, ""]).encode()


def client(bsn: str = ANDERE, volgnummer: object = 1, begin: str = "20260105") -> str:
    return (
        f"<ClientSuwi><Burgerservicenr>{bsn}</Burgerservicenr><Inkomstenverhouding><VolgnrIkv>{volgnummer}</VolgnrIkv>"
        f"<DatBIkv>{begin}</DatBIkv></Inkomstenverhouding></ClientSuwi>"
    )


def suwi(inhoud: str, begin: str = '<?xml version="1.0"?>', ns: str = NS) -> str:
    return f'{begin}<UWVPersoonsIkvInfoResponse xmlns="{ns}">{inhoud}</UWVPersoonsIkvInfoResponse>'


def zip_van(leden: Sequence[tuple[str, bytes]], methode: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", methode) as archief:
        for naam, inhoud in leden:
            archief.writestr(naam, inhoud)
    return buffer.getvalue()


def parquet(kolommen: Sequence[str] = IKV, rijen: int = 1) -> bytes:
    waarden = dict(zip(IKV, map(str, ikv(ANDERE)), strict=True))
    buffer = io.BytesIO()
    pq.write_table(pa.table({kolom: [waarden.get(kolom, "x")] * rijen for kolom in kolommen}), buffer)
    return buffer.getvalue()


def goed_bestand() -> str:
    return schrijf_csv(IKV, [ikv(GOED)])
