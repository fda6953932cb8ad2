"""The page of all codes: what each means and what to do about it, from `schemas/codes/melding.csv`."""

from __future__ import annotations

from reports.blad import Anker, Blad, Cel, Deel, Pagina, Verwijzing, kolommen
from schemas.load import meldingen


def betekenis(code: str | None) -> str:
    """What a code means and what to do about it, from `schemas/codes/melding.csv`."""
    melding = meldingen().get(code or "")
    return f"{melding.betekenis} {melding.wat_te_doen}" if melding else ""


def code_cel(code: str | None) -> Cel:
    """A code as a link to what it means."""
    return Verwijzing(code, f"codes.html#{code}") if code in meldingen() and code else code


def codes_pagina() -> Pagina:
    """Every code, per kind, in the order of the list."""
    soorten = dict.fromkeys(melding.soort for melding in meldingen().values())
    return Pagina(
        "codes",
        "Codes en wat u ermee doet",
        "Als iets niet kan worden gebruikt of niet kan worden geleverd, staat daar een code bij. Dit zijn ze allemaal.",
        tuple(Deel(_naam(soort), soort.capitalize(), bladen=(_blad(soort),)) for soort in soorten),
    )


def _naam(soort: str) -> str:
    return soort.replace(" ", "-")


def _blad(soort: str) -> Blad:
    return Blad(
        f"codes-{_naam(soort)}",
        f"Codes: {soort}",
        kolommen("Code", "Betekenis", "Wat te doen"),
        tuple(
            (Anker(melding.code, melding.code), melding.betekenis, melding.wat_te_doen)
            for melding in meldingen().values()
            if melding.soort == soort
        ),
    )
