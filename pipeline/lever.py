"""Step: compose, validate and deliver the messages of a product run.

For every recipient that has something to hear there is one delivery with a volgnummer without gaps. It is entered in
the ledger before it is made, so a killed process takes up the same delivery under the same number; it counts once its
manifest stands at the recipient. What may not or cannot be delivered is held back with a code, and the others go on.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.kanaal import MapKanaal
from lineage.ledger import Rij, Stap, now
from lineage.retour import ongegronde_signalen
from lineage.verwerkingslog import Logsegment
from message_formats.envelope import Envelop
from message_formats.manifest import SUFFIX, Bestand, Manifest, schrijf_manifest
from message_formats.validate import valideer
from message_formats.write import Fragmenten
from pipeline.geleverd import geleverd_pad, ongegrond_pad, schrijf_geleverd
from pipeline.instellingen import Instellingen
from pipeline.mutaties import bepaal_mutaties
from pipeline.periode import peildatum
from pipeline.retour.ongegrond import is_een_van
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.doelbinding import belemmering
from privacy.signaalnummer import as_blokken, signaalnummers
from schemas.arrow import PSEUDONIEM
from schemas.berichten import find_bericht
from schemas.fout import KetenFout
from schemas.load import doelen, ontvangers, producten
from schemas.model import Ontvanger, Product

IDENTIFICATIE = uuid.UUID("6f3e0f0e-2d0a-5f0a-9a35-7f1c6f2f9a11")  # namespace of bericht_identificatie
LHNR = "loonheffingennummer"  # a pseudonym in the signals, because it may hold a burgerservicenummer
GROEP = 50  # deliveries per ledger transaction
VOORGENOMEN, GELEVERD, TEGENGEHOUDEN, ONGEWIJZIGD = "voorgenomen", "geleverd", "tegengehouden", "ongewijzigd"


@dataclass(frozen=True)
class Uitlevering:
    """The outcome for a run: how many recipients and signals per status, and why something was held back."""

    run_id: str
    ontvangers: dict[str, int]
    signalen: dict[str, int]
    redenen: dict[str, int]


def lever(instellingen: Instellingen, run_id: str) -> Uitlevering:
    """Delivers a run to every recipient; a delivery that was already made is left alone."""
    ledger = instellingen.grootboek
    run = ledger.run(run_id)
    assert run is not None, run_id
    product = producten()[run["product"]]
    known = ledger.uitleveringen(run_id)
    if known and all(row["status"] != VOORGENOMEN for row in known.values()):
        return _uitlevering(run_id, known)
    taak = _Taak(instellingen, run, product)
    if not known:
        ledger.neem_voor(taak.voornemens())
    todo = [row for row in ledger.uitleveringen(run_id).values() if row["status"] == VOORGENOMEN]
    try:
        for groep in _groups(sorted(todo, key=lambda row: row["ontvanger"]), GROEP):
            taak.verwerk(groep)
    finally:
        shutil.rmtree(taak.werkmap, ignore_errors=True)
    made = ledger.uitleveringen(run_id)
    taak.stap.tellingen.update({("", "uitlevering", status): n for status, n in _signalen(made).items()})
    ledger.schrijf_stap(taak.stap)
    return _uitlevering(run_id, made)


def _groups(rows: Sequence[Rij], size: int) -> Iterator[Sequence[Rij]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _signalen(rows: dict[str, Rij]) -> Counter[str]:
    """Signals times recipients per status: `signalen = geleverd + ongewijzigd + tegengehouden`."""
    counts: Counter[str] = Counter()
    for row in rows.values():
        counts[row["status"]] += row["aantal"]
        counts[ONGEWIJZIGD] += row["ongewijzigd"]
    return counts


def _uitlevering(run_id: str, rows: dict[str, Rij]) -> Uitlevering:
    return Uitlevering(
        run_id,
        dict(Counter(row["status"] for row in rows.values())),
        dict(_signalen(rows)),
        dict(Counter(row["code"] for row in rows.values() if row["code"])),
    )


class _Taak:
    """The deliveries of one run: signals with burgerservicenummers in memory, sorted by recipient."""

    def __init__(self, instellingen: Instellingen, run: Rij, product: Product) -> None:
        self.instellingen, self.run, self.product = instellingen, run, product
        self.definitie = find_bericht(product.bericht, product.versie)
        self.stap = Stap("lever", run["run_id"], product.product, run["periode"])
        # Messages hold burgerservicenummers, also those in the making: they are made where deliveries may be.
        self.werkmap = instellingen.uitleveringen / f".{run['run_id']}-{os.getpid()}"
        self.kanaal = MapKanaal(instellingen.uitleveringen)
        self.stand = Stand(instellingen)
        self._bepaal()

    def _bepaal(self) -> None:
        ledger, run, product = self.instellingen.grootboek, self.run, self.product
        earlier = ledger.laatst_geleverd(product.product, run["periode"], run["volgorde"])
        folders = {naar: (run_map(self.instellingen, row["run_id"]), row["periode"]) for naar, row in earlier.items()}
        nu = run_map(self.instellingen, run["run_id"])
        used = {nu, *(folder for folder, _ in folders.values())}
        files = [folder / f"{soort}_{product.product}.parquet" for folder in used for soort in ("signal", "bewijs")]
        self.stand.controleer_versie(product.doel, files)
        mutaties = bepaal_mutaties(product, run["periode"], nu, folders)
        self.stand.controleer_versie(product.doel)
        changed = pc.not_equal(mutaties.signalen["mutatie"], ONGEWIJZIGD)
        self.ongewijzigd = _per_ontvanger(mutaties.signalen.filter(pc.invert(changed)))
        signalen = self._met_nummer(mutaties.signalen.filter(changed).combine_chunks())
        # What a recipient found ungrounded it does not hear of again, however the run looks that it is held against.
        judged = ongegronde_signalen(ledger, product.product)
        known = is_een_van(signalen, ("ontvanger", "signaal_id"), judged)
        self.ongewijzigd = dict(Counter(self.ongewijzigd) + Counter(_per_ontvanger(signalen.filter(known))))
        versie = self.stand.sleutelversie(product.doel)
        if judged:  # so that it is found in the run, and destroyed there
            schrijf_geleverd(ongegrond_pad(self.instellingen, run["run_id"]), signalen.filter(known), versie)
        signalen = signalen.filter(pc.invert(known)).combine_chunks()
        schrijf_geleverd(geleverd_pad(self.instellingen, run["run_id"]), signalen, versie)
        self.signalen = self._met_personen(signalen)
        bewijs = _in_bericht(mutaties.bewijs, signalen)
        self.fragmenten = Fragmenten.bereid(self.definitie, self.signalen, bewijs)
        names = self.signalen["ontvanger"].to_numpy(zero_copy_only=False)
        first = np.flatnonzero(np.r_[True, names[1:] != names[:-1]]) if len(names) else np.array([], dtype=int)
        ends = np.r_[first[1:], len(names)] if len(names) else first
        self.rijen = {str(names[a]): (int(a), int(b)) for a, b in zip(first, ends, strict=True)}

    def _met_nummer(self, signalen: pa.Table) -> pa.Table:
        """The number a signal has in messages, which outlives the key version; see `privacy.signaalnummer`."""
        pseudonimiseerder = self.stand.pseudonimiseerder(self.product.doel)
        persoon = pseudonimiseerder.open_blokken(_column(signalen, "persoon"))
        werkgever = np.zeros_like(persoon)
        if LHNR in signalen.column_names:
            werkgever = pseudonimiseerder.open_blokken(_column(signalen, LHNR))
        kenmerk = as_blokken(_column(signalen, "kenmerk"))
        nummers = signaalnummers(self.stand.signaalsleutel(self.product.doel), persoon, werkgever, kenmerk)
        return signalen.append_column("signaal_id", nummers)

    def _met_personen(self, signalen: pa.Table) -> pa.Table:
        """Pseudonyms back to burgerservicenummers: this step holds a key because only a message has them."""
        pseudonimiseerder = self.stand.pseudonimiseerder(self.product.doel)
        toelichting = {code: signaal.toelichting for code, signaal in self.product.signalen.items()}
        codes = pc.index_in(signalen["signaal_code"], value_set=pa.array(list(toelichting), pa.string()))
        added = {
            "burgerservicenummer": pseudonimiseerder.ontsleutel_tekst(_column(signalen, "persoon")),
            "partner_burgerservicenummer": pseudonimiseerder.ontsleutel_tekst(self._partner(signalen)),
            "toelichting": pa.array(list(toelichting.values()), pa.string()).take(codes.combine_chunks()),
        }
        for name, column in added.items():
            signalen = signalen.append_column(name, column)
        if LHNR in signalen.column_names:
            index, tokens = signalen.column_names.index(LHNR), _column(signalen, LHNR)
            signalen = signalen.set_column(index, LHNR, pseudonimiseerder.ontsleutel_lhnr(tokens))
        return signalen.drop_columns(["persoon", "partner", "kenmerk", "intern_id"])

    @staticmethod
    def _partner(signalen: pa.Table) -> pa.Array:
        """The partners' pseudonyms, null for a recipient whose agreement does not have them."""
        allowed = pa.array([code for code, ontvanger in ontvangers().items() if ontvanger.partner], pa.string())
        may = pc.is_in(signalen["ontvanger"], value_set=allowed).combine_chunks()
        return pc.if_else(may, _column(signalen, "partner"), pa.scalar(None, PSEUDONIEM))

    def voornemens(self) -> list[Rij]:
        """One planned delivery per recipient; only what will be sent takes a volgnummer."""
        volgnummers = self.instellingen.grootboek.volgnummers(self.product.product)
        dagtekening = now()
        rows: list[Rij] = []
        for naar in sorted(self.rijen.keys() | self.ongewijzigd.keys()):
            start, stop = self.rijen.get(naar, (0, 0))
            code = self._belemmering(naar, dagtekening.date())
            status = ONGEWIJZIGD if start == stop else TEGENGEHOUDEN if code else VOORGENOMEN
            send = status == VOORGENOMEN
            rows.append(
                {
                    "run_id": self.run["run_id"],
                    "ontvanger": naar,
                    "product": self.product.product,
                    "periode": self.run["periode"],
                    "volgnummer": volgnummers.get(naar, 0) + 1 if send else None,
                    "bericht_identificatie": str(uuid.uuid5(IDENTIFICATIE, f"{self.run['run_id']}/{naar}")),
                    "leveringsoort": "mutaties",
                    "aantal": stop - start,
                    "ongewijzigd": self.ongewijzigd.get(naar, 0),
                    "status": status,
                    "code": code if status == TEGENGEHOUDEN else None,
                    "dagtekening": dagtekening,
                }
            )
        return rows

    def _belemmering(self, naar: str, dag: date) -> str | None:
        """Why a recipient may not receive this product today, as a code; None when it may."""
        ontvanger = ontvangers().get(naar)
        if ontvanger is None:
            return "U-ONTVANGER"
        if fout := belemmering(self.product.doel, dag):
            return fout.code
        if ontvanger.soort not in doelen()[self.product.doel].ontvangers:
            return "U-ONTVANGER-DOEL"
        ended = ontvanger.overeenkomst_tot is not None and ontvanger.overeenkomst_tot < dag
        if self.product.product not in ontvanger.producten or ontvanger.overeenkomst_van > dag or ended:
            return "U-OVEREENKOMST"
        return None

    def verwerk(self, groep: Sequence[Rij]) -> None:
        """Makes and delivers a group of planned deliveries and enters how they ended."""
        ended, files = [], []
        for row in groep:
            bestanden, problem = self._maak(row, ontvangers()[row["ontvanger"]])
            if problem is None:
                self.kanaal.lever([pad for pad, _ in bestanden], _plaats(row))
                files += [
                    {
                        "run_id": row["run_id"],
                        "ontvanger": row["ontvanger"],
                        "naam": pad.name,
                        "bytes": bestand.grootte,
                        "sha256": bestand.sha256,
                    }
                    for pad, bestand in bestanden
                ]
            status = GELEVERD if problem is None else TEGENGEHOUDEN
            code, wijzer = (problem.code, problem.wijzer) if problem else (None, None)
            # One that is held back gives up its number, so that the numbers a recipient sees have no gap.
            volgnummer = row["volgnummer"] if problem is None else None
            ended.append({**row, "status": status, "code": code, "wijzer": wijzer, "volgnummer": volgnummer})
        self.instellingen.grootboek.rond_af(ended, files, self._log(ended))

    def _log(self, ended: Sequence[Rij]) -> list[Logsegment]:
        """Writes to the processing log about whom the recipients of a group were told."""
        told: dict[str, Nummers] = {}
        for row in ended:
            if row["status"] == GELEVERD:
                start, stop = self.rijen[row["ontvanger"]]
                betrokkenen = Betrokkenen()
                for naam in ("burgerservicenummer", "partner_burgerservicenummer"):
                    texts = self.signalen[naam].slice(start, stop - start).drop_null()
                    betrokkenen.voeg_toe(texts.cast(pa.int32()).to_numpy())
                told[row["ontvanger"]] = betrokkenen.nummers()
        return [self.stand.logboek.lever(self.run, self.product.doel, self.stap.begonnen_op, told)] if told else []

    def _maak(self, row: Rij, ontvanger: Ontvanger) -> tuple[list[tuple[Path, Bestand]], KetenFout | None]:
        """Writes and validates the files of one delivery, the manifest last; the reason when it must be held back."""
        envelop, (start, stop) = self._envelop(row, ontvanger), self.rijen[row["ontvanger"]]
        folder = self.werkmap / row["ontvanger"]
        folder.mkdir(parents=True, exist_ok=True)
        stam = f"{self.definitie.bericht}_{row['ontvanger']}_{row['periode']}_{row['volgnummer']:06d}"
        made: list[tuple[Path, Bestand]] = []
        for formaat in ontvanger.formaten:
            pad, bewijs = folder / f"{stam}.{formaat}", folder / f"{stam}_bewijs.csv"
            with pad.open("wb") as doel, bewijs.open("wb") if formaat == "csv" else nullcontext() as bewijs_doel:
                self.fragmenten.schrijf(envelop, start, stop, formaat, doel, bewijs_doel, ontvanger.inhoud)
            made.append((pad, Bestand.van(pad, formaat)))
            if formaat == "csv":
                made.append((bewijs, Bestand.van(bewijs, formaat, "bewijs")))
        for pad, bestand in made:
            if problems := valideer(pad, bestand.formaat, self.definitie, bestand.rol):
                return [], KetenFout("U-ONGELDIG", f"{bestand.formaat}: {problems[0]}")
        manifest = folder / f"{stam}{SUFFIX}"
        bestanden = [bestand for _, bestand in made]
        schrijf_manifest(manifest, Manifest.van(self.definitie, envelop, ontvanger.inhoud, bestanden))
        return [*made, (manifest, Bestand.van(manifest, "json"))], None

    def _envelop(self, row: Rij, ontvanger: Ontvanger) -> Envelop:
        start, stop = self.rijen[row["ontvanger"]]
        return Envelop(
            bericht=self.definitie.bericht,
            versie=self.definitie.versie,
            afzender_oin=self.instellingen.afzender_oin,
            ontvanger_oin=ontvanger.oin,
            ontvanger=ontvanger.ontvanger,
            ontvanger_naam=ontvanger.naam,
            bericht_identificatie=row["bericht_identificatie"],
            volgnummer=row["volgnummer"],
            dagtekening=row["dagtekening"].replace(tzinfo=UTC),
            periode=row["periode"],
            peildatum=peildatum(row["periode"]),
            leveringsoort=row["leveringsoort"],
            aantal_signalen=stop - start,
            aantallen=self.fragmenten.aantallen(start, stop),
            run_id=row["run_id"],
            contact_naam=self.product.eigenaar.naam,
            contact=self.product.eigenaar.contact,
        )


def _in_bericht(bewijs: pa.Table, signalen: pa.Table) -> pa.Table:
    """Bewijs with the number its signal has in the message."""
    found = pc.index_in(bewijs["signaal_id"], value_set=signalen["intern_id"].combine_chunks())
    index = bewijs.column_names.index("signaal_id")
    return bewijs.set_column(index, "signaal_id", signalen["signaal_id"].take(found))


def _plaats(row: Rij) -> str:
    return f"{row['ontvanger']}/{row['product']}/{row['periode']}"


def _per_ontvanger(signalen: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(signalen["ontvanger"]).to_pylist()
    return {item["values"]: item["counts"] for item in counts}


def _column(table: pa.Table, name: str) -> pa.Array:
    """A pseudonym column as one array of 16-byte values."""
    return table[name].cast(PSEUDONIEM).combine_chunks()
