"""The settings: where data lives and how much memory a run may take; `instellingbronnen` says where they come from."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from lineage.ledger import Hoorder, Ledger
from lineage.sleutels import versies
from pipeline.certificaten import Certificaten
from pipeline.geduld import Geduld
from pipeline.instellingbronnen import VOORVOEGSEL, bronnen, vertaal, weiger_onbekend
from pipeline.kanalen import Kanalen
from pipeline.logregels import na_stap
from pipeline.motor import DuckDb, Motor, Spark
from pipeline.openlineage import Zender
from privacy.sleutels import Omgevingssleutel, Sleutelbestand, Sleutelbos, Sleutelbron
from privacy.sleutels_pkcs11 import Tokensleutel
from schemas.fout import KetenFout

_ADRESSEN = r"^([^\s@,]+@[^\s@,]+(, *[^\s@,]+@[^\s@,]+)*)?$"


class Instellingen(BaseSettings):
    """Settings of one installation.

    Attributes:
        data: the folder under which everything is written (`KETEN_DATA`).
        ledger: SQLAlchemy URL of the ledger; empty means SQLite below `data` (`KETEN_LEDGER`).
        sleutelbron: what keeps the master key: `bestand`, `omgeving` (`KETEN_HOOFDSLEUTEL`) or `pkcs11`
            (`KETEN_SLEUTELBRON`).
        sleutel: file with the master key; empty means below `data` (`KETEN_SLEUTEL`).
        pkcs11_module: library of the token (`KETEN_PKCS11_MODULE`).
        pkcs11_label: label of the token (`KETEN_PKCS11_LABEL`).
        pkcs11_pin: file with its PIN (`KETEN_PKCS11_PIN`).
        geheugen: memory limit of a product run, as DuckDB writes it (`KETEN_GEHEUGEN`).
        threads: threads of a product run (`KETEN_THREADS`).
        werkmap: folder for what a product run writes for itself, above all what does not fit in its memory; empty means
            below `data` (`KETEN_WERKMAP`).
        motor: what computes a product run (`KETEN_MOTOR`): `duckdb` in this process, `spark` in a session of this
            process, `spark_cluster` on a server; see `docs/spark.md`.
        spark: settings of the Spark session, as JSON (`KETEN_SPARK`).
        lakeadres: the URL by which Spark reads the lake, as `s3://bucket/lake`, when that is a bucket mounted below
            `data`; empty means that it sees the folder (`KETEN_LAKEADRES`).
        uitwisseling: folder or URL that this machine and the cluster both see (`KETEN_UITWISSELING`); empty means below
            `data`.
        openlineage: where OpenLineage events go: `bestand` (below `data`), the URL of a backend that gets them too, or
            `uit` (`KETEN_OPENLINEAGE`).
        ouder: the run that steps are part of, as `namespace/job/runId` (`KETEN_OUDER`); a DAG sets it.
        afzender_oin: OIN of the organisation that delivers (`KETEN_AFZENDER_OIN`).
        certificatenmap: folder with certificates; empty means below `data` (`KETEN_CERTIFICATENMAP`).
        afhaaladres: the URL below which recipients fetch, ending in a slash (`KETEN_AFHAALADRES`).
        geheimenmap: folder with the secrets of channels; empty means below `data` (`KETEN_GEHEIMENMAP`).
        log: `json` for a log line per step and error on standard error, `tekst` for none (`KETEN_LOG`).
        inname: when DAGs look into the inboxes, as cron in the time of Amsterdam (`KETEN_INNAME`).
        kanaalpogingen: how often a channel that fails is tried (`KETEN_KANAALPOGINGEN`).
        kanaalwacht: seconds before the second attempt; each next wait is twice as long (`KETEN_KANAALWACHT`).
        looptijd: seconds after which a DAG run that did not end is told (`KETEN_LOOPTIJD`).
        post: the mail server through which the beheerder is told what waits, as `smtp://`, `smtp+starttls://` or
            `smtps://`, with `user@` when it asks for a password (`KETEN_POST`); empty means no mail.
        post_van: the address such a mail comes from (`KETEN_POST_VAN`).
        post_aan: the addresses it is for, with commas between (`KETEN_POST_AAN`).
        webhook: the URL that is told the same, as CloudEvents (`KETEN_WEBHOOK`); empty means none.
        draaiboeken: the URL below which the runbooks are, ending in a slash (`KETEN_DRAAIBOEKEN`).
    """

    model_config = SettingsConfigDict(env_prefix=VOORVOEGSEL, frozen=True, extra="forbid", validate_default=True)

    data: Path = Path("var")
    ledger: str = ""
    sleutelbron: Literal["bestand", "omgeving", "pkcs11"] = "bestand"
    sleutel: Path | None = None
    pkcs11_module: Path = Path("/usr/lib/softhsm/libsofthsm2.so")
    pkcs11_label: str = "signaalketen"
    pkcs11_pin: Path | None = None
    geheugen: str = "1250MB"
    threads: int = 2
    werkmap: Path | None = None
    motor: Literal["duckdb", "spark", "spark_cluster"] = "duckdb"
    spark: dict[str, str] = {}
    lakeadres: str = Field(default="", pattern=r"^([a-z0-9]+://[^/].*[^/])?$")
    uitwisseling: str = ""
    openlineage: str = Field(default="bestand", pattern=r"^(bestand|uit|https?://.+)$")
    ouder: str = ""
    afzender_oin: str = "00000001999999999000"
    certificatenmap: Path | None = None
    afhaaladres: str = "https://signaalketen.example/uitleveringen/"
    geheimenmap: Path | None = None
    log: Literal["tekst", "json"] = "tekst"
    inname: str = Field(default="0 6 * * *", pattern=r"^(\S+ ){4}\S+$")
    kanaalpogingen: int = 5
    kanaalwacht: float = 2.0
    looptijd: int = Field(default=14_400, gt=0)
    post: str = Field(default="", pattern=r"^((smtp|smtp\+starttls|smtps)://([^\s@:/]+@)?[^\s@/]+)?$")
    post_van: str = Field(default="", pattern=_ADRESSEN)
    post_aan: str = Field(default="", pattern=_ADRESSEN)
    webhook: str = Field(default="", pattern=r"^(https?://\S+)?$")
    draaiboeken: str = Field(default="https://signaalketen.example/draaiboeken/", pattern=r"^https?://\S+/$")

    def __init__(self, **waarden: Any) -> None:
        """Reads the settings.

        Raises:
            KetenFout: `S-INSTELLING` for a value that may not be, `S-INSTELLING-ONBEKEND` for a name that nobody reads,
                `S-INSTELLINGBESTAND` for a file that is not there.
        """
        weiger_onbekend(type(self))
        try:
            super().__init__(**waarden)
        except (ValidationError, SettingsError) as fout:
            raise vertaal(fout) from None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given by name, then the places of `instellingbronnen`."""
        return (init_settings, *(bron.lezer for bron in bronnen(settings_cls)))

    @field_validator("post_aan")
    @classmethod
    def _met_adressen(cls, waarde: str, info: ValidationInfo) -> str:
        """Mail needs a sender and somebody to read it."""
        if info.data.get("post") and not (waarde and info.data.get("post_van")):
            raise ValueError("post vraagt post_van en post_aan")
        return waarde

    @property
    def adressen(self) -> list[str]:
        """Whom a mail is for."""
        return [adres.strip() for adres in self.post_aan.split(",") if adres.strip()]

    def map(self, *delen: str) -> Path:
        """A folder or file below `data`, absolute."""
        return self.data.resolve().joinpath(*delen)

    @property
    def paden(self) -> dict[str, Path]:
        """The settings that are a place below `data` unless they name another, as they work out."""
        return {
            "data": self.map(),
            "sleutel": self.sleutel or self.map("sleutels", "master.key"),
            "pkcs11_pin": self.pkcs11_pin or self.map("sleutels", "pin"),
            "certificatenmap": self.certificatenmap or self.map("certificaten"),
            "geheimenmap": self.geheimenmap or self.map("geheimen"),
            "werkmap": self.werkmap.resolve() if self.werkmap else self.map("dbt"),
        }

    @property
    def landing(self) -> Path:
        """Leveringen as received; the only place besides deliveries that holds burgerservicenummers."""
        return self.map("landing", "leveringen")

    @property
    def inbox(self) -> Path:
        """Where bronnen put their leveringen: `<bron>/<periode>-<naam>/`."""
        return self.map("landing", "inbox")

    @property
    def lake(self) -> Path:
        """Minimised and pseudonymised Parquet: `<doel>/<bron>.<tabel>/`."""
        return self.map("lake")

    @property
    def rekenmap(self) -> Path:
        """What a product run of this process writes for itself; below it, in `tmp`, what does not fit in memory."""
        return self.paden["werkmap"] / str(os.getpid())

    @property
    def uitleveringen(self) -> Path:
        """Deliveries: `<ontvanger>/<product>/<periode>/`."""
        return self.map("uitleveringen")

    @cached_property
    def certificaten(self) -> Certificaten:
        """With what is signed and for whom is encrypted."""
        return Certificaten(self.paden["certificatenmap"], self.afzender_oin)

    @cached_property
    def kanalen(self) -> Kanalen:
        """The channels to recipients."""
        return Kanalen(self.uitleveringen, self.paden["geheimenmap"])

    def geduld(self) -> Geduld:
        """The patience of one step with its channels."""
        return Geduld(self.kanaalpogingen, self.kanaalwacht)

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.ledger or f"sqlite:///{self.map('ledger', 'ledger.db')}"

    @cached_property
    def grootboek(self) -> Ledger:
        """The ledger."""
        hoorders: list[Hoorder] = [na_stap] if self.log == "json" else []
        url = "" if self.openlineage == "bestand" else self.openlineage
        zender = None if self.openlineage == "uit" else Zender(self.map("lineage"), url, self.ouder)
        if not self.ledger:
            self.map("ledger").mkdir(parents=True, exist_ok=True)
        return Ledger(self.ledger_url, hoorders, zender)

    @cached_property
    def sleutelbos(self) -> Sleutelbos:
        """The keys. A key file makes itself when nothing was pseudonymised yet; after that its absence is an error."""
        bron = self.hoofdsleutel
        if isinstance(bron, Sleutelbestand) and not bron.bestaat() and not versies(self.grootboek):
            with suppress(KetenFout):  # another process was first
                bron.maak()
        return Sleutelbos(bron)

    @property
    def rekenmotor(self) -> Motor:
        """What computes the product runs."""
        if self.motor == "duckdb":
            return DuckDb()
        lake = (self.lake, self.lakeadres) if self.lakeadres else None
        return Spark(self.motor, self.uitwisseling, self.spark, lake)

    @property
    def hoofdsleutel(self) -> Sleutelbron:
        """What keeps the master key."""
        if self.sleutelbron == "omgeving":
            return Omgevingssleutel()
        if self.sleutelbron == "pkcs11":
            return Tokensleutel(self.pkcs11_module, self.pkcs11_label, self.paden["pkcs11_pin"])
        return Sleutelbestand(self.paden["sleutel"])
