"""CSV, JSON and Parquet files that are empty, cut off, in another encoding, of another bron or of another shape."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.bouw import IKV, ikv, schrijf_json
from tests.fault.inputs.geval import ANDERE, KOP, REGEL, Geval, csv, parquet

OBJECT = schrijf_json(IKV, [ikv(ANDERE)])[0]
NAAM = "NaamAdministratieveEenheid"
JSON = json.dumps([OBJECT, OBJECT], indent=1).encode()
REGELS = b"\n".join(json.dumps(OBJECT).encode() for _ in range(3))
PARQUET = parquet(rijen=50)


def regel(**anders: object) -> bytes:
    """One line of JSON lines with some other values."""
    return json.dumps({**OBJECT, **anders}).encode() + b"\n"


def rauw(naam: str, waarde: bytes) -> bytes:
    """One line in which a value is written as it is given."""
    return regel(**{naam: "@"}).replace(b'"@"', waarde)


def tabel(**anders: object) -> bytes:
    """A Parquet file of one row with some other columns."""
    kolommen = {naam: [str(waarde)] for naam, waarde in OBJECT.items()}
    buffer = io.BytesIO()
    pq.write_table(pa.table({**kolommen, **anders}), buffer, compression="zstd")
    return buffer.getvalue()


def veel_gelijke_rijen(rijen: int, waarde: str = "x") -> bytes:
    """A small Parquet file that says the same thing many times."""
    waarden = {naam: str(oud) for naam, oud in OBJECT.items()} | {NAAM: waarde}
    index = pa.repeat(pa.scalar(0, pa.int32()), rijen)
    buffer = io.BytesIO()
    tabel = pa.table({naam: pa.DictionaryArray.from_arrays(index, pa.array([oud])) for naam, oud in waarden.items()})
    pq.write_table(tabel, buffer, compression="zstd", row_group_size=rijen)
    return buffer.getvalue()


TEKST = (
    # nothing in it
    Geval("leeg bestand", b"", ontvangst="B-LEEG"),
    Geval("alleen witruimte", b" \r\n\t\n" * 100, ontvangst="B-LEEG"),
    Geval("alleen een BOM", b"\xef\xbb\xbf", ontvangst="B-ONBEKEND"),
    Geval("alleen een kop", csv()),
    Geval("alleen een kop zonder regeleinde", KOP.encode(), deur={"B-KAPOT": 1}),
    Geval("json: lege reeks", b"[]", "slecht.json", "B-KAPOT"),
    Geval("json: leeg object", b"{}", "slecht.json", "B-KAPOT"),
    Geval("parquet: geen rijen", parquet(rijen=0), "slecht.parquet"),
    # cut off
    Geval("csv: afgebroken in een regel", csv(REGEL, REGEL)[:-20], deur={"R-KAPOT": 1}, rijen=1),
    Geval("csv: aanhalingsteken niet gesloten", csv(REGEL, f'{ANDERE};"x', REGEL), deur={"R-KAPOT": 1}, rijen=1),
    Geval("json: afgebroken reeks", JSON[:-40], "slecht.json", deur={"B-KAPOT": 1}),
    Geval(
        "json: afgebroken in het eerste object", JSON[: JSON.index(b"Werkgever")], "slecht.json", deur={"B-KAPOT": 1}
    ),
    Geval("json: iets na de reeks", JSON + b"\n[]", "slecht.json", deur={"B-KAPOT": 1}),
    Geval("json regels: afgebroken", REGELS[:-30], "slecht.jsonl", deur={"R-KAPOT": 1}, rijen=2),
    Geval("parquet: afgebroken", PARQUET[:-30], "slecht.parquet", "B-KAPOT"),
    Geval("parquet: alleen het begin", b"PAR1", "slecht.parquet", "B-KAPOT"),
    Geval(
        "parquet: kapot in het midden", PARQUET[:8] + b"\xff" * 80 + PARQUET[88:], "slecht.parquet", deur={"B-KAPOT": 1}
    ),
    # another encoding
    Geval(
        "csv: latin-1",
        csv(REGEL, REGEL.replace("Werkgever", "Café")).decode().encode("latin-1"),
        ontvangst="B-CODERING",
    ),
    Geval(
        "csv: latin-1 ver in het bestand",
        csv(*[REGEL] * 8000, REGEL.replace("Werkgever", "Café")).decode().encode("latin-1"),
        deur={"B-CODERING": 1},
    ),
    Geval("csv: UTF-16 met BOM", csv(REGEL).decode().encode("utf-16"), ontvangst="B-CODERING"),
    Geval("csv: UTF-16 zonder BOM", csv(REGEL).decode().encode("utf-16-be"), ontvangst="B-CODERING"),
    Geval("csv: UTF-32", csv(REGEL).decode().encode("utf-32"), ontvangst="B-CODERING"),
    Geval("json: UTF-16", JSON.decode().encode("utf-16"), "slecht.json", "B-CODERING"),
    Geval("json: latin-1", JSON.replace(b"Werkgever", b"Caf\xe9"), "slecht.json", "B-CODERING"),
    Geval(
        "json regels: latin-1 ver in het bestand",
        REGELS + b"\n" * 300_000 + b'{"Burgerservicenr": "\xe9"}',
        "slecht.jsonl",
        deur={"R-KAPOT": 1},
        rijen=3,
    ),
    Geval("NUL-bytes vooraan", csv(REGEL.replace("Werkgever", "Werk\0gever")), ontvangst="B-CODERING"),
    Geval("NUL-bytes in een burgerservicenummer", csv(*[REGEL] * 40, "\0" + REGEL), deur={"R-BSN-VORM": 1}, rijen=40),
    Geval("willekeurige bytes", bytes(range(256)) * 64, ontvangst="B-CODERING"),
    Geval("programma", b"\x7fELF\x02\x01\x01" + bytes(400), "slecht.csv", "B-CODERING"),
    Geval("gzip zonder tar", b"\x1f\x8b\x08\x00" + bytes(range(128, 256)) * 4, "slecht.csv.gz", "B-CODERING"),
    # another bron, another shape
    Geval("tekst zonder tabel", b"Geachte heer, mevrouw,\nBijgaand de levering.\n", ontvangst="B-ONBEKEND"),
    Geval("csv van een andere bron", b"kenteken;merk;voertuigsoort\nAB123C;X;Personenauto\n", ontvangst="B-ONBEKEND"),
    Geval("persoonslijst van een andere bron", b";01.01.20;08.09.10\n1;900000107;0344\n", ontvangst="B-ONBEKEND"),
    Geval("json van een andere bron", b'{"kvkNummer": "12345678", "naam": "x"}', "slecht.json", "B-ONBEKEND"),
    Geval("json: getallen", b"[1, 2, 3]", "slecht.json", "B-KAPOT"),
    Geval("json: tekst", b'"hallo"', "slecht.json", "B-ONBEKEND"),
    Geval("json: diep genest", b"[" * 2000 + b"]" * 2000, "slecht.json", "B-KAPOT"),
    Geval("parquet van een andere bron", parquet(("kenteken", "merk")), "slecht.parquet", "B-ONBEKEND"),
    Geval("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "slecht.pdf", "B-CODERING"),
    # columns
    Geval(
        "csv: verplichte kolom ontbreekt",
        csv(REGEL.split(";", 1)[1], kop=KOP.split(";", 1)[1]),
        ontvangst="B-KOLOM-ONTBREEKT",
    ),
    Geval("parquet: verplichte kolom ontbreekt", parquet(IKV[1:]), "slecht.parquet", "B-KOLOM-ONTBREEKT"),
    Geval(
        "json: verplichte sleutel ontbreekt",
        json.dumps(dict.fromkeys(IKV[1:], "x")).encode(),
        "slecht.json",
        "B-KOLOM-ONTBREEKT",
    ),
    Geval("csv: kolomnaam in andere schrijfwijze", csv(REGEL, kop=KOP.lower()), ontvangst="B-ONBEKEND"),
    Geval(
        "csv: onbekende kolommen",
        csv(REGEL + ";x;y", kop=KOP + ";vreemd;vreemder"),
        deur={"W-KOLOM-ONBEKEND": 2},
        rijen=1,
    ),
    Geval("csv: kolom dubbel", csv(REGEL + ";999", kop=KOP + ";Burgerservicenr"), rijen=1),
    Geval(
        "csv: 10.000 kolommen",
        csv(REGEL + ";x" * 10_000, kop=KOP + "".join(f";k{nr}" for nr in range(10_000))),
        deur={"W-KOLOM-ONBEKEND": 10_000},
        rijen=1,
    ),
    Geval("csv: één eindeloze cel", b"a" * 300_000, ontvangst="B-ONBEKEND"),
    Geval("csv: één eindeloze regel", (";" * 300_000).encode(), ontvangst="B-ONBEKEND"),
    Geval(
        "csv: cel van 1,5 MB",
        csv(REGEL, REGEL.replace("Werkgever", "x" * 1_500_000), REGEL),
        deur={"R-VORM": 1},
        rijen=2,
    ),
    Geval(
        "csv: cel groter dan twee blokken",
        csv(REGEL, REGEL.replace("Werkgever", "x" * 26_000_000)),
        deur={"B-KAPOT": 1},
    ),
    # lines
    Geval("csv: CRLF en LF door elkaar", csv(REGEL, REGEL + "\r", REGEL, kop=KOP + "\r"), rijen=3),
    Geval("csv: alleen CR", csv(REGEL, REGEL).replace(b"\n", b"\r"), rijen=2),
    Geval("csv: BOM en CRLF", b"\xef\xbb\xbf" + csv(REGEL).replace(b"\n", b"\r\n"), rijen=1),
    Geval("csv: lege regels vooraf", b"\n\n" + csv(REGEL), ontvangst="B-ONBEKEND"),
    Geval("csv: regels te kort en te lang", csv("x", REGEL, REGEL + ";extra", REGEL), deur={"R-KAPOT": 2}, rijen=2),
    Geval(
        "json regels: kapotte regels ertussen",
        REGELS + b"\n{\n[1]\nnull\n" + REGELS,
        "slecht.jsonl",
        deur={"R-KAPOT": 3},
        rijen=6,
    ),
    Geval(
        "json: elementen die geen object zijn",
        b"[" + json.dumps(OBJECT).encode() + b", 7, null]",
        "slecht.json",
        deur={"R-KAPOT": 2},
        rijen=1,
    ),
    Geval("csv: lege regels ertussen", csv(REGEL, "", "", REGEL), rijen=2),
    Geval("csv: regel met 10.000 cellen", csv(REGEL, REGEL + ";" * 10_000, REGEL), deur={"R-KAPOT": 1}, rijen=2),
    Geval("csv: BOM halverwege", csv(REGEL) + b"\xef\xbb\xbf" + csv(REGEL), deur={"R-BSN-VORM": 1}, rijen=2),
    Geval("csv: surrogaat als bytes", csv(REGEL).replace(b"Werkgever", b"\xed\xa0\x80"), ontvangst="B-CODERING"),
    Geval("csv: te lange UTF-8", csv(REGEL).replace(b"Werkgever", b"\xc0\xaf"), ontvangst="B-CODERING"),
    Geval("csv in gzip", gzip.compress(csv(REGEL)), "slecht.csv.gz", "B-CODERING"),
    # json
    Geval("json regels: sleutel dubbel", regel()[:-2] + b', "VolgnrIkv": 2}\n', "slecht.jsonl", rijen=1),
    Geval("json: sleutel dubbel", b"[" + regel()[:-2] + b', "VolgnrIkv": 2}]', "slecht.json", rijen=1),
    Geval(
        "json regels: getal van 400 cijfers",
        regel() + rauw("VolgnrIkv", b"9" * 400),
        "slecht.jsonl",
        deur={"R-KAPOT": 1},
        rijen=1,
    ),
    Geval("json regels: getal van 400 cijfers vooraan", rauw("VolgnrIkv", b"9" * 400), "slecht.jsonl", "B-KAPOT"),
    Geval(
        "json: getal van een miljoen cijfers", b"[" + rauw("VolgnrIkv", b"9" * 10**6) + b"]", "slecht.json", "B-KAPOT"
    ),
    Geval("json: oneindig groot getal", b"[" + rauw("VolgnrIkv", b"1e999999") + b"]", "slecht.json", "B-KAPOT"),
    Geval("json regels: NaN", regel() + rauw("VolgnrIkv", b"NaN"), "slecht.jsonl", deur={"R-KAPOT": 1}, rijen=1),
    Geval(
        "json regels: een half teken",
        regel() + rauw(NAAM, b'"\\ud800"'),
        "slecht.jsonl",
        deur={"R-KAPOT": 1},
        rijen=1,
    ),
    Geval("json: een half teken", b"[" + rauw(NAAM, b'"\\ud800"') + b"]", "slecht.json", rijen=1),
    Geval("json regels: stuurteken", regel() + rauw(NAAM, b'"a\x01b"'), "slecht.jsonl", deur={"R-KAPOT": 1}, rijen=1),
    Geval(
        "json regels: andere soorten waarden",
        regel() + regel(VolgnrIkv=True) + regel(VolgnrIkv=[1]),
        "x.jsonl",
        rijen=3,
    ),
    Geval(
        "json regels: diep in een onbekende sleutel",
        regel() + regel()[:-2] + b', "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n",
        "slecht.jsonl",
        rijen=2,
    ),
    Geval("json regels: 10.000 sleutels", regel(**{f"k{nr}": nr for nr in range(10_000)}), "slecht.jsonl", rijen=1),
    Geval("json regels: object over regels", regel().replace(b", ", b",\n"), "slecht.jsonl", rijen=1),
    Geval("json regels: twee objecten op een regel", regel()[:-1] + regel(), "slecht.jsonl", deur={"B-KAPOT": 1}),
    Geval(
        "json regels: BOM, CRLF en lege regels", b"\xef\xbb\xbf" + regel() + b"\r\n \n" + regel(), "x.jsonl", rijen=2
    ),
    # parquet
    Geval(
        "parquet: 10.000 kolommen",
        lambda: tabel(**{f"k{nr}": [nr] for nr in range(10_000)}),
        "slecht.parquet",
        deur={"W-KOLOM-ONBEKEND": 10_000},
        rijen=1,
    ),
    Geval(
        "parquet: bom van nullen",
        lambda: tabel(x=["0" * 100_000_000]),
        "slecht.parquet",
        deur={"B-ARCHIEF": 1},
    ),
    Geval(
        "parquet: lange waarde in elke rij",
        lambda: veel_gelijke_rijen(100_000, "x" * 1_000_000),
        "slecht.parquet",
        deur={"B-ARCHIEF": 1},
    ),
    Geval("parquet: lijst in een kolom", tabel(**{NAAM: [["x"]]}), "slecht.parquet", deur={"B-KAPOT": 1}),
    Geval("parquet: bytes in een kolom", tabel(**{NAAM: [b"\xff\xfe"]}), "slecht.parquet", deur={"B-KAPOT": 1}),
    Geval("parquet: getallen in plaats van tekst", tabel(Burgerservicenr=[int(ANDERE)]), "slecht.parquet", rijen=1),
    Geval("parquet: voet te lang", PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1", "slecht.parquet", "B-KAPOT"),
    Geval("parquet: voet vol rommel", PARQUET[:-200] + b"\xff" * 192 + PARQUET[-8:], "slecht.parquet", "B-KAPOT"),
)
