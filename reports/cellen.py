"""Which counts a page may show.

All counts between which a reader can make sums are judged together: those of one table of a levering over all doelen,
and those of one run over codes, statuses and recipients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reports.blad import Cel, Verborgen, in_woorden
from reports.gegevens import GEBRUIKT, Doorgang, Gegevens, Run
from reports.onderdrukking import Optelling, onderdruk
from schemas.load import producten, read_csv

Sleutel = tuple[str, ...]
Toon = Callable[[Sleutel], Cel]


@dataclass(frozen=True)
class Som:
    """A sum of shown counts; `minstens` when a count that belongs to it is hidden."""

    aantal: int
    minstens: bool

    @property
    def cel(self) -> Cel:
        """As a table shows it."""
        if not self.minstens:
            return self.aantal
        return f"minstens {in_woorden(self.aantal)}" if self.aantal else Verborgen()


def som(cellen: Iterable[Cel]) -> Som:
    """The sum of cells, of which some may be hidden."""
    items = list(cellen)
    return Som(sum(item for item in items if isinstance(item, int)), any(isinstance(item, Verborgen) for item in items))


def maak_toon(waarden: Mapping[Sleutel, int], sommen: Iterable[Optelling[Sleutel]] = ()) -> Toon:
    """A function that gives a count by its key, or hides it."""
    hidden = onderdruk(waarden, sommen)

    def toon(key: Sleutel) -> Cel:
        return Verborgen() if key in hidden else waarden.get(key, 0)

    return toon


def doorgang_cellen(gegevens: Gegevens, nummers: Iterable[int]) -> dict[tuple[int, str], Toon]:
    """Per table of a levering its counts; the total is the same for every doel, so all doelen are judged together."""
    per_tabel: dict[tuple[int, str], list[Doorgang]] = defaultdict(list)
    wanted = set(nummers)
    for row in gegevens.doorgangen:
        if row.levering_nr in wanted:
            per_tabel[row.levering_nr, row.tabel].append(row)
    return {key: maak_toon(*_doorgang_sommen(rows)) for key, rows in per_tabel.items()}


def _doorgang_sommen(rows: Iterable[Doorgang]) -> tuple[dict[Sleutel, int], list[Optelling[Sleutel]]]:
    waarden: dict[Sleutel, int] = {}
    sommen: list[Optelling[Sleutel]] = []
    for row in rows:
        waarden[("ontvangen",)] = max(row.ontvangen, waarden.get(("ontvangen",), 0))
        groups = {GEBRUIKT: row.gebruikt, "buiten doel": row.buiten_doel, "uitval": row.uitval}
        waarden |= {(row.doel, group): aantal for group, aantal in groups.items()}
        waarden |= {(row.doel, code): aantal for code, aantal in row.aantallen.items() if code != GEBRUIKT}
        sommen.append(Optelling(("ontvangen",), tuple((row.doel, group) for group in groups)))
        for group, begin in (("buiten doel", "D-"), ("uitval", "R-")):
            sommen.append(Optelling((row.doel, group), tuple((row.doel, code) for code in row.groep(begin))))
    return waarden, sommen


def run_cellen(run: Run) -> Toon:
    """The counts of a run. Signals per code, status, recipient and mutatie are all parts of the same signals."""
    waarden: dict[Sleutel, int] = {("signalen",): sum(run.signalen.values())}
    waarden |= {("code", code): aantal for code, aantal in run.signalen.items()}
    waarden |= {("status", status): aantal for status, aantal in run.per_status().items()}
    for row in run.uitleveringen:
        waarden["aantal", row.ontvanger] = row.aantal
        waarden["ongewijzigd", row.ontvanger] = row.ongewijzigd
    sommen: list[Optelling[Sleutel]] = [Optelling(("signalen",), tuple(("code", code) for code in run.signalen))]
    for status in run.per_status():
        rows = [row.ontvanger for row in run.uitleveringen if status in (row.status, "ongewijzigd")]
        column = "ongewijzigd" if status == "ongewijzigd" else "aantal"
        sommen.append(Optelling(("status", status), tuple((column, ontvanger) for ontvanger in rows)))
    for wat, aantal in (run.mutaties or {}).items():
        waarden["mutatie", wat] = aantal
    sommen += _mutatie_sommen(run)
    sommen += _rmc_sommen(run) if producten()[run.product].bundel == "rmc" else _status_som(run)
    return maak_toon(waarden, sommen)


def _mutatie_sommen(run: Run) -> list[Optelling[Sleutel]]:
    """All that was delivered; and of each code what is new or changed, taken as exactly its signals.

    That is exact when nothing is unchanged or held back, as in a first month.
    """
    keys = list(run.mutaties or {})
    sommen: list[Optelling[Sleutel]] = [Optelling(("status", "geleverd"), tuple(("mutatie", wat) for wat in keys))]
    for code in run.signalen:
        present = [wat for wat in keys if wat in (f"{code} nieuw", f"{code} gewijzigd")]
        sommen.append(Optelling(("code", code), tuple(("mutatie", wat) for wat in present)))
    return sommen


def _status_som(run: Run) -> list[Optelling[Sleutel]]:
    """Exact when nothing ended since the delivery before; taken as exact, so that nothing can be worked out."""
    return [Optelling(("signalen",), tuple(("status", status) for status in run.per_status()))]


def _rmc_sommen(run: Run) -> list[Optelling[Sleutel]]:
    """An RMC-regio gets what its gemeenten get, and all gemeenten together get all signals."""
    regio = {row["gemeentecode"]: f"rmc-{row['rmc_regio']}" for row in read_csv("codes/gemeente.csv")}
    present = [row.ontvanger for row in run.uitleveringen]
    gemeenten = [ontvanger for ontvanger in present if not ontvanger.startswith("rmc-")]
    columns = ("aantal", "ongewijzigd")
    sommen = [Optelling(("signalen",), tuple((column, code) for column in columns for code in gemeenten))]
    for rmc in set(present) - set(gemeenten):
        members = [code for code in gemeenten if regio.get(code) == rmc]
        sommen += [Optelling((column, rmc), tuple((column, code) for code in members)) for column in columns]
    return sorted(sommen, key=lambda som: som.totaal)


def uitgesloten_cellen(run: Run) -> Toon:
    """The counts of who got no signal, per reason and in total."""
    waarden: dict[Sleutel, int] = {("reden", reden): aantal for reden, aantal in run.uitgesloten.items()}
    som: Optelling[Sleutel] = Optelling(("totaal",), tuple(waarden))
    return maak_toon({**waarden, ("totaal",): sum(waarden.values())}, [som])
