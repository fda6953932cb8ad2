"""What composing messages takes of memory: with ten times the facts no more than with one time.

`KETEN_BENCHMARK_SIGNALEN=1000000` is a whole country. Each size is composed and written in a process of its own, whose
peak the system tells. Run with `-s` to see the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

SIGNALEN = int(os.environ.get("KETEN_BENCHMARK_SIGNALEN", "100000"))
FEITEN = 3  # of a signal, and ten times that
MEER, GROEI = 10, 1.5
GEHEUGEN = "300MB"

pytestmark = pytest.mark.zwaar


def test_memory_does_not_grow_with_the_facts(tmp_path: Path) -> None:
    few, many = (_piek(tmp_path / str(each), each) for each in (FEITEN, FEITEN * MEER))
    print(f"\n{SIGNALEN} signalen: {few >> 20} MB met {FEITEN} feiten elk, {many >> 20} MB met {FEITEN * MEER}")
    assert many <= GROEI * few


def _piek(folder: Path, feiten: int) -> int:
    """The most memory of a process that composes and writes so many facts, in bytes."""
    folder.mkdir()
    _maak(folder, feiten)
    command = [sys.executable, "-c", "from tests.benchmarks.test_samenstellen import werk; werk()", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    outcome = json.loads(done.stdout)
    assert outcome["feiten"] == SIGNALEN * feiten
    return int(outcome["piek"])


def _maak(folder: Path, feiten: int) -> None:
    """Bewijs in another order than that of the signals."""
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                select md5(s.nr::varchar) as signaal_id, (f.nr + 1)::integer as volgnummer, 'uwv' as bron,
                    'inkomstenopgave' as tabel, 'bedrag_loon_sv' as kenmerk, md5((s.nr * 31 + f.nr)::varchar) as waarde,
                    md5((s.nr % 400)::varchar) as levering_id, (s.nr * 7 + f.nr)::bigint as record_nr,
                    date '2026-01-31' as peildatum, null::varchar as norm, null::varchar as norm_waarde
                from range({SIGNALEN}) s(nr), range({feiten}) f(nr) order by 1
            ) to '{folder / "bewijs.parquet"}'
        """)


def werk() -> None:
    """In the process: composes, writes the message in one format, says what it took."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    from message_formats.write import Fragmenten  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.rekenen import rekendatabank  # noqa: PLC0415
    from pipeline.uitlevering.feiten import leg_klaar  # noqa: PLC0415
    from tests.unit.message_voorbeelden import INKOMSTEN, make_envelop, make_signalen  # noqa: PLC0415

    folder = Path(sys.argv[1])
    with duckdb.connect() as connection:
        numbers = connection.execute(f"select md5(range::varchar) as nr from range({SIGNALEN})").to_arrow_table()["nr"]
    one = make_signalen(INKOMSTEN, [{}]).drop_columns(["signaal_id"])
    columns = {naam: pa.repeat(one[naam][0], SIGNALEN) for naam in one.column_names}
    chosen = {"intern_id": numbers, "bewijs_nr": pa.repeat(pa.scalar(0, pa.int32()), SIGNALEN)}
    signalen = pa.table({"signaal_id": numbers, **columns, **chosen})
    with rekendatabank(Instellingen(data=folder, geheugen=GEHEUGEN)) as databank:
        feiten = leg_klaar(databank, [str(folder / "bewijs.parquet")], signalen, folder / "feiten.arrow")
    fragmenten = Fragmenten(INKOMSTEN, signalen, feiten)
    codes = {item["values"]: item["counts"] for item in pc.value_counts(signalen["signaal_code"]).to_pylist()}
    with Path(os.devnull).open("wb") as doel:
        fragmenten.schrijf(make_envelop(INKOMSTEN, codes), 0, SIGNALEN, "json", doel)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # of this program, and not of who started it
    print(json.dumps({"feiten": len(feiten), "piek": int(status.partition("VmHWM:")[2].split()[0]) << 10}))
