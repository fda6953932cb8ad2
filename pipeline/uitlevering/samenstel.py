"""Composes what a run has to say: what changed, its number in messages, and persons instead of pseudonyms.

This is the one place on the way out that holds a key. What it gives holds burgerservicenummers and stays in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.ledger import Rij, now
from lineage.retour import ongegronde_signalen
from message_formats.nest import Feiten
from message_formats.write import Fragmenten
from pipeline.geleverd import VERZONDEN, geleverd_pad, ongegrond_pad, schrijf_geleverd
from pipeline.instellingen import Instellingen
from pipeline.mutaties import VERVALLEN, Mutaties, Volledig, bepaal_mutaties
from pipeline.rekenen import rekendatabank
from pipeline.retour.ongegrond import is_een_van
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from pipeline.uitlevering.feiten import leg_klaar
from pipeline.uitlevering.status import ONGEWIJZIGD, VOLLEDIG
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.signaalnummer import as_blokken, signaalnummers
from schemas.arrow import PSEUDONIEM
from schemas.berichten import Bericht
from schemas.berichtversies import bericht_voor, latere_waarden
from schemas.load import ontvangers
from schemas.product import Product

LHNR = "loonheffingennummer"  # a pseudonym in the signals, because it may hold a burgerservicenummer


@dataclass(frozen=True)
class Deel:
    """What one recipient is sent: rows [start, stop) of the signals of its version of the message."""

    definitie: Bericht
    fragmenten: Fragmenten
    start: int
    stop: int


@dataclass(frozen=True)
class Samenstelling:
    """The signals of a run as they go into messages, sorted by recipient.

    `rijen` gives the rows [start, stop) of a recipient that has something to hear or gets everything, `delen` the same
    rows among those who get the same version of the message, `ongewijzigd` how many signals of a recipient are not sent
    again; `volledig` is who gets everything that holds now, `vergeleken_met`
    the run that each recipient received before. `verzonden` and `ongegrond` are what is sent and what is not because it
    was found ungrounded, as `pipeline.geleverd.VERZONDEN` says; `personen` is who the rows of `verzonden` are about.
    """

    personen: pa.Table
    delen: Mapping[str, Deel]
    rijen: Mapping[str, tuple[int, int]]
    ongewijzigd: Mapping[str, int]
    volledig: frozenset[str]
    vergeleken_met: Mapping[str, str]
    verzonden: pa.Table
    ongegrond: pa.Table

    @property
    def vervallen(self) -> int:
        """How many signals of earlier runs ended or were withdrawn, counted per recipient that hears or had heard."""
        ended = pa.array(VERVALLEN)
        mutaties = (self.verzonden["mutatie"], self.ongegrond["mutatie"])
        return sum(int(pc.sum(pc.is_in(column, value_set=ended)).as_py() or 0) for column in mutaties)

    def betrokkenen(self, ontvanger: str) -> Nummers:
        """About whom a recipient is told."""
        start, stop = self.rijen[ontvanger]
        betrokkenen = Betrokkenen()
        for column in self.personen.columns:
            texts = column.slice(start, stop - start).drop_null()
            betrokkenen.voeg_toe(texts.cast(pa.int32()).to_numpy())
        return betrokkenen.nummers()


@dataclass(frozen=True)
class Vergelijking:
    """What a run is held against, and where it stands.

    `eerder` gives per recipient the id, folder and period of the run it last received; `ongegrond` the signals
    (recipient, number in messages) that a recipient found ungrounded. `dag` decides which version of the message a
    recipient gets.
    """

    nu: Path
    eerder: Mapping[str, tuple[str, Path, str]]
    volledig: Volledig
    ongegrond: Collection[tuple[str, str]]
    dag: date

    @classmethod
    def van(cls, instellingen: Instellingen, run: Rij, product: Product, voorgenomen: Iterable[Rij]) -> Vergelijking:
        """As the ledger stands; what was planned stays as it was planned."""
        ledger = instellingen.grootboek
        rows = list(voorgenomen)
        earlier = ledger.laatst_geleverd(product.product, run["periode"], run["volgorde"])
        return cls(
            run_map(instellingen, run["run_id"]),
            {
                naar: (row["run_id"], run_map(instellingen, row["run_id"]), row["periode"])
                for naar, row in earlier.items()
            },
            gepland_volledig(rows) if rows else _volledig(run, product),
            ongegronde_signalen(ledger, product.product),
            (rows[0]["dagtekening"] if rows else now()).date(),
        )


def gepland_volledig(rows: Iterable[Rij]) -> Volledig:
    """Who gets everything, as their deliveries were planned."""
    whole = (row["ontvanger"] for row in rows if row["leveringsoort"] == VOLLEDIG and row["status"] != ONGEWIJZIGD)
    return Volledig(gevraagd=frozenset(whole))


def _volledig(run: Rij, product: Product) -> Volledig:
    """Who gets everything: by agreement, and as it was asked for this run."""
    agreed = (
        code
        for code, ontvanger in ontvangers().items()
        if ontvanger.leveringsoort == VOLLEDIG and product.product in ontvanger.producten
    )
    return Volledig(frozenset(agreed), frozenset((run["volledig"] or "").split()))


def stel_samen(
    stand: Stand, run: Rij, product: Product, werkmap: Path, voorgenomen: Iterable[Rij] = ()
) -> Samenstelling:
    """Holds a run against what each recipient last received; keeps beside it what is sent (`pipeline.geleverd`).

    What is in `werkmap` afterwards belongs to the outcome.
    """
    instellingen = stand.instellingen
    vergelijking = Vergelijking.van(instellingen, run, product, voorgenomen)
    samenstelling = stel_samen_uit(stand, run, product, vergelijking, werkmap)
    versie = stand.sleutelversie(product.doel)
    if vergelijking.ongegrond:  # so that it is found in the run, and destroyed there
        schrijf_geleverd(ongegrond_pad(instellingen, run["run_id"]), samenstelling.ongegrond, versie)
    schrijf_geleverd(geleverd_pad(instellingen, run["run_id"]), samenstelling.verzonden, versie)
    return samenstelling


def stel_samen_uit(
    stand: Stand, run: Rij, product: Product, vergelijking: Vergelijking, werkmap: Path
) -> Samenstelling:
    """Holds a run against other runs; writes nothing but what belongs to the outcome, in `werkmap`."""
    mutaties = _mutaties(stand, run, product, vergelijking)
    bewijs, volledig = mutaties.bewijs, mutaties.volledig
    unchanged = pc.equal(mutaties.signalen["mutatie"], ONGEWIJZIGD)
    ongewijzigd = _per_ontvanger(mutaties.signalen.filter(pc.and_not(unchanged, mutaties.signalen["te_sturen"])))
    signalen, ongegrond = _gestuurd(stand, product, mutaties.signalen, vergelijking.ongegrond)
    del mutaties  # as large as what is sent, and looked at
    rijen = dict.fromkeys(volledig, (0, 0)) | _rijen(signalen)
    versies = {naar: bericht_voor(product, naar, vergelijking.dag) for naar in rijen}
    personen = _met_personen(stand, product, signalen)
    with rekendatabank(stand.instellingen) as databank:  # anew: the other one kept the memory it had taken
        delen = _delen(versies, personen, partial(leg_klaar, databank, bewijs), werkmap)
    stand.controleer_versie(product.doel)  # a key that is rotated meanwhile changes the files that were read
    return Samenstelling(
        personen=personen.select(["burgerservicenummer", "partner_burgerservicenummer"]),
        delen=delen,
        rijen=rijen,
        ongewijzigd=dict(Counter(ongewijzigd) + Counter(_per_ontvanger(ongegrond))),
        volledig=volledig,
        vergeleken_met={naar: run_id for naar, (run_id, _, _) in vergelijking.eerder.items()},
        verzonden=signalen.select(VERZONDEN.names),
        ongegrond=ongegrond.select(VERZONDEN.names),
    )


def _gestuurd(
    stand: Stand, product: Product, signalen: pa.Table, ongegrond: Collection[tuple[str, str]]
) -> tuple[pa.Table, pa.Table]:
    """The signals to send, with their number in messages, and those that are not because they were found ungrounded.

    What a recipient found ungrounded it does not hear of again, however the run looks that it is held against.
    """
    sent = signalen.filter(signalen["te_sturen"]).drop_columns(["te_sturen"]).combine_chunks()
    sent = _met_nummer(stand, product, sent)
    known = is_een_van(sent, ("ontvanger", "signaal_id"), ongegrond)
    return (sent.filter(pc.invert(known)).combine_chunks() if ongegrond else sent), sent.filter(known)


def _delen(
    versies: Mapping[str, Bericht],
    signalen: pa.Table,
    leg_feiten_klaar: Callable[[pa.Table, Path], Feiten],
    werkmap: Path,
) -> dict[str, Deel]:
    """Per recipient its part of the signals that go out in its version of the message."""
    delen: dict[str, Deel] = {}
    definities = {bericht.urn: bericht for bericht in versies.values()}
    for definitie in definities.values():
        wie = [naar for naar, bericht in versies.items() if bericht.urn == definitie.urn]
        eigen = signalen
        if len(definities) > 1:
            eigen = signalen.filter(pc.is_in(signalen["ontvanger"], value_set=pa.array(wie, pa.string())))
        later = latere_waarden(definitie, "bewijs")
        feiten = leg_feiten_klaar(eigen, werkmap / f"feiten-{definitie.versie}.arrow").met(
            partial(_zonder, waarden=later)
        )
        known = _zonder(eigen, latere_waarden(definitie, "signaal"))
        fragmenten = Fragmenten(definitie, known, feiten)
        rijen = _rijen(eigen)
        delen |= {naar: Deel(definitie, fragmenten, *rijen.get(naar, (0, 0))) for naar in wie}
    return delen


def _zonder(table: pa.Table, waarden: Mapping[str, frozenset[str]]) -> pa.Table:
    """Leaves out values that this version of the message does not know."""
    for naam, unknown in waarden.items():
        column, place = table[naam], table.schema.get_field_index(naam)
        is_new = pc.is_in(column, value_set=pa.array(sorted(unknown), column.type))
        table = table.set_column(place, naam, pc.if_else(is_new, pa.scalar(None, column.type), column))
    return table


def _mutaties(stand: Stand, run: Rij, product: Product, vergelijking: Vergelijking) -> Mutaties:
    folders = {naar: (folder, periode) for naar, (_, folder, periode) in vergelijking.eerder.items()}
    used = {vergelijking.nu, *(folder for folder, _ in folders.values())}
    files = [folder / f"{soort}_{product.product}.parquet" for folder in used for soort in ("signal", "bewijs")]
    stand.controleer_versie(product.doel, files)
    with rekendatabank(stand.instellingen) as databank:
        mutaties = bepaal_mutaties(databank, product, run["periode"], vergelijking.nu, folders, vergelijking.volledig)
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
    return signalen.drop_columns(["persoon", "partner", "kenmerk"])


def partners(signalen: pa.Table) -> pa.Array:
    """The partners' pseudonyms, null for a recipient whose agreement does not have them."""
    allowed = pa.array([code for code, ontvanger in ontvangers().items() if ontvanger.partner], pa.string())
    may = pc.is_in(signalen["ontvanger"], value_set=allowed).combine_chunks()
    return pc.if_else(may, _column(signalen, "partner"), pa.scalar(None, PSEUDONIEM))


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
