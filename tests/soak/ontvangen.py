"""The side of every recipient: opens what it gets, in order, and keeps what it holds by applying the mutaties."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lineage.ledger import now
from message_formats.certificaat import Sleutel, lees_sleutel
from message_formats.manifest import SUFFIX
from message_formats.ontsleutel import ontsleutel
from pipeline.instellingen import Instellingen
from pipeline.mutaties import VERVALLEN
from pipeline.uitlevering.adressaat import adressaat
from schemas.load import ontvangers, producten

Bij = tuple[str, str]  # ontvanger, product
# How a message says it and what that rests on now, not what the signal is.
VORM = ("mutatie", "peildatum", "bewijs")


class Gehouden(NamedTuple):
    """A signal as a recipient holds it: the period it was last told about, and what it says."""

    periode: str
    code: str
    inhoud: dict[str, Any]


class Ontvangers:
    """All recipients of an installation; `open` takes in what was delivered since the last time."""

    def __init__(self, instellingen: Instellingen) -> None:
        self._instellingen = instellingen
        self._gezien: set[Path] = set()
        self.volgnummer: dict[Bij, int] = defaultdict(int)
        self.houdt: dict[Bij, dict[str, Gehouden]] = defaultdict(dict)
        self.volledig: dict[Bij, dict[str, Gehouden]] = {}
        self.laatste: dict[Bij, dict[str, Any]] = {}  # the newest message
        self.berichten = 0

    def open(self) -> None:
        """Opens every new message and applies it; the numbers a recipient sees have no gap."""
        new = []
        for path in self._instellingen.uitleveringen.glob(f"[!.]*/*/*/*{SUFFIX}"):
            if path not in self._gezien:
                self._gezien.add(path)
                manifest = json.loads(path.read_bytes())
                new.append((path.parts[-4], path.parts[-3], manifest["envelop"]["volgnummer"], path, manifest))
        for ontvanger, product, volgnummer, path, manifest in sorted(new, key=lambda item: item[:3]):
            bij = ontvanger, product
            assert volgnummer == self.volgnummer[bij] + 1, (bij, volgnummer, self.volgnummer[bij])
            self.volgnummer[bij] = volgnummer
            self._pas_toe(bij, self._lees(ontvanger, product, path, manifest))

    def _lees(self, ontvanger: str, product: str, path: Path, manifest: dict[str, Any]) -> dict[str, Any]:
        code = adressaat(ontvangers()[ontvanger], product, now().date()).ontvanger
        [item] = [item for item in manifest["bestanden"] if (item["formaat"], item["rol"]) == ("json", "bericht")]
        plain = self._instellingen.map().with_name("open.json")
        sleutel = _sleutel(self._instellingen.certificaten.map / "demo" / "ontvangers" / f"{code}.key")
        ontsleutel(path.with_name(item["versleuteld"]["naam"]), sleutel, plain)
        bericht: dict[str, Any] = json.loads(plain.read_bytes())
        plain.unlink()
        return bericht

    def _pas_toe(self, bij: Bij, bericht: dict[str, Any]) -> None:
        self.berichten += 1
        self.laatste[bij] = bericht
        envelop, houdt = bericht["envelop"], self.houdt[bij]
        told = {}
        for signaal in bericht["signalen"]:
            naam = signaal["signaalId"]
            if signaal["mutatie"] in VERVALLEN:
                assert houdt.pop(naam, None), (bij, signaal["mutatie"], "van wat niet bekend is")
                continue
            inhoud = {sleutel: waarde for sleutel, waarde in signaal.items() if sleutel not in VORM}
            told[naam] = Gehouden(envelop["periode"], signaal["signaalCode"], inhoud)
            if signaal["mutatie"] == "ongewijzigd":
                assert naam in houdt, (bij, "ongewijzigd wat niet bekend is")
                assert houdt[naam].inhoud == inhoud, (bij, "ongewijzigd maar anders")
        if envelop["leveringsoort"] == "volledig":
            self.volledig[bij] = told
        houdt.update(told)

    def vernietig(self, bij: Bij, signalen: list[str]) -> None:
        """What a recipient does with what it found ungrounded."""
        for naam in signalen:
            del self.houdt[bij][naam]

    def verschillen(self, periode: str) -> list[str]:
        """Where what is held is not what a full delivery about a period says: drift. Empty when there is none.

        `open` held every signal of the full delivery against what was held already. What is held and not in it may only
        be an event of an earlier period: that happened, and stays.
        """
        problems = []
        for bij, houdt in sorted(self.houdt.items()):
            full = self.volledig.get(bij, {})
            codes = producten()[bij[1]].signalen
            for naam, item in houdt.items():
                if naam not in full and (codes[item.code].aard == "toestand" or item.periode >= periode):
                    problems.append(f"{bij[0]} {bij[1]} {item.code} van {item.periode}: niet meer")
        return problems


@cache
def _sleutel(pad: Path) -> Sleutel:
    return lees_sleutel(pad)
