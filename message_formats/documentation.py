"""The Dutch documentation of a message and its example, from the definition.

The example is written by the same writers as a real message, so it cannot differ from what recipients get.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pyarrow as pa

from message_formats.envelope import Envelop
from message_formats.names import bewijs_schema, camel, csv_columns, is_number, pascal, pattern, signaal_schema
from message_formats.write import Fragmenten
from schemas.berichten import Bericht, BerichtVeld
from schemas.load import producten

_TYPES = {
    "tekst": "tekst",
    "code": "code",
    "datum": "datum (JJJJ-MM-DD)",
    "maand": "maand (JJJJ-MM)",
    "bedrag": "geheel getal, centen",
    "geheel": "geheel getal",
    "bsn": "burgerservicenummer, 9 cijfers",
    "tijdstip": "tijdstip in UTC (JJJJ-MM-DDTUU:MM:SSZ)",
    "hex": "hexadecimale tekst",
}


def build_example(bericht: Bericht) -> dict[str, str]:
    """An example message with one signal and one fact: file name by ending (`.json`, `.xml`, `.csv`, `_bewijs.csv`)."""
    signalen = _one_row(bericht.signaal, signaal_schema(bericht))
    bewijs = _one_row({"signaal_id": bericht.signaal["signaal_id"], **bericht.bewijs}, bewijs_schema(bericht))
    fragmenten = Fragmenten.bereid(bericht, signalen, bewijs)
    envelop = _example_envelop(bericht)
    files = {ending: io.BytesIO() for ending in (".json", ".xml", ".csv", "_bewijs.csv")}
    fragmenten.schrijf(envelop, 0, 1, "json", files[".json"])
    fragmenten.schrijf(envelop, 0, 1, "xml", files[".xml"])
    fragmenten.schrijf(envelop, 0, 1, "csv", files[".csv"], files["_bewijs.csv"])
    return {ending: file.getvalue().decode() for ending, file in files.items()}


def _one_row(velden: Mapping[str, BerichtVeld], schema: pa.Schema) -> pa.Table:
    columns = [pa.array([velden[field.name].voorbeeld], pa.string()).cast(field.type) for field in schema]
    return pa.table(columns, schema=schema)


def _example_envelop(bericht: Bericht) -> Envelop:
    waarden = {naam: veld.voorbeeld for naam, veld in bericht.envelop.items()}
    eigenaar = producten()[bericht.product].eigenaar
    return Envelop(
        bericht=bericht.bericht,
        versie=bericht.versie,
        afzender_oin=waarden["afzender_oin"],
        ontvanger_oin=waarden["ontvanger_oin"],
        ontvanger=waarden["ontvanger_code"],
        ontvanger_naam=waarden["ontvanger_naam"],
        bericht_identificatie=waarden["bericht_identificatie"],
        volgnummer=int(waarden["volgnummer"]),
        dagtekening=datetime.fromisoformat(waarden["dagtekening"]).astimezone(UTC),
        periode=waarden["periode"],
        peildatum=date.fromisoformat(waarden["peildatum"]),
        leveringsoort=waarden["leveringsoort"],
        aantal_signalen=1,
        aantallen={bericht.signaalcodes[0]: 1},
        run_id=f"{bericht.product}-{waarden['periode']}-1",
        contact_naam=eigenaar.naam,
        contact=eigenaar.contact,
    )


def build_documentation(bericht: Bericht, example: Mapping[str, str]) -> str:
    """The field documentation as Markdown."""
    signalen = producten()[bericht.product].signalen
    codes = [f"| {code} | {signalen[code].naam} | {signalen[code].toelichting} |" for code in bericht.signaalcodes]
    parts = [
        f"# {bericht.naam} {bericht.versie}",
        bericht.omschrijving,
        f"Naamruimte en schema: `{bericht.urn}`. Bedragen zijn in alle formaten gehele getallen in centen. Nummers die "
        "iets aanduiden zijn tekst, zodat voorloopnullen blijven staan. Een veld zonder waarde ontbreekt in JSON en "
        "XML en is leeg in CSV. Een ontvanger met inhoud `dat` krijgt de velden van klasse `wat` niet.",
        "Een bericht zonder signalen is geldig. Bestandsnaam: "
        f"`{bericht.bericht}_<ontvanger>_<periode>_<volgnummer>.<ext>`; `ontvanger` is de gemeentecode, `rmc-NN` of "
        "`ws-NNNN`. Het manifest van de uitlevering (`..._manifest.json`) noemt elk bestand met grootte en SHA-256 en "
        "bevat de volledige envelop.",
        _table("Signaalcodes", ["Code", "Naam", "Toelichting"], codes),
        field_table("Envelop", bericht.envelop),
        field_table(
            "Aantal per code", bericht.aantal, "Herhaalt in de envelop, een keer per signaalcode die voorkomt."
        ),
        field_table("Signaal", bericht.signaal, "Herhaalt, een keer per signaal."),
        field_table("Bewijs", bericht.bewijs, "Herhaalt binnen een signaal, een keer per feit waarop het rust."),
        _csv_part(bericht),
        "## Voorbeelden",
        _code("JSON", "json", example[".json"]),
        _code("XML", "xml", example[".xml"]),
        _code("CSV", "text", example[".csv"].removeprefix("\ufeff").replace("\r\n", "\n")),
        _code("CSV, bewijs", "text", example["_bewijs.csv"].removeprefix("\ufeff").replace("\r\n", "\n")),
    ]
    return "\n\n".join(parts) + "\n"


def _csv_part(bericht: Bericht) -> str:
    leading = len(csv_columns(bericht, "bericht")) - len(bericht.signaal)
    names = ", ".join(f"`{name}`" for name in list(csv_columns(bericht, "bericht"))[:leading])
    return (
        "## CSV\n\n"
        "Puntkomma als scheidingsteken, UTF-8 met BOM, regeleinde CRLF, aanhalingstekens volgens RFC 4180. Een rij per "
        f"signaal; elke rij begint met {names}, zodat een los bestand te herleiden is. De rest van de envelop staat in "
        "het manifest. Het bewijs staat in een tweede bestand (`_bewijs.csv`), gekoppeld met `signaalId`.\n\n"
        "Een tekst die een rekenblad als formule zou uitvoeren (die begint met `=`, `+`, `-`, `@`, tab of regeleinde, "
        "ook in volle breedte, al dan niet na apostrofs) krijgt een apostrof vooraan; een inlezer laat precies die ene "
        "apostrof weer weg. Getallen en datums krijgen die niet."
    )


def field_table(title: str, velden: Mapping[str, BerichtVeld], intro: str = "") -> str:
    """The fields of a group as a section with a table, one row per field."""
    rows = [
        f"| {camel(naam)} | {pascal(naam)} | {_type(veld)} | {'ja' if veld.verplicht else 'nee'} | {veld.klasse} "
        f"| {veld.omschrijving} | `{veld.voorbeeld}` | {', '.join(veld.herkomst)} |"
        for naam, veld in velden.items()
    ]
    heads = ["JSON en CSV", "XML", "Type", "Verplicht", "Klasse", "Omschrijving", "Voorbeeld", "Herkomst"]
    return _table(title, heads, rows, intro)


def _type(veld: BerichtVeld) -> str:
    return _TYPES[veld.type] + _limits(veld) + (f", codelijst {veld.codelijst}" if veld.codelijst else "")


def _limits(veld: BerichtVeld) -> str:
    if veld.waarden:
        return f": {', '.join(veld.waarden)}"
    if veld.type == "tekst":
        return f", {veld.lengte or f'ten hoogste {veld.max_lengte}'} tekens"
    if is_number(veld):
        least = f" vanaf {veld.minimum}" if veld.minimum is not None else ""
        return least + (f" tot en met {veld.maximum}" if veld.maximum is not None else "")
    return f" `{pattern(veld)}`".replace("|", "\\|") if veld.type in ("code", "hex") else ""


def _table(title: str, heads: list[str], rows: list[str], intro: str = "") -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows]
    return "\n\n".join(filter(None, [f"## {title}", intro, "\n".join(lines)]))


def _code(title: str, language: str, text: str) -> str:
    return f"### {title}\n\n```{language}\n{text.rstrip()}\n```"
