"""Synthetic burgerservicenummers: valid, in their range, and wrong in the ways that are meant."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from demo import bsn
from demo.voertuig import make_kentekens


def is_valid(nummer: str) -> bool:
    """The elfproef as the Logisch Ontwerp words it, one number at a time."""
    gewichten = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return (
        len(nummer) == 9
        and nummer.isdigit()
        and sum(int(cijfer) * gewicht for cijfer, gewicht in zip(nummer, gewichten, strict=True)) % 11 == 0
        and nummer != "000000000"
    )


def test_bsns_are_valid_distinct_and_in_range() -> None:
    nummers = bsn.make_bsns(30_000)
    assert len(set(nummers.tolist())) == 30_000
    assert nummers[0] == 999_999_990
    assert (np.diff(nummers) < 0).all()
    assert nummers.min() >= 900_000_000
    assert all(is_valid(str(nummer)) for nummer in nummers[::97])


def test_no_valid_number_is_skipped() -> None:
    gemaakt = set(bsn.make_bsns(200).tolist())
    alle = [nummer for nummer in range(min(gemaakt), 999_999_991) if is_valid(str(nummer))]
    assert gemaakt == set(alle)


def test_a_country_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bsn, "LAAGSTE", 999_990_000)
    assert len(bsn.make_bsns(800)) == 800
    with pytest.raises(ValueError, match="synthetic range"):
        bsn.make_bsns(1_000)


def test_spoiled_bsns_are_wrong_in_every_way() -> None:
    goed = pa.array(bsn.make_bsns(4_000)).cast(pa.string())
    fout = bsn.spoil_bsns(goed).to_pylist()
    per_soort = {soort: fout[nummer::4] for nummer, soort in enumerate(bsn.SOORTEN_FOUT)}
    assert all(len(waarde) == 9 and waarde.isdigit() and not is_valid(waarde) for waarde in per_soort["elfproef"])
    assert all(len(waarde) == 8 and not is_valid("0" + waarde) for waarde in per_soort["voorloopnul"])
    assert not any(waarde.isdigit() for waarde in per_soort["letters"])
    assert set(per_soort["leeg"]) == {None}


def test_kentekens_are_distinct_and_have_a_known_shape() -> None:
    kentekens = make_kentekens(np.arange(200_000)).tolist()
    assert len(set(kentekens)) == 200_000
    vormen = {"".join("9" if teken.isdigit() else "X" for teken in kenteken) for kenteken in kentekens}
    assert vormen == {"9XXX99", "99XXX9", "XXX99X", "XX999X"}
