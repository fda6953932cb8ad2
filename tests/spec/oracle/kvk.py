"""KvK-inschrijving by signals.md section 4 (KVK-01 to KVK-03): plain and slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tests.spec.oracle.gemeen import Row, Tabellen, herzien, laatste_dag, sinds, uiterlijk, van, verblijf

FUNCTIES = frozenset({"eigenaar", "vennoot", "bestuurder"})
WIJZIGINGEN = (("rechtsvorm", "rechtsvorm"), ("sbi_hoofdactiviteit", "sbi"), ("plaats", "adres"))


@dataclass(frozen=True)
class Inschrijving:
    """One signal about a person and a company."""

    persoon: str
    signaal_code: str
    ontvanger: str
    kvk_nummer: str
    gewijzigd: str | None = None


def inschrijvingen(tabellen: Tabellen, vroeger: Tabellen, periode: str) -> list[Inschrijving]:
    """The signals of a periode; `vroeger` is what was known before the leveringen of this periode."""
    peildatum = laatste_dag(periode)
    t = {naam: herzien(tabellen, naam) for naam in tabellen}
    v = {naam: herzien(vroeger, naam) for naam in tabellen}
    signalen: list[Inschrijving] = []
    for persoon in sorted({row["persoon"] for row in t["kvk.functionaris"]}):
        gemeente, _ = verblijf(t["brp.persoon"], t["brp.verblijfplaats"], persoon, peildatum)
        if gemeente:
            rows = [row for row in van(t["kvk.functionaris"], persoon) if row["functie"] in FUNCTIES]
            for row in rows:
                signalen += [
                    Inschrijving(persoon, code, gemeente, row["kvk_nummer"])
                    for code, dag in begin_en_einde(v, row, peildatum)
                    if gevolgd(t, persoon, gemeente, dag, dag, peildatum)
                ]
            signalen += gewijzigd(t, v, rows, gemeente, peildatum)
    return signalen


def begin_en_einde(v: dict[str, list[Row]], row: Row, peildatum: date) -> Iterator[tuple[str, date]]:
    """A begin or end in the month, or one of before that is only told now; with its day."""
    eerste = peildatum.replace(day=1)
    begin, einde = uiterlijk(row["datum_aanvang"]), uiterlijk(row["datum_einde"])
    sleutel = ("persoon", "kvk_nummer", "functie", "datum_aanvang")
    toen = [was for was in v["kvk.functionaris"] if all(was[kolom] == row[kolom] for kolom in sleutel)]
    if eerste <= begin <= peildatum or (begin < eerste and not toen):
        yield "KVK-01", begin
    # What began and ended before it was first heard of is told by its begin, with its end.
    laat = einde < eerste and any(uiterlijk(was["datum_einde"]) != einde for was in toen)
    if eerste <= einde <= peildatum or laat:
        yield "KVK-02", einde


def gewijzigd(
    t: dict[str, list[Row]], v: dict[str, list[Row]], rows: list[Row], gemeente: str, peildatum: date
) -> Iterator[Inschrijving]:
    """A change of a company, once for a person, when the function and the bijstand run within the month."""
    eerste = peildatum.replace(day=1)
    lopend = {row["kvk_nummer"] for row in rows if _raakt(row["datum_aanvang"], row["datum_einde"], eerste, peildatum)}
    for nummer in sorted(lopend):
        nu = [row for row in t["kvk.onderneming"] if row["kvk_nummer"] == nummer]
        was = [row for row in v["kvk.onderneming"] if row["kvk_nummer"] == nummer]
        if not nu or not was or not gevolgd(t, rows[0]["persoon"], gemeente, eerste, peildatum, peildatum):
            continue
        # A value that was or is absent is no change: there is nothing to compare with.
        anders = [
            naam for kolom, naam in WIJZIGINGEN if nu[0][kolom] and was[0][kolom] and nu[0][kolom] != was[0][kolom]
        ]
        if anders:
            yield Inschrijving(rows[0]["persoon"], "KVK-03", gemeente, nummer, ",".join(anders))


def _raakt(begin: str, einde: str, van_dag: date, tot_dag: date) -> bool:
    return sinds(begin) <= tot_dag and uiterlijk(einde) >= van_dag


def gevolgd(
    t: dict[str, list[Row]], persoon: str, gemeente: str, van_dag: date, tot_dag: date, peildatum: date
) -> bool:
    """Whether the gemeente where somebody lives pays bijstand, or has the person followed, on a day of these.

    The population is of the periode: what ended before it is not in it any more, also for what is told late.
    """
    eerste = peildatum.replace(day=1)
    looptijden = [
        (row["datum_ingang"], row["datum_einde"])
        for row in t["gemeente.bijstandspopulatie"]
        if persoon in (row["persoon"], row["partner"]) and row["gemeentecode"] == gemeente
    ] + [
        (row["datum_van"], row["datum_tot"])
        for row in t["gemeente.volgverzoek"]
        if (row["persoon"], row["product"], row["gemeentecode"]) == (persoon, "kvk", gemeente)
    ]
    return any(
        _raakt(begin, einde, van_dag, tot_dag) and _raakt(begin, einde, eerste, peildatum)
        for begin, einde in looptijden
    )
