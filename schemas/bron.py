"""What is declared about a bron: its tables, their fields, and where each format has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.model import Model

VAN_ONTVANGERS = "van ontvangers"
VeldType = Literal["bsn", "lhnr", "tekst", "code", "datum", "geheel", "bedrag", "janee"]


class Plaats(Model):
    """Where a field stands in one format, and how it is written there.

    `pad` is a column name (CSV, Parquet), a path of element names (XML) or of keys (JSON), or an LO-BRP element number.
    `keuze` says which of several matches counts; `eenheid` overrides the unit of the field for this format. `vorm` says
    how the value is written:

    - `standaardbedr`: a SuwiML StandaardBedr, with sign and value in cents in child elements. `kaal` is the unit of an
      amount that stands there by itself, as some bronnen write it against the schema.
    - `actueel`: `pad` is the element NN.H that ends an LO-BRP category. It tells whether the *next* row of the category
      is history; the value is `ja` for a current row, `nee` for history, and empty for a row of which it is not known.

    `vast` takes the place of `pad`: the element itself says it, the value is the same for all its rows.
    """

    pad: str = ""
    vast: str | None = None
    vorm: Literal["tekst", "standaardbedr", "actueel"] = "tekst"
    keuze: Literal["eerste", "laatste"] = "eerste"
    eenheid: Literal["cent", "euro"] | None = None
    kaal: Literal["cent", "euro"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Plaats:
        if bool(self.pad) == (self.vast is not None):
            raise ValueError("een plaats heeft een pad of een vaste waarde")
        return self


def _as_plaats(value: object) -> object:
    return {"pad": value} if isinstance(value, str) else value


Plaatsen = dict[str, Annotated[Plaats, BeforeValidator(_as_plaats)]]


class XmlRij(Model):
    """The repeating element `rij` of a document becomes one row; the paths of fields are relative to it."""

    document: str
    namespace: str
    rij: str
    velden: Plaatsen


class XmlBulk(Model):
    """A table by itself as XML: below the root `document` an element `Rij` for a row, with an element for a column."""

    document: str
    namespace: str
    kolommen: Plaatsen

    def rij(self) -> XmlRij:
        """The same, as one of the forms of a document."""
        return XmlRij(document=self.document, namespace=self.namespace, rij="Rij", velden=self.kolommen)


class CsvVorm(Model):
    """Columns by their name in the header."""

    kolommen: Plaatsen
    scheidingsteken: str = ";"


class ParquetVorm(Model):
    """Columns by their name in the file."""

    kolommen: Plaatsen


class JsonVorm(Model):
    """Keys of one JSON object per record (an array of objects, or JSON lines).

    With `rij` the records are the elements of the array under that key of one object.
    """

    velden: Plaatsen
    rij: str | None = None


class JsonBinnen(Model):
    """Rows inside the JSON records of another table of the bron: the elements of the array under the keys `rij`.

    Paths are relative to the element, which is `.` itself; with a leading `/` they begin at the record.
    """

    tabel: str
    rij: str
    velden: Plaatsen


class LoBrpVorm(Model):
    """LO-BRP element numbers.

    `rijen` says which rows of a persoonslijst count: the first (`actueel`), or those in which the `categorie` is
    filled: `alle` of them, or only those below the first (`vervolg`: history and further occurrences).
    """

    categorie: str = Field(pattern=r"^\d{2}$")
    rijen: Literal["actueel", "vervolg", "alle"]
    velden: Plaatsen


class Veld(Model):
    """One field of a bron table.

    `klasse` is `identifier` (a number that is or may hold a burgerservicenummer), `dat` (that there is something) or
    `wat` (its content). `waarden` maps what a bron writes to the code this project uses; `anders` is the code for any
    other value, and without it another value is uitval. A yes or no may also be mapped to `onbekend`, which is empty.
    `codelijst` names a list in `codes/`; a code that never stood in it is uitval, or a warning where the list is kept
    by another and may run ahead of ours (`buiten_lijst`).

    Constraints, judged at the door: `patroon` (of the whole text), `lengte_max`, `minimum` and `maximum` (of a number,
    in its `eenheid`), for a date whether it may be incomplete (`onvolledig`) or stand for an open end (`open_einde`).
    """

    type: VeldType
    klasse: Literal["identifier", "dat", "wat"]
    omschrijving: str
    verplicht: bool = False
    eenheid: Literal["cent", "honderdste_procent"] | None = None
    open_einde: bool = False
    onvolledig: bool = False
    waarden: dict[str, str] | None = None
    anders: str | None = None
    codelijst: str | None = None
    buiten_lijst: Literal["uitval", "waarschuwing"] = "uitval"
    patroon: str | None = None
    lengte_max: int | None = None
    minimum: int | None = None
    maximum: int | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Veld:
        for naam, types in _ONLY_FOR.items():
            if naam in self.model_fields_set and self.type not in types:
                raise ValueError(f"{naam} hoort niet bij een veld van het type {self.type}")
        return self


_ONLY_FOR: dict[str, tuple[VeldType, ...]] = {
    "eenheid": ("bedrag", "geheel"),
    "open_einde": ("datum",),
    "onvolledig": ("datum",),
    "waarden": ("code", "janee"),
    "codelijst": ("code",),
    "patroon": ("tekst", "code"),
    "lengte_max": ("tekst", "code"),
    "minimum": ("geheel", "bedrag"),
    "maximum": ("geheel", "bedrag"),
}


class Drempels(Model):
    """Above which a levering is not used before somebody looked at it.

    `uitval_procent` is the largest share of records of a table that may be rejected, `volume_procent` how much the
    number of records of a period may differ from the mean of the periods before; None is not judged. A table of fewer
    than `minimum` records, or before which there were fewer, is not judged.
    """

    uitval_procent: float | None = Field(default=5.0, ge=0, le=100)
    volume_procent: float | None = Field(default=50.0, ge=0)
    minimum: int = Field(default=1_000, ge=1)


class Tabel(Model):
    """One table of a bron with its fields and where they stand in each format; `voorbeeld` is a made-up record.

    `aanleveraar` says who gets a verwerkingsverslag about its records: the field that names the gemeente or waterschap,
    or the name of the bron itself. `drempels` are those of the bron unless the table has its own. `niet_gelezen` are
    columns, or paths of JSON keys, that no field takes, with the reason; `*` stands for anything. `xml_bulk` is one
    more of the forms in `xml`, for a table whose other documents do not hold every field.
    """

    tabel: str
    omschrijving: str
    sleutel: tuple[str, ...]
    velden: dict[str, Veld]
    xml: tuple[XmlRij, ...] = ()
    csv: CsvVorm | None = None
    parquet: ParquetVorm | None = None
    json_: JsonVorm | None = Field(default=None, alias="json")
    json_binnen: tuple[JsonBinnen, ...] = ()
    lo_brp: LoBrpVorm | None = None
    voorbeeld: dict[str, str] = Field(default_factory=dict)
    aanleveraar: str | None = None
    drempels: Drempels | None = None
    niet_gelezen: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _bulk_is_a_form_of_xml(cls, values: dict[str, object]) -> dict[str, object]:
        rest = {naam: value for naam, value in values.items() if naam != "xml_bulk"}
        if "xml_bulk" in values:
            declared = rest.get("xml", ())
            assert isinstance(declared, list | tuple)
            rest["xml"] = (*declared, XmlBulk.model_validate(values["xml_bulk"]).rij())
        return rest

    def plaatsen(self) -> Iterator[Plaatsen]:
        """Every mapping of fields to places, of all formats."""
        yield from (rij.velden for rij in self.xml)
        yield from (rij.velden for rij in self.json_binnen)
        yield from (vorm.kolommen for vorm in (self.csv, self.parquet) if vorm)
        yield from (vorm.velden for vorm in (self.json_, self.lo_brp) if vorm)

    def reden_niet(self, pad: str) -> str | None:
        """Why a column, or a path of JSON keys, is declared as not taken; None when it is not."""
        return next((reden for patroon, reden in self.niet_gelezen.items() if fnmatchcase(pad, patroon)), None)

    def beperkt(self, velden: Collection[str]) -> Tabel:
        """The table with these fields only, so that a reader extracts no more than is asked for."""
        kept: dict[str, object] = {"velden": {naam: veld for naam, veld in self.velden.items() if naam in velden}}
        kept["xml"] = tuple(_beperkt(rij, "velden", velden) for rij in self.xml)
        kept["json_binnen"] = tuple(_beperkt(rij, "velden", velden) for rij in self.json_binnen)
        for naam, waar in (("csv", "kolommen"), ("parquet", "kolommen"), ("json_", "velden"), ("lo_brp", "velden")):
            vorm = getattr(self, naam)
            kept[naam] = vorm and _beperkt(vorm, waar, velden)
        return self.model_copy(update=kept)


def _beperkt(vorm: Model, waar: str, velden: Collection[str]) -> Model:
    plaatsen: Plaatsen = getattr(vorm, waar)
    return vorm.model_copy(update={waar: {veld: plaats for veld, plaats in plaatsen.items() if veld in velden}})


class NietGelezen(Model):
    """Elements of an XML document of a bron that no field takes, and why; `*` in `pad` stands for anything."""

    document: str
    pad: str
    reden: str


class Bron(Model):
    """A source: who holds it, how often it delivers, and its tables.

    `kanaal` names the channel of `kanaal.yml` from which its leveringen are fetched: `VAN_ONTVANGERS` is that of each
    recipient, where recipients are who supply it. Without it they are put in the inbox of the installation.
    """

    bron: str
    naam: str
    omschrijving: str
    houder: str
    frequentie: Literal["dagelijks", "maandelijks"]
    herkomst: str
    kanaal: str | None = None
    niet_gelezen: tuple[NietGelezen, ...] = ()
    drempels: Drempels = Drempels()
    tabellen: dict[str, Tabel] = Field(default_factory=dict)
