"""Archives that are broken, hostile, or hold something unusable among what can be used."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile

from tests.fault.inputs.geval import REGEL, Geval, client, csv, suwi, zip_van

EEN = csv(REGEL)
GOEDE = [(f"{nr}.xml", suwi(client(volgnummer=nr)).encode()) for nr in range(1, 5)]


def met_bit(rauw: bytes, plaats_lokaal: int, plaats_centraal: int, waarde: int) -> bytes:
    """A zip in which one byte of every header says something else."""
    data = bytearray(rauw)
    for teken, plaats in ((b"PK\x03\x04", plaats_lokaal), (b"PK\x01\x02", plaats_centraal)):
        start = 0
        while (start := data.find(teken, start)) >= 0:
            data[start + plaats] = waarde
            start += 4
    return bytes(data)


def tar_van(leden: list[tuple[str, bytes]], soort: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archief:
        for naam, inhoud in leden:
            info = tarfile.TarInfo(naam)
            info.size, info.type = len(inhoud), soort
            if soort == tarfile.SYMTYPE:
                info.size, info.linkname = 0, "/etc/passwd"
            archief.addfile(info, io.BytesIO(inhoud))
    return buffer.getvalue()


def tar_kop(naam: str, omvang: int) -> bytes:
    """The header of a member that says how large it is."""
    info = tarfile.TarInfo(naam)
    info.size = omvang
    return info.tobuf()


def overlappend(leden: int) -> bytes:
    """A zip of which every member is the same piece of the file."""
    rauw = zip_van([("0.csv", bytes(10**6))])
    begin, einde = rauw.find(b"PK\1\2"), rauw.find(b"PK\5\6")
    lijst = rauw[begin:einde] * leden
    slot = bytearray(rauw[einde:])
    slot[8:20] = struct.pack("<HHII", *[min(leden, 0xFFFE)] * 2, len(lijst), begin)
    return rauw[:begin] + lijst + bytes(slot)


def kapotte_controle() -> bytes:
    rauw = zip_van([("1.csv", EEN)], zipfile.ZIP_STORED)
    return rauw.replace(b"Werkgever", b"Werkgeven")


def kapot_lid() -> bytes:
    rauw = bytearray(zip_van([("1.csv", EEN), ("2.csv", csv(*[f"{REGEL}{nr}" for nr in range(3000)]))]))
    plaats = rauw.find(b"2.csv") + 25
    rauw[plaats : plaats + 40] = b"\xff" * 40
    return bytes(rauw)


def dubbele_namen() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zip_van([("a.csv", EEN), ("a.csv", EEN)])


ARCHIEVEN = (
    Geval("zip: leeg", zip_van([]), "slecht.zip", "B-LEEG"),
    Geval("zip: afgebroken", zip_van([("1.csv", EEN)])[:-30], "slecht.zip", "B-KAPOT"),
    Geval("zip: alleen de naam", b"PK geen archief", "slecht.zip", "B-KAPOT"),
    Geval("zip: alleen lege leden", zip_van([("a", b""), ("b", b" \n")]), "slecht.zip", "B-LEEG"),
    Geval(
        "zip: kapotte XML tussen goede",
        zip_van([*GOEDE[:2], ("x.xml", GOEDE[2][1][:-50]), GOEDE[3]]),
        "slecht.zip",
        deur={"B-KAPOT": 1},
        rijen=3,
    ),
    Geval(
        "zip: leesmij en leeg lid tussen goede",
        zip_van([("LEESMIJ", b"Beste lezer"), ("leeg", b""), *GOEDE]),
        "slecht.zip",
        deur={"B-ONBEKEND": 1, "B-LEEG": 1},
        rijen=4,
    ),
    Geval(
        "zip: XML die laat afbreekt tussen goede",
        zip_van([GOEDE[0], ("x.xml", suwi(client() * 3000)[:-50].encode()), GOEDE[1]]),
        "slecht.zip",
        deur={"B-KAPOT": 1},
        rijen=2,
    ),
    Geval(
        "zip: CSV die laat de codering breekt tussen goede",
        zip_van([("1.csv", EEN), ("2.csv", csv(*[REGEL] * 8000) + REGEL.encode() + b"\xe9\n"), ("3.csv", EEN)]),
        "slecht.zip",
        deur={"B-CODERING": 1},
        rijen=2,
    ),
    Geval(
        "zip: NietsGevonden en FWI tussen goede",
        zip_van([GOEDE[0], ("n.xml", suwi("<NietsGevonden/>").encode()), ("f.xml", suwi("<FWI/>").encode())]),
        "slecht.zip",
        deur={"W-NIETS-GEVONDEN": 1, "W-FWI": 1},
        rijen=1,
    ),
    Geval("zip: controlegetal klopt niet", kapotte_controle(), "slecht.zip", "B-KAPOT"),
    Geval("zip: een lid is niet uit te pakken", kapot_lid(), "slecht.zip", deur={"B-KAPOT": 1}, rijen=1),
    Geval("zip: met wachtwoord", met_bit(zip_van([("1.csv", EEN)]), 6, 8, 1), "slecht.zip", "B-KAPOT"),
    Geval("zip: onbekende methode", met_bit(zip_van([("1.csv", EEN)]), 8, 10, 97), "slecht.zip", "B-KAPOT"),
    Geval("zip: bom", lambda: zip_van([("1.csv", bytes(60_000_000))]), "slecht.zip", "B-ARCHIEF"),
    Geval(
        "zip: pad naar boven",
        zip_van([("1.csv", EEN), ("../../../etc/cron.d/x", EEN)]),
        "slecht.zip",
        deur={"B-ARCHIEF": 1},
    ),
    Geval("zip: pad naar boven vooraan", zip_van([("../x.csv", EEN)]), "slecht.zip", "B-ARCHIEF"),
    Geval("zip: volledig pad", zip_van([("/etc/passwd", EEN)]), "slecht.zip", "B-ARCHIEF"),
    Geval("zip: in een zip", zip_van([("in.zip", zip_van([("1.csv", EEN)]))]), "slecht.zip", "B-CODERING"),
    Geval("zip: zelfde naam twee keer", dubbele_namen(), "slecht.zip", rijen=2),
    Geval(
        "zip: lid van een andere bron",
        zip_van([("1.csv", EEN), ("v.csv", b"kenteken;merk\nAB123C;X\n")]),
        "slecht.zip",
        deur={"B-ONBEKEND": 1},
        rijen=1,
    ),
    Geval("zip: zonder naam", zip_van([("1.csv", EEN)]), "slecht", rijen=1),
    Geval("tar.gz: afgebroken", tar_van([("1.csv", EEN)])[:-30], "slecht.tar.gz", "B-KAPOT"),
    Geval("tar.gz: geen archief", EEN, "slecht.tar.gz", "B-KAPOT"),
    Geval("tar.gz: pad naar boven", tar_van([("../../x.csv", EEN)]), "slecht.tar.gz", "B-ARCHIEF"),
    Geval("tar.gz: verwijzing naar buiten", tar_van([("x.csv", b"")], tarfile.SYMTYPE), "slecht.tar.gz", "B-LEEG"),
    Geval("tar.gz: apparaat", tar_van([("x.csv", b"")], tarfile.CHRTYPE), "slecht.tar.gz", "B-LEEG"),
    Geval(
        "tar.gz: verwijzing in het archief",
        tar_van([("1.csv", EEN), ("2.csv", b"")], tarfile.LNKTYPE),
        "x.tar.gz",
        "B-LEEG",
    ),
    Geval(
        "tar.gz: zegt 60 GB te zijn",
        gzip.compress(tar_kop("1.csv", 60 * 2**30) + bytes(2**20)),
        "x.tar.gz",
        "B-ARCHIEF",
    ),
    Geval("tar.gz: bom van nullen", lambda: tar_van([("1.csv", bytes(100_000_000))]), "slecht.tar.gz", "B-ARCHIEF"),
    Geval(
        "tar.gz: bom van nullen achter een goed lid",
        lambda: tar_van([("1.csv", EEN), ("2.csv", bytes(300_000_000))]),
        "slecht.tar.gz",
        deur={"B-ARCHIEF": 1},
    ),
    Geval(
        "tar.gz: tienduizend lege leden",
        lambda: tar_van([(f"{nr}.csv", b"") for nr in range(10_000)]),
        "x.tar.gz",
        "B-LEEG",
    ),
    Geval("tar.gz: volledig pad", tar_van([("/etc/x.csv", EEN)]), "slecht.tar.gz", "B-ARCHIEF"),
    Geval(
        "zip: bom in stukken",
        lambda: zip_van([(f"{nr}.csv", b" " * 1_000_000) for nr in range(50)]),
        "slecht.zip",
        "B-LEEG",
    ),
    Geval("zip: zelfde bytes voor elk lid", overlappend(40), "slecht.zip", "B-ARCHIEF"),
    Geval("zip: pad met backslash", zip_van([("\\\\server\\x.csv", EEN)]), "slecht.zip", "B-ARCHIEF"),
)
