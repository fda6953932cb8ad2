"""What all declarations share, and the codes of findings and errors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base of all declarations: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Melding(Model):
    """A coded message: what happened and what to do about it."""

    code: str
    soort: str
    betekenis: str
    wat_te_doen: str
