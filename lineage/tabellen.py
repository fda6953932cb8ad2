"""The tables of the ledger (SQLAlchemy Core); `migrations/` holds how a database comes to have them.

Nothing here holds a person: identifiers are of leveringen, runs and deliveries, counts are per reason, file names of a
source are not kept because real ones carry burgerservicenummers.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    true,
)
from sqlalchemy.types import BigInteger

from lineage.moment import Moment

metadata = MetaData()
_BIG = BigInteger().with_variant(Integer, "sqlite")

levering = Table(
    "levering",
    metadata,
    Column("levering_nr", Integer, primary_key=True, autoincrement=True),
    Column("levering_id", String(80), nullable=False, unique=True),
    Column("bron", String(40), nullable=False),
    Column("periode", String(7), nullable=False),
    Column("inhoud", String(64), nullable=False),
    Column("omschrijving", Text, nullable=False),
    Column("soort", String(20), nullable=False, server_default="aanvullend"),
    Column("volledig", Boolean, nullable=False, server_default=true()),
    Column("aanleveraar", String(20)),
    Column("status", String(20), nullable=False),
    Column("code", String(30)),
    Column("wijzer", Text),
    Column("ontvangen_op", Moment, nullable=False),
    Index("levering_bron_periode", "bron", "periode"),
)

levering_bestand = Table(
    "levering_bestand",
    metadata,
    Column("levering_nr", ForeignKey("levering.levering_nr"), primary_key=True),
    Column("bestand_nr", Integer, primary_key=True),
    Column("formaat", String(20)),
    Column("tabellen", Text, nullable=False),
    Column("bytes", _BIG, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("records", _BIG),
    Column("code", String(30)),
    Column("wijzer", Text),
)

record_plaats = Table(
    "record_plaats",
    metadata,
    Column("levering_nr", ForeignKey("levering.levering_nr"), primary_key=True),
    Column("tabel", String(80), primary_key=True),
    Column("na_record", _BIG, primary_key=True, autoincrement=False),
    Column("bestand_nr", Integer, nullable=False),
)

doorgang = Table(
    "doorgang",
    metadata,
    Column("levering_nr", ForeignKey("levering.levering_nr"), primary_key=True),
    Column("doel", String(40), primary_key=True),
    Column("toelating", String(64), primary_key=True),
    Column("stap_nr", ForeignKey("stap.stap_nr"), nullable=False),
)

stap = Table(
    "stap",
    metadata,
    Column("stap_nr", Integer, primary_key=True, autoincrement=True),
    Column("soort", String(20), nullable=False),
    Column("onderwerp", String(80), nullable=False),
    Column("product", String(40)),
    Column("periode", String(7)),
    Column("begonnen_op", Moment, nullable=False),
    Column("beeindigd_op", Moment, nullable=False),
    Column("status", String(20), nullable=False),
    Column("code", String(30)),
    Index("stap_onderwerp", "onderwerp", "soort"),
    Index("stap_status", "status"),
)

telling = Table(
    "telling",
    metadata,
    Column("stap_nr", ForeignKey("stap.stap_nr"), primary_key=True),
    Column("doel", String(40), primary_key=True),
    Column("tabel", String(80), primary_key=True),
    Column("reden", String(40), primary_key=True),
    Column("aantal", _BIG, nullable=False),
)

onverzonden = Table(
    "onverzonden",
    metadata,
    Column("stap_nr", ForeignKey("stap.stap_nr"), primary_key=True, autoincrement=False),
)

productrun = Table(
    "productrun",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("product", String(40), nullable=False),
    Column("periode", String(7), nullable=False),
    Column("pins", Text, nullable=False),
    Column("volledig", Text),
    Column("vastgelegd", Text),
    Column("status", String(20), nullable=False),
    Column("volgorde", Integer, nullable=False),
    Column("aangemaakt_op", Moment, nullable=False),
    Index("productrun_product_periode", "product", "periode"),
)

run_levering = Table(
    "run_levering",
    metadata,
    Column("run_id", ForeignKey("productrun.run_id"), primary_key=True),
    Column("levering_nr", ForeignKey("levering.levering_nr"), primary_key=True),
)

run_bestand = Table(
    "run_bestand",
    metadata,
    Column("run_id", ForeignKey("productrun.run_id"), primary_key=True),
    Column("soort", String(10), primary_key=True),
    Column("naam", String(160), primary_key=True),
    Column("rijen", _BIG, nullable=False),
    Column("sha256", String(64)),
    Column("inhoud", String(64)),
    Column("sleutelversie", Integer),
)

uitlevering = Table(
    "uitlevering",
    metadata,
    Column("run_id", ForeignKey("productrun.run_id"), primary_key=True),
    Column("ontvanger", String(20), primary_key=True),
    Column("product", String(40), nullable=False),
    Column("periode", String(7), nullable=False),
    Column("volgnummer", Integer),
    Column("bericht_identificatie", String(36)),
    Column("leveringsoort", String(20), nullable=False),
    Column("aantal", Integer, nullable=False),
    Column("ongewijzigd", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("code", String(30)),
    Column("wijzer", Text),
    Column("dagtekening", Moment),
    Column("vergeleken_met", String(40)),
    Column("vastgelegd", Text),
    UniqueConstraint("ontvanger", "product", "volgnummer"),
    Index("uitlevering_ontvanger", "ontvanger", "product", "periode"),
)

uitlevering_bestand = Table(
    "uitlevering_bestand",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("ontvanger", String(20), primary_key=True),
    Column("naam", String(120), primary_key=True),
    Column("bytes", _BIG, nullable=False),
    Column("sha256", String(64), nullable=False),
)

poging = Table(
    "poging",
    metadata,
    Column("poging_nr", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), nullable=False),
    Column("ontvanger", String(20), nullable=False),
    Column("kanaal", String(40), nullable=False),
    Column("uitkomst", String(10), nullable=False),
    Column("reden", String(80)),
    Column("op", Moment, nullable=False),
    Index("poging_uitlevering", "run_id", "ontvanger"),
)

besluit = Table(
    "besluit",
    metadata,
    Column("besluit_nr", Integer, primary_key=True, autoincrement=True),
    Column("levering_nr", ForeignKey("levering.levering_nr"), nullable=False, index=True),
    Column("besluit", String(20), nullable=False),
    Column("reden", Text, nullable=False),
    Column("door", String(80), nullable=False),
    Column("op", Moment, nullable=False),
)

verslag = Table(
    "verslag",
    metadata,
    Column("levering_nr", ForeignKey("levering.levering_nr"), primary_key=True),
    Column("aanleveraar", String(20), primary_key=True),
    Column("aangenomen", Integer, nullable=False),
    Column("afgekeurd", Integer, nullable=False),
    Column("gemaakt_op", Moment, nullable=False),
)

sleutelversie = Table(
    "sleutelversie",
    metadata,
    Column("doel", String(40), primary_key=True),
    Column("versie", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("sinds", Moment, nullable=False),
)

correctie = Table(
    "correctie",
    metadata,
    Column("correctie_nr", Integer, primary_key=True, autoincrement=True),
    Column("levering_nr", ForeignKey("levering.levering_nr"), nullable=False, index=True),
    Column("tabel", String(80), nullable=False),
    Column("record_nr", _BIG, nullable=False),
    Column("status", String(20), nullable=False),
    Column("reden", Text, nullable=False),
    Column("gemeld_op", Moment, nullable=False),
    Column("afgerond_op", Moment),
)

retour = Table(
    "retour",
    metadata,
    Column("retour_id", String(64), primary_key=True),
    Column("ontvanger", String(20)),
    Column("status", String(20), nullable=False),
    Column("code", String(30)),
    Column("aantal", Integer, nullable=False),
    Column("ontvangen_op", Moment, nullable=False),
    Column("run_id", String(40)),
    Column("retourcode", String(4)),
    Column("ondertekenaar", String(64)),
)

retour_signaal = Table(
    "retour_signaal",
    metadata,
    Column("retour_id", ForeignKey("retour.retour_id"), primary_key=True),
    Column("signaal_id", String(36), primary_key=True),
    Column("signaal_code", String(20), nullable=False),
    Column("retourcode", String(4), nullable=False),
)

antwoord = Table(
    "antwoord",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("retour_id", String(64), nullable=False),
    Column("ontvanger", String(20)),
    Column("formaat", String(4), nullable=False),
    Column("inhoud", Text, nullable=False),
    Column("gemaakt_op", Moment, nullable=False),
    Column("geleverd_op", Moment),
    Column("code", String(30)),
    Index("antwoord_open", "geleverd_op", "ontvanger"),
)

terugmelding = Table(
    "terugmelding",
    metadata,
    Column("retour_id", ForeignKey("retour.retour_id"), primary_key=True),
    Column("signaal_id", String(36), primary_key=True),
    Column("ontvanger", String(20), nullable=False),
    Column("product", String(40), nullable=False),
    Column("signaal_code", String(20), nullable=False),
    Column("oordeel", String(20), nullable=False),
    Column("code", String(30)),
    Column("geleverd_op", Moment),
    Column("ontvangen_op", Moment, nullable=False),
    Index("terugmelding_signaal", "signaal_id", "ontvanger"),
)

vernietiging = Table(
    "vernietiging",
    metadata,
    Column("vernietiging_nr", Integer, primary_key=True, autoincrement=True),
    Column("op", Moment, nullable=False),
    Column("reden", String(20), nullable=False),
    Column("grondslag", Text, nullable=False),
    Column("dataset", String(120), nullable=False),
    Column("onderwerp", String(120), nullable=False),
    Column("plaats", Text, nullable=False),
    Column("bestanden", Integer, nullable=False),
    Column("rijen", _BIG),
    Column("bytes", _BIG, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("vorige", String(64), nullable=False, unique=True),
    Column("bewijs", String(64), nullable=False),
    Index("vernietiging_onderwerp", "dataset", "onderwerp"),
)

vernietiging_voornemen = Table(
    "vernietiging_voornemen",
    metadata,
    Column("voornemen_nr", Integer, primary_key=True, autoincrement=True),
    Column("reden", String(20), nullable=False),
    Column("grondslag", Text, nullable=False),
    Column("dataset", String(120), nullable=False),
    Column("onderwerp", String(120), nullable=False),
    Column("plaats", Text, nullable=False),
    Column("klaargezet", String(80)),
    Column("levering_nr", ForeignKey("levering.levering_nr")),
    Column("run_id", ForeignKey("productrun.run_id")),
    Column("bestanden", Integer, nullable=False),
    Column("rijen", _BIG),
    Column("bytes", _BIG, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("dataset", "onderwerp"),
)

afsluiting = Table(
    "afsluiting",
    metadata,
    Column("doel", String(40), primary_key=True),
    Column("open_vanaf", String(7), nullable=False),
    Column("op", Moment, nullable=False),
)

deadline = Table(
    "deadline",
    metadata,
    Column("product", String(40), primary_key=True),
    Column("periode", String(7), primary_key=True),
    Column("uiterlijk", Date, nullable=False),
    Column("gesteld_op", Moment, nullable=False),
    Column("gehaald_op", Moment),
    Column("gemist_op", Moment),
)

attendering = Table(
    "attendering",
    metadata,
    Column("attendering_nr", Integer, primary_key=True, autoincrement=True),
    Column("soort", String(20), nullable=False),
    Column("onderwerp", String(160), nullable=False),
    Column("code", String(30), nullable=False),
    Column("wijzer", Text),
    Column("gevonden_op", Moment, nullable=False),
    Column("opgelost_op", Moment),
    Index("attendering_open", "opgelost_op", "soort"),
)

attendering_bezorging = Table(
    "attendering_bezorging",
    metadata,
    Column("attendering_nr", ForeignKey("attendering.attendering_nr"), primary_key=True),
    Column("kanaal", String(10), primary_key=True),
    Column("pogingen", Integer, nullable=False),
    Column("reden", String(80)),
    Column("verteld_op", Moment),
)

verwerkingslog = Table(
    "verwerkingslog",
    metadata,
    Column("segment_nr", Integer, primary_key=True, autoincrement=True),
    Column("naam", String(160), nullable=False, unique=True),
    Column("records", _BIG, nullable=False),
    Column("kop", String(32), nullable=False),
    Column("vorige", String(64), nullable=False),
    Column("keten", String(64), nullable=False),
    Column("op", Moment, server_default=func.now(), nullable=False),
    Column("sleutelversie", Integer, server_default="1", nullable=False),
    sqlite_autoincrement=True,
)

afdruk = Table(
    "afdruk",
    metadata,
    Column("plaats", String(240), primary_key=True),
    Column("sha256", String(64), primary_key=True),
)
