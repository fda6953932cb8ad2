"""OpenLineage events of a step, made from its outcome row: what the ledger knows is what the events say.

A step has a run of its own, and one job under it for every output, so that the lineage of one output is not mixed up
with that of another. Each gives a START and a COMPLETE, or a FAIL with the coded error.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    data_quality_assertions_dataset,
    documentation_job,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
)

from lineage import datasets
from lineage.datasets import NAMESPACE
from lineage.ledger import Stap
from schemas.load import bronnen, doelen, meldingen, producten

PRODUCER = "urn:signaalketen"
STAPPEN = uuid.UUID("0f7f6f53-8f2b-5d0c-9a52-5e4c3a1b7d10")  # namespace of the run ids
RESULTATEN = ("signal", "bewijs", "uitgesloten")
_OMSCHRIJVING = {
    "ontvang": "Neemt een levering in.",
    "deur": "Laat een levering door de deur: minimaliseert en pseudonimiseert per doel.",
    "signaleer": "Maakt de signalen van een product uit vastgelegde invoer.",
    "lever": "Stelt de berichten van een run samen en levert ze uit.",
}


@dataclass(frozen=True)
class Ouder:
    """The run that a step is part of, as `namespace/job/runId`: a task of Airflow, say."""

    namespace: str
    job: str
    run_id: str

    @classmethod
    def lees(cls, tekst: str) -> Ouder | None:
        """From the form in which OpenLineage integrations hand it on; None when it is not in that form."""
        namespace, _, rest = tekst.partition("/")
        job, _, run_id = rest.rpartition("/")
        with suppress(ValueError):
            return cls(namespace, job, str(uuid.UUID(run_id))) if namespace and job else None
        return None


@dataclass(frozen=True)
class _Taak:
    """One output of a step, or the step as a whole when it has no output of its own."""

    naam: str
    invoer: tuple[InputDataset, ...] = ()
    uitvoer: tuple[OutputDataset, ...] = ()


def van_stap(stap_nr: int, stap: Stap, tot: datetime, ouder: Ouder | None = None) -> list[RunEvent]:
    """The events of one outcome row, in order of time; `tot` is when the step ended."""
    run_id = str(uuid.uuid5(STAPPEN, f"{stap_nr}/{stap.soort}/{stap.onderwerp}"))
    own = Ouder(NAMESPACE, stap.soort, run_id)
    pairs = [_paar(stap, _Taak(stap.soort), run_id, tot, ouder)]
    pairs += [_paar(stap, taak, str(uuid.uuid5(STAPPEN, f"{run_id}/{taak.naam}")), tot, own) for taak in _taken(stap)]
    return [start for start, _ in pairs] + [end for _, end in reversed(pairs)]


def _paar(stap: Stap, taak: _Taak, run_id: str, tot: datetime, ouder: Ouder | None) -> tuple[RunEvent, RunEvent]:
    job = Job(NAMESPACE, taak.naam, _job_facets(stap))
    ok = stap.status == "gelukt"
    facets = _run_facets(stap, ouder)
    # What failed wrote nothing, so it has no output.
    out = list(taak.uitvoer) if ok else []
    begin = _event(stap.begonnen_op, Run(run_id, dict(facets)), job, RunState.START)
    if not ok:
        facets["errorMessage"] = _fout(stap)
    end = _event(tot, Run(run_id, facets), job, RunState.COMPLETE if ok else RunState.FAIL)
    end.inputs, end.outputs = list(taak.invoer), out
    return begin, end


def _event(moment: datetime, run: Run, job: Job, state: RunState) -> RunEvent:
    time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return RunEvent(eventTime=time, producer=PRODUCER, run=run, job=job, eventType=state)


def _taken(stap: Stap) -> Iterator[_Taak]:
    match stap.soort:
        case "ontvang":
            yield from _ontvang(stap)
        case "deur":
            yield from _deur(stap)
        case "signaleer" if stap.product:
            yield from _signaleer(stap, stap.product)
        case "lever" if stap.product:
            yield _lever(stap, stap.product)


def _ontvang(stap: Stap) -> Iterator[_Taak]:
    """A levering is not read yet, so which tables it holds shows at the door; here it is files of a bron."""
    bron = stap.onderwerp.partition("-")[0]
    if bron in bronnen():
        files = stap.tellingen.get(("", "bestand", "gebruikt"), 0)
        yield _Taak(f"ontvang.{bron}", uitvoer=(datasets.als_uitvoer(f"landing/{bron}", {}, bestanden=files),))


def _deur(stap: Stap) -> Iterator[_Taak]:
    consulted = {(doel.doel, raadpleging.tabel) for doel in doelen().values() for raadpleging in doel.bronnen}
    for doel, tabel in sorted({(doel, tabel) for doel, tabel, _ in stap.tellingen} & consulted):
        counts = {reden: aantal for (d, t, reden), aantal in stap.tellingen.items() if (d, t) == (doel, tabel)}
        source = datasets.als_invoer(datasets.bron_naam(tabel), {"dataQualityAssertions": _regels(counts)})
        written = datasets.als_uitvoer(
            datasets.lake_naam(doel, tabel), datasets.lake_facetten(doel, tabel), counts.get("gebruikt", 0)
        )
        yield _Taak(f"deur.{doel}.{tabel}", (source,), (written,))


def _regels(counts: dict[str, int]) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet:
    """The rules under which records were rejected, with how many; and that all others could be used."""
    assertion = data_quality_assertions_dataset.Assertion
    broken = [
        assertion(assertion=code, success=False, severity="warn", actual=str(aantal), expected="0")
        for code, aantal in sorted(counts.items())
        if code.startswith("R-")
    ]
    rejected = sum(aantal for code, aantal in counts.items() if code.startswith("R-"))
    whole = assertion(assertion="bruikbaar", success=not rejected, severity="warn", actual=str(rejected), expected="0")
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions=[whole, *broken])


def _signaleer(stap: Stap, product: str) -> Iterator[_Taak]:
    inputs = tuple(datasets.als_invoer(naam) for naam in datasets.invoer_van(product))
    rows = {"signal": _som(stap, "signaal"), "uitgesloten": None, "bewijs": None}
    for soort in RESULTATEN:
        model = f"{soort}_{product}"
        facets = datasets.model_facetten(product, model)
        output = datasets.als_uitvoer(datasets.model_naam(product, model), facets, rows[soort])
        yield _Taak(f"signaleer.{product}.{model}", inputs, (output,))


def _lever(stap: Stap, product: str) -> _Taak:
    source = datasets.als_invoer(datasets.model_naam(product, f"signal_{product}"))
    naam = datasets.bericht_naam(producten()[product].bericht)
    delivered = stap.tellingen.get(("", "uitlevering", "geleverd"), 0)
    return _Taak(
        f"lever.{product}", (source,), (datasets.als_uitvoer(naam, datasets.bericht_facetten(product), delivered),)
    )


def _som(stap: Stap, tabel: str) -> int:
    return sum(aantal for (_, naam, _), aantal in stap.tellingen.items() if naam == tabel)


def _job_facets(stap: Stap) -> dict[str, JobFacet]:
    kind = job_type_job.JobTypeJobFacet(processingType="BATCH", integration="SIGNAALKETEN", jobType="STAP")
    text = _OMSCHRIJVING.get(stap.soort, f"Stap {stap.soort} van signaalketen.")
    return {"jobType": kind, "documentation": documentation_job.DocumentationJobFacet(description=text)}


def _run_facets(stap: Stap, ouder: Ouder | None) -> dict[str, RunFacet]:
    facets: dict[str, RunFacet] = {}
    if stap.periode:
        facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(nominalStartTime=f"{stap.periode}-01T00:00:00Z")
    if ouder:
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=ouder.run_id), job=parent_run.Job(namespace=ouder.namespace, name=ouder.job)
        )
    return facets


def _fout(stap: Stap) -> error_message_run.ErrorMessageRunFacet:
    """The coded error: what it means and what to do, which never holds a value."""
    melding = meldingen().get(stap.code or "")
    text = f"{melding.code}: {melding.betekenis} {melding.wat_te_doen}" if melding else stap.status
    return error_message_run.ErrorMessageRunFacet(message=text, programmingLanguage="python")
