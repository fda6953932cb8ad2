"""Record lineage at the size of the country: how long a lookup takes either way, and what lineage costs a run.

`KETEN_BENCHMARK_RECORDS=20000000` and `KETEN_BENCHMARK_SIGNALEN=1000000` are a whole country; both are smaller when not
set. A town goes through the house first, so that everything stands where and how it should; then the files of its run
are made that large, in the layout in which they were written.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from lineage import plaatsen
from lineage import tabellen as t
from pipeline import openlineage
from pipeline.geleverd import geleverd_pad
from pipeline.herkomst.record import BUITEN_DOEL, GEBRUIKT, volg_record
from pipeline.herkomst.runs import bewijs_van
from pipeline.herkomst.signaal import volg_signaal
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from pipeline.uitlevering import samenstel
from pipeline.werk import draai
from tests.bouw import maak_bsn, neem_op, schrijf_csv
from tests.e2e.keten import DUO, FEBRUARI, PERSOON, UTRECHT, VERBLIJF
from tests.geopend import geopend, met_certificaten

pytestmark = pytest.mark.zwaar
RECORDS = int(os.environ.get("KETEN_BENCHMARK_RECORDS", "2000000"))
SIGNALEN = int(os.environ.get("KETEN_BENCHMARK_SIGNALEN", "100000"))
FEITEN = 5  # rows of bewijs per signal
SECONDE, DEEL = 1.0, 0.10
JONGEREN = int(os.environ.get("KETEN_BENCHMARK_JONGEREN", "4000"))


@dataclass(frozen=True)
class Land:
    instellingen: Instellingen
    signaal_id: str
    levering_id: str


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Land:
    """A town with two signals, of which the files are as large as those of a country."""
    instellingen = _dorp(tmp_path_factory.mktemp("herkomst") / "var", 2)
    message = next((geopend(instellingen) / UTRECHT / "vsv" / FEBRUARI).glob("vsvbericht_*_??????.json"))
    signaal_id = json.loads(message.read_text(encoding="utf-8"))["signalen"][0]["signaalId"]
    spoor = volg_signaal(instellingen, signaal_id)
    levering_id = next(feit.levering_id for feit in spoor.feiten if feit.tabel == "brp.persoon")
    _vergroot(instellingen, spoor.run["run_id"], levering_id)
    return Land(instellingen, signaal_id, levering_id)


def _dorp(data: Path, aantal: int) -> Instellingen:
    instellingen = met_certificaten(data)
    wie = [maak_bsn(nummer) for nummer in range(aantal)]
    neem_op(instellingen, "duo", {"persoon.csv": schrijf_csv(DUO, [[bsn, "2"] for bsn in wie])}, FEBRUARI)
    born = [[bsn, "20061101", "", "", ""] for bsn in wie]
    home = [[bsn, UTRECHT, "20200101", "20200101"] for bsn in wie]
    brp = {"persoon.csv": schrijf_csv(PERSOON, born), "verblijf.csv": schrijf_csv(VERBLIJF, home)}
    neem_op(instellingen, "brp", brp, FEBRUARI)
    draai(instellingen, "vsv", FEBRUARI)
    return instellingen


def _vergroot(instellingen: Instellingen, run_id: str, levering_id: str) -> None:
    levering = next(row for row in instellingen.grootboek.leveringen() if row["levering_id"] == levering_id)
    nr = levering["levering_nr"]
    connection = duckdb.connect()
    bewijs, sent = bewijs_van(instellingen, run_id, "vsv"), geleverd_pad(instellingen, run_id)
    any_record = f"cast(hash(nr, feit) % {RECORDS} + 1 as bigint)"
    _schrijf(
        *(connection, bewijs),
        "signaal_id, volgnummer",
        f"* replace (md5(nr::varchar) as signaal_id, feit as volgnummer, {any_record} as record_nr)",
        f"range({SIGNALEN}) as s(nr), range(1, {FEITEN + 1}) as f(feit)",
    )
    _schrijf(
        *(connection, sent),
        "signaal_id",
        "* replace (md5('a' || nr::varchar)::uuid::varchar as signaal_id, md5(nr::varchar) as intern_id)",
        f"range({SIGNALEN}) as s(nr)",
    )
    (lake,) = (instellingen.lake / "vsv" / "brp.persoon").glob(f"{nr:06d}-*.parquet")
    # One in ten was let in; the rest is about persons nobody asked about.
    _schrijf(
        connection,
        lake,
        "record_nr",
        "* replace (cast(10 * nr as int64) as record_nr)",
        f"range(1, {RECORDS // 10}) as s(nr)",
    )
    file = landed(instellingen.landing / "brp" / levering_id)[1]
    line = file.read_bytes().splitlines(keepends=True)[-1]
    with file.open("ab") as stream:
        for _ in range(RECORDS // 100_000):
            stream.write(line * 100_000)
    with instellingen.grootboek.transactie() as ledger:
        c = t.telling.c
        ledger.execute(
            t.telling.update().where(c.tabel == "brp.persoon", c.reden == "ontvangen").values(aantal=RECORDS)
        )
        outside = t.telling.insert().from_select(
            ["stap_nr", "doel", "tabel", "reden", "aantal"],
            _laatste(levering_id),
        )
        ledger.execute(outside)


def _laatste(levering_id: str) -> Any:
    """That records of the newest passage were outside the doel."""
    s = t.stap.c
    newest = sa.select(sa.func.max(s.stap_nr)).where(s.onderwerp == levering_id, s.soort == "deur").scalar_subquery()
    literal = [sa.literal(value) for value in ("vsv", "brp.persoon", "D-POPULATIE")]
    return sa.select(newest, *literal, sa.literal(RECORDS - RECORDS // 10))


def _schrijf(connection: Any, pad: Path, volgorde: str, kolommen: str, rijen: str) -> None:
    """The rows there were with as many as `rijen` made after the first of them, in the order in which a run writes."""
    aside = pad.with_suffix(".nieuw")
    own = f"read_parquet('{pad}')"
    made = f"select {kolommen.replace('*', 'eerste.*', 1)} from (from {own} limit 1) as eerste, {rijen}"
    connection.execute(
        f"copy (select * from {own} union all by name {made} order by {volgorde}) to '{aside}' (format parquet,"
        " compression zstd, row_group_size 122880)"
    )
    aside.rename(pad)


def _snelste(vraag: Callable[[], Any]) -> tuple[float, Any]:
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        answer = vraag()
        taken.append(time.perf_counter() - begin)
    return min(taken), answer


def test_a_lookup_answers_within_a_second(land: Land) -> None:
    instellingen = land.instellingen
    back, spoor = _snelste(lambda: volg_signaal(instellingen, land.signaal_id))
    assert {feit.tabel for feit in spoor.feiten} >= {"duo.persoon", "brp.persoon"}
    assert all(feit.plaats is not None for feit in spoor.feiten)
    near_end = RECORDS // 10 * 9
    used, hit = _snelste(lambda: volg_record(instellingen, land.levering_id, "brp.persoon", near_end))
    aside, miss = _snelste(lambda: volg_record(instellingen, land.levering_id, "brp.persoon", near_end + 1))
    first, own = _snelste(lambda: volg_record(instellingen, land.levering_id, "brp.persoon", 1))
    outcomes = [next(item.uitkomst for item in found.uitkomsten if item.doel == "vsv") for found in (hit, miss)]
    assert outcomes == [GEBRUIKT, BUITEN_DOEL]
    assert hit.plaats.regel == near_end + 1
    assert own.gebruik
    print(
        f"\n{RECORDS:,} records, {SIGNALEN:,} signalen: terug {back:.2f} s, vooruit {used:.2f} s (gebruikt),"
        f" {aside:.2f} s (buiten doel), {first:.2f} s (met een signaal)"
    )
    assert max(back, used, aside, first) < SECONDE


def test_lineage_costs_less_than_a_tenth_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is done for lineage alone, timed within the very run it is part of."""
    spent: list[float] = []

    def meet(vraag: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = time.process_time()
            try:
                return vraag(*args, **kwargs)
            finally:
                spent.append(time.process_time() - begin)

        return timed

    _dorp(tmp_path / "warm", 2)  # what is loaded once is no part of a run
    monkeypatch.setattr(plaatsen, "leg_vast", meet(plaatsen.leg_vast))
    monkeypatch.setattr(samenstel, "schrijf_geleverd", meet(samenstel.schrijf_geleverd))
    monkeypatch.setattr(openlineage.Zender, "__call__", meet(openlineage.Zender.__call__))
    begin = time.process_time()
    _dorp(tmp_path / "var", JONGEREN)
    whole = time.process_time() - begin
    print(f"\nlineage {sum(spent):.2f} s van {whole:.1f} s ({sum(spent) / whole:.1%}) bij {JONGEREN:,} signalen")
    assert len(spent) > 6
    assert sum(spent) < DEEL * whole
