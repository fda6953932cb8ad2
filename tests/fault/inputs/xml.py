"""XML that is broken, of another service, or hostile."""

from __future__ import annotations

from tests.fault.inputs.geval import ANDERE, Geval, client, suwi

LACH = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "haha">'
    + "".join(f'<!ENTITY a{nr} "{f"&a{nr - 1};" * 10}">' for nr in range(1, 12))
    + "]>"
)
GROOT = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{"x" * 60_000}">]>'
EXTERN = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
NETWERK = (
    '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]>'
)
PARAMETER = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>'
XINCLUDE = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
EEN = suwi(client())


def geval(naam: str, inhoud: str | bytes, ontvangst: str | None = None, rijen: int = 0, **deur: int) -> Geval:
    data = inhoud.encode() if isinstance(inhoud, str) else inhoud
    codes = {code.replace("_", "-"): aantal for code, aantal in deur.items()}
    return Geval(f"xml: {naam}", data, "slecht.xml", ontvangst, codes, rijen)


XML = (
    geval("afgebroken", EEN[:-40], B_KAPOT=1),
    geval("afgebroken in het eerste element", EEN[:60], "B-KAPOT"),
    geval("afgebroken na duizenden rijen", suwi(client() * 3000)[:-40], B_KAPOT=1),
    geval("sluit een ander element", EEN.replace("</VolgnrIkv>", "</Volgnr>"), "B-KAPOT"),
    geval("twee documenten in één bestand", EEN + EEN, "B-KAPOT"),
    geval("kale ampersand", suwi(client(volgnummer="1 & 2")), B_KAPOT=1),
    geval("stuurteken", suwi(client(volgnummer="\x01")), "B-KAPOT"),
    geval("zonder rijen", suwi("")),
    geval("andere naamruimte", suwi(client(), ns="urn:iets:anders"), "B-ONBEKEND"),
    geval("zonder naamruimte", EEN.replace(' xmlns="', ' x="'), "B-ONBEKEND"),
    geval("html", "<!DOCTYPE html><html><body>503 Service Unavailable</body></html>", "B-ONBEKEND"),
    geval(
        "in een SOAP-envelop",
        f'<s:Envelope xmlns:s="urn:s"><s:Body>{suwi(client(), begin="")}</s:Body></s:Envelope>',
        "B-ONBEKEND",
    ),
    geval("latin-1 zonder verklaring", suwi(client(volgnummer="é")).encode("latin-1"), "B-CODERING"),
    geval(
        "latin-1 met verklaring",
        suwi(client(volgnummer="é"), '<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"),
        rijen=1,
    ),
    geval("UTF-16", suwi(client(), '<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"), "B-CODERING"),
    geval("onbekende codering", suwi(client(), '<?xml version="1.0" encoding="KLINGON"?>'), "B-KAPOT"),
    geval(
        "UTF-8 verklaard, latin-1 geschreven",
        suwi(client(volgnummer="é"), '<?xml version="1.0" encoding="UTF-8"?>').encode("latin-1"),
        "B-KAPOT",
    ),
    geval("externe entiteit in een burgerservicenummer", suwi(client("&a;"), EXTERN), R_BSN_LEEG=1),
    geval("entiteit en DTD van het netwerk", suwi(client("&a;"), NETWERK), R_BSN_LEEG=1),
    geval("entiteiten die zichzelf vermenigvuldigen", suwi(client("&a11;"), LACH), "B-KAPOT"),
    geval("grote entiteit, vaak", suwi(client() + client("&a;" * 50_000), GROOT), "B-KAPOT"),
    geval("onbekende entiteit", suwi(client("&bestaatniet;")), B_KAPOT=1),
    geval("tienduizend diep", suwi("<a>" * 10_000 + "</a>" * 10_000), "B-KAPOT"),
    geval("één tekst van 12 MB", suwi(client("1" * 12_000_000)), B_KAPOT=1),
    geval(
        "honderdduizend attributen",
        suwi("<ClientSuwi " + " ".join(f'a{nr}="1"' for nr in range(100_000)) + "/>" + client()),
        rijen=1,
    ),
    geval("NietsGevonden", suwi("<NietsGevonden/>"), W_NIETS_GEVONDEN=1),
    geval("FWI", suwi('<FWI><Foutmelding Code="F1"/></FWI>'), W_FWI=1),
    geval("element in andere schrijfwijze", suwi(client().replace("VolgnrIkv", "volgnrikv")), rijen=1, W_AFWIJKING=1),
    geval(
        "burgerservicenummer ontbreekt",
        suwi(client().replace(f"<Burgerservicenr>{ANDERE}</Burgerservicenr>", "")),
        R_BSN_LEEG=1,
    ),
    geval("honderdduizend commentaren", suwi("<!-- x -->" * 100_000 + client()), rijen=1),
    geval("commentaar in een veld", suwi(client(ANDERE[:4] + "<!-- x -->" + ANDERE[4:])), R_BSN_VORM=1),
    geval("honderdduizend instructies", suwi("<?x y?>" * 100_000 + client()), rijen=1),
    geval(
        "eindeloos commentaar vooraf", suwi(client(), '<?xml version="1.0"?>' + f"<!--{'x' * 400_000}-->"), "B-KAPOT"
    ),
    geval("vijftigduizend namen", suwi("".join(f"<e{nr}/>" for nr in range(50_000)) + client()), rijen=1),
    geval(
        "vijftigduizend naamruimten", suwi("".join(f'<e xmlns="u:{nr}"/>' for nr in range(50_000)) + client()), rijen=1
    ),
    geval("parameterentiteit van buiten", suwi(client(), PARAMETER), rijen=1),
    geval("XInclude", suwi(client(XINCLUDE)), R_BSN_LEEG=1),
    geval("entiteiten in attributen", suwi(f'<ClientSuwi x="{"&a;" * 3}"/>' + client(), GROOT), rijen=1),
    geval("CDATA om een veld", suwi(client(f"<![CDATA[{ANDERE}]]>")), rijen=1),
    geval("NUL-byte ver in het bestand", suwi(client() * 3000 + "\0"), B_KAPOT=1),
)
