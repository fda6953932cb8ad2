"""Composes what a run has to say: what changed, its number in messages, and persons instead of pseudonyms.

This is the one place on the way out that holds a key. What it gives holds burgerservicenummers and stays in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.ledger import Rij
from lineage.retour import ongegronde_signalen
from message_formats.write import Fragmenten
from pipeline.geleverd import geleverd_pad, ongegrond_pad, schrijf_geleverd
from pipeline.instellingen import Instellingen
from pipeline.mutaties import Mutaties, bepaal_mutaties
from pipeline.retour.ongegrond import is_een_van
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from pipeline.uitlevering.status import ONGEWIJZIGD
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.signaalnummer import as_blokken, signaalnummers
from schemas.arrow import PSEUDONIEM
from schemas.berichten import Bericht, find_bericht
from schemas.load import ontvangers
from schemas.model import Product

LHNR = "loonheffingennummer"  # a pseudonym in the signals, because it may hold a burgerservicenummer


@dataclass(frozen=True)
class Samenstelling:
    """The signals of a run as they go into messages, sorted by recipient.

    `rijen` gives the rows [start, stop) of a recipient that has something to hear, `ongewijzigd` how many signals of a
    recipient are not sent again.
    """

    definitie: Bericht
    signalen: pa.Table
    fragmenten: Fragmenten
    rijen: Mapping[str, tuple[int, int]]
    ongewijzigd: Mapping[str, int]

    def betrokkenen(self, ontvanger: str) -> Nummers:
        """About whom a recipient is told."""
        start, stop = self.rijen[ontvanger]
        betrokkenen = Betrokkenen()
        for naam in ("burgerservicenummer", "partner_burgerservicenummer"):
            texts = self.signalen[naam].slice(start, stop - start).drop_null()
            betrokkenen.voeg_toe(texts.cast(pa.int32()).to_numpy())
        return betrokkenen.nummers()


def stel_samen(instellingen: Instellingen, stand: Stand, run: Rij, product: Product) -> Samenstelling:
    """Holds a run against what each recipient last received; keeps beside it what is sent (`pipeline.geleverd`)."""
    definitie = find_bericht(product.bericht, product.versie)
    mutaties = _mutaties(instellingen, stand, run, product)
    changed = pc.not_equal(mutaties.signalen["mutatie"], ONGEWIJZIGD)
    ongewijzigd = _per_ontvanger(mutaties.signalen.filter(pc.invert(changed)))
    signalen = _met_nummer(stand, product, mutaties.signalen.filter(changed).combine_chunks())
    # What a recipient found ungrounded it does not hear of again, however the run looks that it is held against.
    judged = ongegronde_signalen(instellingen.grootboek, product.product)
    known = is_een_van(signalen, ("ontvanger", "signaal_id"), judged)
    ongewijzigd = dict(Counter(ongewijzigd) + Counter(_per_ontvanger(signalen.filter(known))))
    versie = stand.sleutelversie(product.doel)
    if judged:  # so that it is found in the run, and destroyed there
        schrijf_geleverd(ongegrond_pad(instellingen, run["run_id"]), signalen.filter(known), versie)
    signalen = signalen.filter(pc.invert(known)).combine_chunks()
    schrijf_geleverd(geleverd_pad(instellingen, run["run_id"]), signalen, versie)
    personen = _met_personen(stand, product, signalen)
    fragmenten = Fragmenten.bereid(definitie, personen, _in_bericht(mutaties.bewijs, signalen))
    return Samenstelling(definitie, personen, fragmenten, _rijen(personen), ongewijzigd)


def _mutaties(instellingen: Instellingen, stand: Stand, run: Rij, product: Product) -> Mutaties:
    earlier = instellingen.grootboek.laatst_geleverd(product.product, run["periode"], run["volgorde"])
    folders = {naar: (run_map(instellingen, row["run_id"]), row["periode"]) for naar, row in earlier.items()}
    nu = run_map(instellingen, run["run_id"])
    used = {nu, *(folder for folder, _ in folders.values())}
    files = [folder / f"{soort}_{product.product}.parquet" for folder in used for soort in ("signal", "bewijs")]
    stand.controleer_versie(product.doel, files)
    mutaties = bepaal_mutaties(product, run["periode"], nu, folders)
    stand.controleer_versie(product.doel)
    if product.over == "aantallen":
        return replace(mutaties, signalen=_zonder_personen(mutaties.signalen))
    return mutaties


def _zonder_personen(signalen: pa.Table) -> pa.Table:
    """Signals of a product of counts in the columns of one of persons: there is nobody in them."""
    for naam in ("persoon", "partner"):
        signalen = signalen.append_column(naam, pa.nulls(len(signalen), PSEUDONIEM))
    return signalen


def _met_nummer(stand: Stand, product: Product, signalen: pa.Table) -> pa.Table:
    """The number a signal has in messages, which outlives the key version; see `privacy.signaalnummer`."""
    pseudonimiseerder = stand.pseudonimiseerder(product.doel)
    persoon = pseudonimiseerder.open_blokken(_column(signalen, "persoon"))
    werkgever = np.zeros_like(persoon)
    if LHNR in signalen.column_names:
        werkgever = pseudonimiseerder.open_blokken(_column(signalen, LHNR))
    kenmerk = as_blokken(_column(signalen, "kenmerk"))
    nummers = signaalnummers(stand.signaalsleutel(product.doel), persoon, werkgever, kenmerk)
    return signalen.append_column("signaal_id", nummers)


def _met_personen(stand: Stand, product: Product, signalen: pa.Table) -> pa.Table:
    """Pseudonyms back to burgerservicenummers: this step holds a key because only a message has them."""
    pseudonimiseerder = stand.pseudonimiseerder(product.doel)
    toelichting = {code: signaal.toelichting for code, signaal in product.signalen.items()}
    codes = pc.index_in(signalen["signaal_code"], value_set=pa.array(list(toelichting), pa.string()))
    added = {
        "burgerservicenummer": pseudonimiseerder.ontsleutel_tekst(_column(signalen, "persoon")),
        "partner_burgerservicenummer": pseudonimiseerder.ontsleutel_tekst(partners(signalen)),
        "toelichting": pa.array(list(toelichting.values()), pa.string()).take(codes.combine_chunks()),
    }
    for name, column in added.items():
        signalen = signalen.append_column(name, column)
    if LHNR in signalen.column_names:
        index, tokens = signalen.column_names.index(LHNR), _column(signalen, LHNR)
        signalen = signalen.set_column(index, LHNR, pseudonimiseerder.ontsleutel_lhnr(tokens))
    return signalen.drop_columns(["persoon", "partner", "kenmerk", "intern_id"])


def partners(signalen: pa.Table) -> pa.Array:
    """The partners' pseudonyms, null for a recipient whose agreement does not have them."""
    allowed = pa.array([code for code, ontvanger in ontvangers().items() if ontvanger.partner], pa.string())
    may = pc.is_in(signalen["ontvanger"], value_set=allowed).combine_chunks()
    return pc.if_else(may, _column(signalen, "partner"), pa.scalar(None, PSEUDONIEM))


def _in_bericht(bewijs: pa.Table, signalen: pa.Table) -> pa.Table:
    """Bewijs with the number its signal has in the message."""
    found = pc.index_in(bewijs["signaal_id"], value_set=signalen["intern_id"].combine_chunks())
    index = bewijs.column_names.index("signaal_id")
    return bewijs.set_column(index, "signaal_id", signalen["signaal_id"].take(found))


def _rijen(signalen: pa.Table) -> dict[str, tuple[int, int]]:
    """The rows [start, stop) of each recipient."""
    names = signalen["ontvanger"].to_numpy(zero_copy_only=False)
    first = np.flatnonzero(np.r_[True, names[1:] != names[:-1]]) if len(names) else np.array([], dtype=int)
    ends = np.r_[first[1:], len(names)] if len(names) else first
    return {str(names[a]): (int(a), int(b)) for a, b in zip(first, ends, strict=True)}


def _per_ontvanger(signalen: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(signalen["ontvanger"]).to_pylist()
    return {item["values"]: item["counts"] for item in counts}


def _column(table: pa.Table, name: str) -> pa.Array:
    """A pseudonym column as one array of 16-byte values."""
    return table[name].cast(PSEUDONIEM).combine_chunks()
