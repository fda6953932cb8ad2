"""What a run sent: beside its signals, the number each of them has in the messages.

The number in a message outlives the key version, the one in the run does not (see `pipeline.mutaties`). Whoever starts
from a message (a retourbericht) or from a person (an inzage) finds the way between them here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map
from privacy.sleutelmerk import merk
from schemas.arrow import PSEUDONIEM

ROW_GROUP = 65_536
VERZONDEN = pa.schema(
    [
        ("ontvanger", pa.string()),
        ("signaal_id", pa.string()),
        ("intern_id", pa.string()),
        ("signaal_code", pa.string()),
        ("mutatie", pa.string()),
        ("persoon", PSEUDONIEM),
    ]
)


def geleverd_pad(instellingen: Instellingen, run_id: str) -> Path:
    """The file with the signals a run was to deliver, a row for each ontvanger and signal, as `VERZONDEN` says.

    `signaal_id` is the number in the message and `intern_id` that of the signal in the newest run with it: this one,
    or for one that ended the run it was last in. The file is there before the messages are; only to an ontvanger whose
    uitlevering is `geleverd` in the ledger were they sent.
    """
    return run_map(instellingen, run_id) / f"geleverd_{run_id.rsplit('-', 3)[0]}.parquet"


def ongegrond_pad(instellingen: Instellingen, run_id: str) -> Path:
    """The file with the signals of a run that were not sent, because their ontvanger had found them ungrounded."""
    return run_map(instellingen, run_id) / f"ongegrond_{run_id.rsplit('-', 3)[0]}.parquet"


def schrijf_geleverd(pad: Path, signalen: pa.Table, versie: int) -> None:
    """Writes the file from signals that have these columns among others, under the mark of a key version.

    In the order of `signaal_id`, so that one signal is found by reading one row group.
    """
    aside = pad.with_name(f".{pad.name}.{os.getpid()}")
    sent = signalen.select(VERZONDEN.names).cast(merk(VERZONDEN, versie)).sort_by("signaal_id")
    pq.write_table(sent, aside, compression="zstd", row_group_size=ROW_GROUP)
    aside.rename(pad)
