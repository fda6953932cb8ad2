"""The tables of the page of one product and period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.blad import Blad, Cel, Oordeel, Verborgen, Verwijzing, kolommen, maand
from reports.cellen import Som, Toon, doorgang_cellen, maak_toon, run_cellen, som, uitgesloten_cellen
from reports.codes import betekenis, code_cel
from reports.gegevens import GEBRUIKT, Doorgang, Gegevens, Levering, Run, Uitlevering, Zending
from reports.overzicht import per_bron, stil_leveringen, stil_runs
from reports.sommen import Afwijking
from schemas.load import doelen, ontvangers, producten

TOP = 10
STATUS = {
    "geleverd": "geleverd",
    "ongewijzigd": "niets nieuws",
    "tegengehouden": "tegengehouden",
    "voorgenomen": "nog niet geleverd",
}
MUTATIES = {  # ongewijzigd goes only to who gets everything that holds
    "nieuw": "Nieuw",
    "gewijzigd": "Gewijzigd",
    "beeindigd": "Geëindigd",
    "ingetrokken": "Ingetrokken",
    "ongewijzigd": "Ongewijzigd",
}
REDENEN = {
    "rni": "De persoon staat als niet-ingezetene geregistreerd (RNI).",
    "overleden": "De persoon is overleden.",
    "geemigreerd": "De persoon is naar het buitenland verhuisd.",
    "niet_in_brp": "De persoon is niet gevonden in de Basisregistratie Personen.",
    "andere_gemeente": "De persoon woont niet in de gemeente die het signaal zou krijgen.",
    "geboortedatum_onbekend": "De geboortedatum is niet volledig bekend.",
}


@dataclass(frozen=True)
class Product:
    """The tables of the page of one product and period."""

    binnen: Blad
    redenen: Blad
    afgevallen: Blad
    eerder_binnen: Blad
    signalen: Blad
    uitgesloten: Blad
    sommen: Blad
    mutaties: Blad
    ontvangers: Blad
    stil: Blad
    eerdere_runs: Blad

    def alle(self) -> tuple[Blad, ...]:
        """In the order of the page."""
        return tuple(vars(self).values())


def maak_product(gegevens: Gegevens, run: Run, afwijkingen: Iterable[Afwijking]) -> Product:
    """All tables of the page of a run."""
    doel = producten()[run.product].doel
    used = [levering for levering in gegevens.leveringen if levering.levering_nr in run.leveringen]
    now = {levering.levering_nr: levering for levering in used if levering.periode == run.periode}
    doorgangen = [row for row in gegevens.doorgangen if row.doel == doel and row.levering_nr in now]
    cellen = doorgang_cellen(gegevens, now.keys())
    fout = {(item.levering_nr, item.tabel) for item in afwijkingen}
    toon = run_cellen(run)
    return Product(
        binnen=_binnen(run, now, doorgangen, cellen, fout),
        redenen=_redenen(run, doorgangen, cellen),
        afgevallen=_afgevallen(run, now, doorgangen, cellen),
        eerder_binnen=_eerder_binnen(run, [levering for levering in used if levering.periode != run.periode]),
        signalen=_signalen(run, toon),
        uitgesloten=_uitgesloten(run),
        sommen=_sommen(run, toon, klopt=all(item.run != run.naam for item in afwijkingen)),
        mutaties=_mutaties(run, toon),
        ontvangers=_ontvangers(run, toon),
        stil=_stil_bij_product(gegevens, run, doel, now),
        eerdere_runs=_eerdere_runs(run),
    )


# -- what came in --------------------------------------------------------------------------------------------------


def _binnen(
    run: Run,
    leveringen: Mapping[int, Levering],
    doorgangen: Iterable[Doorgang],
    cellen: Mapping[tuple[int, str], Toon],
    fout: set[tuple[int | None, str | None]],
) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for row in doorgangen:
        levering, toon = leveringen[row.levering_nr], cellen[row.levering_nr, row.tabel]
        wrong = (row.levering_nr, row.tabel) in fout
        groups = (toon((row.doel, group)) for group in (GEBRUIKT, "buiten doel", "uitval"))
        rows.append(
            (
                levering.levering_id,
                row.tabel,
                levering.ontvangen_op,
                toon(("ontvangen",)),
                *groups,
                Oordeel("klopt niet" if wrong else "klopt", goed=not wrong),
            )
        )
    return Blad(
        f"{run.naam}-binnengekomen",
        f"Records per levering en tabel, {maand(run.periode)}",
        kolommen("Levering", "Tabel", "Ontvangen op", "#Ontvangen", "#Gebruikt", "#Buiten doel", "#Uitval", "Som"),
        tuple(rows),
        "Voor deze maand is niets binnengekomen.",
    )


def _afgevallen(
    run: Run,
    leveringen: Mapping[int, Levering],
    doorgangen: Iterable[Doorgang],
    cellen: Mapping[tuple[int, str], Toon],
) -> Blad:
    rows = [
        (
            leveringen[row.levering_nr].levering_id,
            row.tabel,
            code_cel(code),
            betekenis(code),
            cellen[row.levering_nr, row.tabel]((row.doel, code)),
        )
        for row in doorgangen
        for code, aantal in row.aantallen.items()
        if code != GEBRUIKT and aantal
    ]
    return Blad(
        f"{run.naam}-afgevallen",
        "Waarom records niet zijn gebruikt, en waarschuwingen (W-) bij records die wel zijn gebruikt",
        kolommen("Levering", "Tabel", "Code", "Betekenis", "#Records"),
        tuple(rows),
        "Er is niets afgevallen.",
    )


def _redenen(run: Run, doorgangen: Iterable[Doorgang], cellen: Mapping[tuple[int, str], Toon]) -> Blad:
    """The reasons of all leveringen together, what is most first; adds what is shown of each and nothing else."""
    parts: dict[tuple[str, str], list[Cel]] = defaultdict(list)
    for row in doorgangen:
        for code, aantal in row.aantallen.items():
            if code != GEBRUIKT and aantal:
                parts[row.tabel, code].append(cellen[row.levering_nr, row.tabel]((row.doel, code)))
    sums = sorted(((som(items), len(items), *key) for key, items in parts.items()), key=_meeste)
    return Blad(
        f"{run.naam}-redenen",
        f"De {TOP} belangrijkste redenen, met de regel erachter",
        kolommen("Code", "Regel", "Tabel", "#Leveringen", "#Records"),
        tuple((code_cel(code), betekenis(code), tabel, times, total.cel) for total, times, tabel, code in sums[:TOP]),
        "Er is niets afgevallen.",
    )


def _meeste(item: tuple[Som, int, str, str]) -> tuple[int, int, str, str]:
    total, times, tabel, code = item
    return -total.aantal, -times, tabel, code


def _eerder_binnen(run: Run, leveringen: Iterable[Levering]) -> Blad:
    return Blad(
        f"{run.naam}-eerdere-leveringen",
        "Leveringen van andere maanden die ook zijn gebruikt",
        kolommen("Bron", "Maand", "#Leveringen", "Laatste ontvangen op"),
        per_bron(leveringen),
        "Er zijn geen leveringen van andere maanden gebruikt.",
    )


# -- what was made and what went out -------------------------------------------------------------------------------


def _signalen(run: Run, toon: Toon) -> Blad:
    declared = producten()[run.product].signalen
    regel = f"bericht-{producten()[run.product].bericht}.html#keuze"
    rows: list[tuple[Cel, ...]] = [
        (Verwijzing(code, regel), signaal.naam, signaal.toelichting, toon(("code", code)))
        for code, signaal in declared.items()
    ]
    rows += [(code, "", "", toon(("code", code))) for code in run.signalen if code not in declared]
    return Blad(
        f"{run.naam}-signalen",
        "Signalen per code",
        kolommen("Code", "Naam", "Betekenis", "#Signalen"),
        (*rows, ("Totaal", "", "", toon(("signalen",)))),
    )


def _uitgesloten(run: Run) -> Blad:
    toon = uitgesloten_cellen(run)
    rows = [
        (
            Verwijzing(reden.replace("_", " "), f"herkomst.html#uitgesloten_{run.product}"),
            REDENEN.get(reden, ""),
            toon(("reden", reden)),
        )
        for reden, aantal in run.uitgesloten.items()
        if aantal
    ]
    return Blad(
        f"{run.naam}-zonder-signaal",
        "Personen of aanvragen zonder signaal, per reden",
        kolommen("Reden", "Betekenis", "#Aantal"),
        (*rows, ("Totaal", "", toon(("totaal",)))) if rows else (),
        "Niemand is om zo'n reden buiten beschouwing gebleven.",
    )


def _sommen(run: Run, toon: Toon, *, klopt: bool) -> Blad:
    statuses = {
        "geleverd": "Geleverd: nieuw, gewijzigd, geëindigd of ingetrokken",
        "ongewijzigd": "Ongewijzigd: de ontvanger had dit signaal al, niet opnieuw gestuurd",
        "tegengehouden": "Tegengehouden: de ontvanger kon of mocht het niet krijgen",
    }
    present = run.per_status()
    if "voorgenomen" in present:
        statuses["voorgenomen"] = "Nog niet geleverd"
    rows: list[tuple[Cel, ...]] = [(text, toon(("status", status))) for status, text in statuses.items()]
    verdict = Oordeel("klopt" if klopt else "klopt niet", goed=klopt)
    return Blad(
        f"{run.naam}-uitgegaan",
        "Signalen maal ontvangers",
        kolommen("Wat ermee is gebeurd", "#Aantal"),
        (*rows, ("De sommen over alle ontvangers", verdict)),
    )


def _mutaties(run: Run, toon: Toon) -> Blad:
    """What was delivered, per signal code and mutatie."""
    declared = producten()[run.product].signalen
    codes = [code for code in declared if any(f"{code} {mutatie}" in (run.mutaties or {}) for mutatie in MUTATIES)]
    regel = f"bericht-{producten()[run.product].bericht}.html#keuze"
    return Blad(
        f"{run.naam}-mutaties",
        "Geleverd, per signaalcode en mutatie, maal ontvangers",
        kolommen("Code", "Naam", *(f"#{kop}" for kop in MUTATIES.values())),
        tuple(
            (
                Verwijzing(code, regel),
                declared[code].naam,
                *(toon(("mutatie", f"{code} {mutatie}")) for mutatie in MUTATIES),
            )
            for code in codes
        ),
        "Er is niets geleverd, of het is niet per mutatie geteld.",
    )


def _ontvangers(run: Run, toon: Toon) -> Blad:
    """Every recipient of the newest run, and those that only an earlier run of the period delivered to."""
    zendingen: dict[str, list[Zending]] = defaultdict(list)
    for zending in run.zendingen:
        zendingen[zending.ontvanger].append(zending)
    newest = {row.ontvanger: row for row in run.uitleveringen}
    return Blad(
        f"{run.naam}-ontvangers",
        "Uitleveringen per ontvanger",
        kolommen("Ontvanger", "Naam", "Volgnummers", "Laatst op", "#Signalen", "#Ongewijzigd", "Status", "Code"),
        tuple(
            _ontvanger_rij(ontvanger, newest.get(ontvanger), zendingen[ontvanger], toon)
            for ontvanger in sorted(newest.keys() | zendingen.keys())
        ),
        "Er is nog niets uitgeleverd.",
    )


def _ontvanger_rij(
    ontvanger: str, row: Uitlevering | None, zendingen: Sequence[Zending], toon: Toon
) -> tuple[Cel, ...]:
    known = ontvangers().get(ontvanger)
    status = STATUS.get(row.status, row.status) if row else "eerder geleverd"
    return (
        ontvanger_cel(ontvanger),
        known.naam if known else "onbekend",
        ", ".join(str(zending.volgnummer) for zending in zendingen),
        zendingen[-1].dagtekening if zendingen else None,
        toon(("aantal", ontvanger)),
        toon(("ongewijzigd", ontvanger)),
        Oordeel(status, goed=False) if row and row.status == "tegengehouden" else status,
        code_cel(row.code) if row else None,
    )


def ontvanger_cel(ontvanger: str) -> Cel:
    """A recipient as a link to its page."""
    return Verwijzing(ontvanger, f"ontvanger-{ontvanger}.html") if ontvanger in ontvangers() else ontvanger


def _eerdere_runs(run: Run) -> Blad:
    return Blad(
        f"{run.naam}-eerdere-runs",
        "Eerdere berekeningen van deze maand",
        kolommen("Berekening", "Gemaakt op", "#Leveringen", "#Geleverd aan ontvangers"),
        tuple((item.run_id, item.aangemaakt_op, item.leveringen, item.geleverd_aan) for item in run.eerdere),
        "Deze maand is één keer berekend.",
    )


# -- what stands still ---------------------------------------------------------------------------------------------


def _stil_bij_product(gegevens: Gegevens, run: Run, doel: str, now: Mapping[int, Levering]) -> Blad:
    consulted = {raadpleging.tabel.partition(".")[0] for raadpleging in doelen()[doel].bronnen}
    periode = [item for item in gegevens.leveringen if item.periode == run.periode and item.bron in consulted]
    findings: list[tuple[Cel, ...]] = []
    for nr, levering in now.items():
        for code, aantal in gegevens.bevindingen.get((nr, doel), {}).items():
            if code not in levering.onbruikbaar:
                shown = maak_toon({(code,): aantal})((code,))
                count = "enkele" if isinstance(shown, Verborgen) else f"{aantal}"
                findings.append(
                    (levering.levering_id, f"{count} meldingen bij bestanden", code_cel(code), betekenis(code))
                )
    return Blad(
        f"{run.naam}-aandacht",
        "Wat stilligt of aandacht vraagt",
        kolommen("Waar", "Wat", "Code", "Betekenis"),
        (*stil_leveringen(periode), *findings, *stil_runs(run)),
        "Niets ligt stil.",
    )
