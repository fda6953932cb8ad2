"""The guide for recipients and their software suppliers, as far as it follows from the definitions.

The frame (`README.md`), the versions (`versies.md`) and the fields of an answer and of ours to it (`retourbericht.md`,
`antwoordbericht.md`) are made here; how to verify a delivery and how to answer are chapters written by hand, in
`docs/gids/` beside them. The fields of each message version and its examples are made by `documentation` and are
linked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from message_formats.documentation import field_table
from message_formats.json_schema import MANIFEST_VERSIE
from message_formats.names import camel
from schemas.berichten import Bericht, BerichtVeld, berichten
from schemas.load import meldingen, producten
from schemas.retourbericht import Retour, antwoordbericht, retourbericht

FOLDER = "docs/gids"
GENERATED = "../../message_formats/generated"
HOOFDSTUKKEN = (
    ("verifieren.md", "Een uitlevering controleren", "is zij heel, van ons, en zoals het schema zegt"),
    ("antwoorden.md", "Antwoorden", "wat u ons terugstuurt, en wat wij daarmee doen"),
)
_MELDINGEN = ("lezen", "retour")


def build_gids() -> dict[str, str]:
    """The generated pages of the guide: path in the repository to text."""
    pages = {"README.md": _frame(), "versies.md": _versies()}
    for retour, uitleg in ((retourbericht(), _VAN_U), (antwoordbericht(), _VAN_ONS)):
        pages[f"{retour.bericht}.md"] = _retour(retour, uitleg)
    return {f"{FOLDER}/{name}": text for name, text in pages.items()}


def _per_bericht() -> dict[str, list[Bericht]]:
    found: dict[str, list[Bericht]] = {}
    for bericht in berichten().values():
        found.setdefault(bericht.bericht, []).append(bericht)
    return found


def _frame() -> str:
    rows = [
        f"| [{bericht.naam} {bericht.versie}]({_folder(bericht)}/{bericht.bericht}.md) "
        f"| {producten()[bericht.product].naam} | {', '.join(bericht.signaalcodes)} | {_links(bericht)} |"
        for bericht in berichten().values()
    ]
    codes = [
        f"| {melding.code} | {melding.betekenis} | {melding.wat_te_doen} |"
        for melding in meldingen().values()
        if melding.soort in _MELDINGEN
    ]
    chapters = [f"- [{titel}]({naam}): {wat}." for naam, titel, wat in HOOFDSTUKKEN]
    manifest = f"{GENERATED}/manifest/v{MANIFEST_VERSIE}/manifest.schema.json"
    parts = [
        "# Gids voor ontvangers",
        "Voor gemeenten, RMC-regio's en waterschappen die berichten van ons krijgen, voor samenwerkingsverbanden die "
        "voor gemeenten ontvangen, en voor wie hun software maakt. "
        "Een bericht bevat signalen. Een signaal betekent dat iets het onderzoeken waard is, nooit dat iemand iets "
        "fout heeft gedaan; u beslist.",
        "\n".join(
            [
                *chapters,
                "- [De velden van een retourbericht](retourbericht.md) "
                "en [van ons antwoord daarop](antwoordbericht.md).",
                "- [Versies](versies.md): wat er kan veranderen, en hoe u overstapt.",
            ]
        ),
        _CONTENTS.format(manifest=manifest),
        "## De berichten",
        "Bij elk bericht staat elk veld met zijn betekenis, en een voorbeeld in elk formaat.",
        _table(["Bericht", "Waarover", "Signaalcodes", "Schema's en voorbeelden"], rows),
        _READING,
        "## Codes die u kunt tegenkomen",
        _table(["Code", "Betekenis", "Wat te doen"], codes),
    ]
    return "\n\n".join(parts) + "\n"


_CONTENTS = """## Wat u krijgt

Per product en periode staat er een map klaar: `<ontvanger>/<product>/<periode>/`. Daarin staat

| bestand | wat het is |
|---|---|
| `<bericht>_<ontvanger>_<periode>_<volgnummer>.json` | het bericht in JSON |
| `<bericht>_<ontvanger>_<periode>_<volgnummer>.xml` | hetzelfde bericht in XML |
| `<bericht>_<ontvanger>_<periode>_<volgnummer>.csv` | hetzelfde bericht in CSV, een rij per signaal |
| `<bericht>_<ontvanger>_<periode>_<volgnummer>_bewijs.csv` | het bewijs bij de CSV, een rij per feit |
| `<bericht>_<ontvanger>_<periode>_<volgnummer>_manifest.json` | wat er in de map hoort ([schema]({manifest})) |

Elk berichtbestand is voor u versleuteld: achter zijn naam staat `.p7m`. Ernaast staat met `.p7s` onze handtekening; het
manifest heeft er ook een. Hoe u ze opent en controleert staat in [verifieren.md](verifieren.md), met wat er verder in
de map staat.

U krijgt de formaten die in uw overeenkomst staan. Welk u leest maakt niet uit: de inhoud is in alle drie dezelfde. Het
manifest verschijnt als laatste; staat het er, dan staat alles er."""

_READING = """## Inlezen

- **Houd u aan het schema van uw versie** en lees naam voor naam, niet op plaats. De naamruimte (XML), de `$id` (JSON
  Schema) en de velden `berichtVersie` en `berichtSubversie` zeggen welke versie het is.
- **Volgnummers hebben geen gaten.** Ze tellen per ontvanger en product. Mist u er een, meld dat dan voordat u verder
  leest.
- **Twee keer lezen kan geen kwaad.** Een bericht dat opnieuw wordt gestuurd heeft dezelfde `berichtIdentificatie`.
- **Een signaal heeft een vaste identificatie.** Met `signaalId` vindt u terug wat u al had. `mutatie` zegt wat er
  sinds het vorige bericht is gebeurd: `nieuw`, `gewijzigd`, `beeindigd` (het feit is voorbij) of `ingetrokken` (het
  had er niet mogen zijn; behandel het als nooit gemeld). `ongewijzigd` komt alleen voor bij leveringsoort `volledig`.
- **Bedragen zijn gehele centen**, in elk formaat. Nummers die iets aanduiden zijn tekst; laat voorloopnullen staan.
- **Een veld zonder waarde** ontbreekt in JSON en XML en is leeg in CSV. Een overeenkomst voor `dat` laat velden van
  klasse `wat` altijd weg.
- **Tekens.** Alles is UTF-8. Tekens die XML niet kan bevatten zijn in elk formaat vervangen door U+FFFD.
- **CSV** heeft een byte order mark, puntkomma's en regeleinden CRLF, met aanhalingstekens volgens RFC 4180. Een tekst
  die een rekenblad als formule zou uitvoeren heeft een apostrof vooraan; haal precies die ene weg.
- **Het bewijs** zegt per feit uit welke bron, levering en record het komt, met de norm waaraan het is getoetst. Noem
  `runId`, `signaalId` en het volgnummer van het feit als u er een vraag over hebt. De `contact` in de envelop
  beantwoordt die.

`keten lees <map>` doet dit alles voor u: het controleert een uitlevering, vergelijkt de formaten en slaat de signalen
op als CSV, Parquet of Excel."""


def _versies() -> str:
    changes = [line for versies in _per_bericht().values() for line in _changes(versies)]
    return "\n\n".join([_RULES, "## De versies die er zijn", *changes]) + "\n"


_RULES = """# Versies

Een versie heeft twee getallen: `1.1` is hoofdversie 1, subversie 1.

**Een hogere subversie voegt alleen toe.** Wie 1.0 kan lezen kan 1.1 lezen door over te slaan wat hij niet kent. Er
kunnen bij komen: velden die niet verplicht zijn, achter de bestaande; waarden in een vaste lijst; signaalcodes.
Grenzen kunnen strenger worden, en een veld dat mocht ontbreken kan er altijd zijn.

**Wat een lezer kan breken krijgt een nieuwe hoofdversie**: een veld dat verdwijnt, een andere naam, plaats, soort,
klasse of vorm krijgt, langer of groter kan worden of niet meer verplicht is; een nieuw verplicht veld; een waarde of
signaalcode die verdwijnt. Dit wordt bij elke verandering door een programma gecontroleerd.

**Een versie die is uitgebracht verandert niet meer.** Alleen de uitleg bij een veld kan nog beter worden.

**U kiest wanneer u overstapt.** Versies worden naast elkaar geleverd. Zonder keuze krijgt u de versie die hieronder
als gewone versie staat. Wilt u een andere, spreek dan af vanaf welke dag; elk bericht dat vanaf die dag wordt
opgemaakt heeft die versie. Het volgnummer loopt door, en signalen houden hun `signaalId`. Een bericht dat opnieuw
wordt gestuurd heeft de versie die het had. Een veld dat mag ontbreken blijft weg als zijn waarde pas in een latere
subversie op de vaste lijst staat. Een signaal met een code die uw versie niet kent wordt niet gemaakt zolang
een ontvanger die versie krijgt."""


def _changes(versies: list[Bericht]) -> Iterator[str]:
    product = producten()[versies[-1].product]
    yield f"### {versies[-1].naam}"
    rows = [f"| {versies[0].versie} | {_usual(versies[0], product.versie)} | eerste versie |"]
    for oud, nieuw in pairwise(versies):
        added = _added(oud, nieuw) if oud.hoofdversie == nieuw.hoofdversie else ["niet uitwisselbaar"]
        rows.append(f"| {nieuw.versie} | {_usual(nieuw, product.versie)} | {'; '.join(added)} |")
    yield _table(["Versie", "Gewone versie", "Wat erbij kwam"], rows)


def _added(oud: Bericht, nieuw: Bericht) -> list[str]:
    """What a later version has more than the earlier one."""
    found = [f"signaalcode {code}" for code in nieuw.signaalcodes if code not in oud.signaalcodes]
    for groep in ("envelop", "aantal", "signaal", "bewijs"):
        earlier = getattr(oud, groep)
        for naam, veld in getattr(nieuw, groep).items():
            if naam not in earlier:
                found.append(f"veld `{camel(naam)}` ({groep}): {veld.omschrijving}")
            elif veld.waarden_uit is None and (more := _more(earlier[naam], veld)):
                found.append(f"waarden van `{camel(naam)}` ({groep}): {', '.join(more)}")
    return found


def _more(oud: BerichtVeld, nieuw: BerichtVeld) -> list[str]:
    return [waarde for waarde in nieuw.waarden or () if waarde not in (oud.waarden or ())]


def _usual(bericht: Bericht, versie: str) -> str:
    return "ja" if bericht.versie == versie else ""


_VAN_U = (
    "Hoe en wanneer u het stuurt staat in [Antwoorden](antwoorden.md).",
    "Herhaalt, een keer per signaal waarop u antwoordt.",
)
_VAN_ONS = (
    "Wat u ermee doet staat in [Antwoorden](antwoorden.md).",
    "Herhaalt, een keer per signaal dat niet is aangenomen.",
)


def _retour(retour: Retour, uitleg: tuple[str, str]) -> str:
    folder = f"{GENERATED}/{retour.bericht}/v{retour.versie}"
    hoe, herhaalt = uitleg
    schemas = f"[XSD]({folder}/{retour.bericht}.xsd), [JSON Schema]({folder}/{retour.bericht}.schema.json)"
    voorbeelden = f"[JSON]({folder}/voorbeeld.json), [XML]({folder}/voorbeeld.xml)"
    parts = [
        f"# De velden van een {retour.naam.lower()} {retour.versie}",
        f"{retour.omschrijving} {hoe}",
        f"Schema's: {schemas}. Voorbeelden: {voorbeelden}.",
        field_table("Envelop", retour.envelop),
        field_table("Signaal", retour.signaal, herhaalt),
    ]
    return "\n\n".join(parts) + "\n"


def _folder(bericht: Bericht) -> str:
    return f"{GENERATED}/{bericht.bericht}/v{bericht.versie}"


def _links(bericht: Bericht) -> str:
    names = [
        ("XSD", f"{bericht.bericht}.xsd"),
        ("JSON Schema", f"{bericht.bericht}.schema.json"),
        ("CSVW", f"{bericht.bericht}.csv-metadata.json"),
        ("voorbeeld in JSON", "voorbeeld.json"),
        ("XML", "voorbeeld.xml"),
        ("CSV", "voorbeeld.csv"),
        ("bewijs", "voorbeeld_bewijs.csv"),
    ]
    return ", ".join(f"[{text}]({_folder(bericht)}/{name})" for text, name in names)


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    heads = list(heads)
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows])
