"""The settings: where data lives and how much memory a run may take. Environment variables `KETEN_*` override them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from lineage.ledger import Ledger
from privacy.sleutels import Sleutelbos


class Instellingen(BaseSettings):
    """Settings of one installation.

    Attributes:
        data: the folder under which everything is written (`KETEN_DATA`).
        ledger: SQLAlchemy URL of the ledger; empty means SQLite below `data` (`KETEN_LEDGER`).
        sleutel: file with the master key; empty means below `data` (`KETEN_SLEUTEL`).
        geheugen: memory limit of a product run, as DuckDB writes it (`KETEN_GEHEUGEN`).
        threads: threads of a product run (`KETEN_THREADS`).
        afzender_oin: OIN of the organisation that delivers (`KETEN_AFZENDER_OIN`).
    """

    model_config = SettingsConfigDict(env_prefix="KETEN_", frozen=True, extra="forbid")

    data: Path = Path("var")
    ledger: str = ""
    sleutel: Path | None = None
    geheugen: str = "2GB"
    threads: int = 2
    afzender_oin: str = "00000001999999999000"

    def map(self, *delen: str) -> Path:
        """A folder or file below `data`, absolute."""
        return self.data.resolve().joinpath(*delen)

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
    def uitleveringen(self) -> Path:
        """Deliveries: `<ontvanger>/<product>/<periode>/`."""
        return self.map("uitleveringen")

    @cached_property
    def grootboek(self) -> Ledger:
        """The ledger."""
        if self.ledger:
            return Ledger(self.ledger)
        path = self.map("ledger", "ledger.db")
        path.parent.mkdir(parents=True, exist_ok=True)
        return Ledger(f"sqlite:///{path}")

    @cached_property
    def sleutelbos(self) -> Sleutelbos:
        """The key store."""
        return Sleutelbos.open_of_maak(self.sleutel or self.map("sleutels", "master.key"))
