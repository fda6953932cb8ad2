"""Files that can be read, with records that cannot be used."""

from __future__ import annotations

from tests.bouw import BIJSTAND, IKV, bijstand, ikv, maak_bsn, schrijf_csv
from tests.fault.inputs.geval import ANDERE, GOED, Geval

NIEMAND = maak_bsn(77)
IKO = (
    "Burgerservicenr",
    "Loonheffingennr",
    "VolgnrIkv",
    "DatBIkv",
    "DatBIko",
    "DatEIko",
    "AantVerloondeUrenIko",
    "BedrBrutoloonSv",
)


def ikvs(*rijen: list[object]) -> bytes:
    return schrijf_csv(IKV, [ikv(ANDERE), *rijen]).encode()


def ikos(*rijen: tuple[str, ...]) -> bytes:
    return schrijf_csv(IKO, [(ANDERE, "123456789L01", "1", "20260101", *rij) for rij in rijen]).encode()


def populatie(**meer: str) -> bytes:
    goed = dict(zip(BIJSTAND, bijstand(NIEMAND), strict=True))
    return schrijf_csv(BIJSTAND, [{**goed, **meer}]).encode()


RECORDS = (
    Geval("bsn: ontbreekt", ikvs(ikv(""), ikv("  ")), deur={"R-BSN-LEEG": 2}, rijen=1),
    Geval(
        "bsn: te kort, te lang, letters",
        ikvs(ikv("123"), ikv("1234567890"), ikv("12345678X")),
        deur={"R-BSN-VORM": 3},
        rijen=1,
    ),
    Geval("bsn: geen elfproef, nullen", ikvs(ikv("123456789"), ikv("000000000")), deur={"R-BSN-ELFPROEF": 2}, rijen=1),
    Geval("bsn: met punten", ikvs(ikv("1234.56.782")), deur={"R-BSN-VORM": 1}, rijen=1),
    Geval("bsn: volle breedte", ikvs(ikv("１２３４５６７８２")), deur={"R-BSN-VORM": 1}, rijen=1),
    Geval("persoon buiten het doel", ikvs(ikv(NIEMAND)), deur={"D-POPULATIE": 1}, rijen=1),
    Geval(
        "datum: bestaat niet",
        ikvs(ikv(ANDERE, begin="20260230"), ikv(ANDERE, begin="20261301")),
        deur={"R-DATUM": 2},
        rijen=1,
    ),
    Geval(
        "datum: geen datum",
        ikvs(ikv(ANDERE, begin="gisteren"), ikv(ANDERE, begin="2026")),
        deur={"R-DATUM": 2},
        rijen=1,
    ),
    Geval("datum: onvolledig is goed", ikvs(ikv(ANDERE, begin="20260000"), ikv(ANDERE, begin="00000000")), rijen=3),
    Geval("datum: open einde is goed", ikvs(ikv(ANDERE, einde="99991231"), ikv(ANDERE, einde="99999999")), rijen=3),
    Geval(
        "bedrag: met komma, leeg gelaten, met teken",
        ikos(("20260101", "", "", "12,50"), ("20260101", "", "", ""), ("20260101", "", "", "-5")),
        deur={"R-BEDRAG": 1},
    ),
    Geval("bedrag: te groot", ikos(("20260101", "", "", "9" * 17)), deur={"R-BEDRAG": 1}),
    Geval("getal: geen getal", ikos(("20260101", "", "8.5", "1")), deur={"R-GETAL": 1}),
    Geval("verplicht veld leeg", ikos(("", "20260131", "8", "1")), deur={"R-VERPLICHT": 1}),
    Geval(
        "verplicht veld leeg en een ander onleesbaar",
        ikos(("", "", "", ""), ("kapot", "", "", "")),
        deur={"R-VERPLICHT": 1, "R-DATUM": 1},
    ),
    Geval("gemeente: onbekende code", populatie(gemeentecode="9999"), deur={"R-CODE": 1}, bron="gemeente"),
    Geval("gemeente: onbekende regeling", populatie(regeling="WW"), deur={"R-CODE": 1}, bron="gemeente"),
    Geval(
        "gemeente: partner ongeldig",
        populatie(burgerservicenummerPartner="123456789"),
        deur={"W-BSN-RELATIE": 1},
        bron="gemeente",
    ),
    Geval("gemeente: ingang ontbreekt", populatie(datumIngang=""), deur={"R-VERPLICHT": 1}, bron="gemeente"),
    Geval("gemeente: zelfde persoon twee keer", populatie(burgerservicenummer=GOED), bron="gemeente"),
)
