"""Thresholds: what is judged, when, and that nobody is admitted by a levering that is parked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from lineage.leveringen import geteld
from pipeline.instellingen import Instellingen
from pipeline.levering import besluit as levering_besluit
from pipeline.levering.oordeel import PERIODEN, Volumes
from pipeline.toelaten import toelaten
from schemas.load import bronnen, find_tabel
from tests.bouw import (
    BIJSTAND,
    IKV,
    bijstand,
    ikv,
    lees_lake,
    maak_bsn,
    neem_op,
    personen_in_lake,
    populatie_csv,
    schrijf_csv,
)
from tests.leveringen import neem_met_manifest, rij, stand_van

TABEL = "gemeente.bijstandspopulatie"
GENOEG = bronnen()["gemeente"].drempels.minimum
FOUT = "123456789"
MAANDEN = [f"2025-{maand:02d}" for maand in range(1, 13)]


@cache
def _personen(aantal: int) -> list[str]:
    return [maak_bsn(nummer) for nummer in range(aantal)]


def populatie(aantal: int, fout: int = 0, eerste: int = 1) -> str:
    personen = _personen(6000)[eerste : eerste + aantal - fout] + [FOUT] * fout
    return schrijf_csv(BIJSTAND, [bijstand(persoon) for persoon in personen])


def lever(instellingen: Instellingen, inhoud: str, periode: str = "2025-01", **manifest: Any) -> str:
    neem = neem_met_manifest if manifest else neem_op
    return neem(instellingen, "gemeente", {"b.csv": inhoud}, periode, **manifest).levering_id


# Uitval


def test_demo_tables_have_the_default_thresholds() -> None:
    drempels = bronnen()["gemeente"].drempels
    assert (drempels.uitval_procent, drempels.volume_procent, drempels.minimum) == (5, 50, 1000)
    assert bronnen()["uwv"].drempels.volume_procent == 75
    aanvraag = find_tabel("gemeente.kwijtscheldingsaanvraag").drempels
    assert aanvraag is not None and aanvraag.volume_procent is None and aanvraag.uitval_procent == 5


@pytest.mark.parametrize(
    ("aantal", "fout", "code"),
    [
        (GENOEG, 50, None),
        (GENOEG, 51, "L-DREMPEL-UITVAL"),
        (GENOEG - 1, GENOEG - 2, None),  # too few to say anything of
        (GENOEG, GENOEG, "L-DREMPEL-UITVAL"),
    ],
)
def test_share_of_rejected_records(instellingen: Instellingen, aantal: int, fout: int, code: str | None) -> None:
    levering = lever(instellingen, populatie(aantal, fout))
    toelaten(instellingen)

    assert stand_van(instellingen, levering) == ("geparkeerd" if code else "ontvangen", code)


def test_lines_that_cannot_be_read_count_too(instellingen: Instellingen) -> None:
    levering = lever(instellingen, populatie(GENOEG, 30) + "te;kort\n" * 30)
    toelaten(instellingen)

    assert rij(instellingen, levering)["wijzer"] == f"{TABEL}: 5.8%, ten hoogste 5%"


def test_parked_population_admits_nobody_and_leaves_nothing_in_the_lake(instellingen: Instellingen) -> None:
    goed = maak_bsn(5)
    lever(instellingen, populatie_csv([goed]), "2024-12")
    levering = lever(instellingen, populatie(GENOEG, 100, eerste=10))
    uwv = neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(goed), ikv(maak_bsn(11))])}, "2025-01")
    done = {uitkomst.levering_id: uitkomst for uitkomst in toelaten(instellingen)}

    assert stand_van(instellingen, levering) == ("geparkeerd", "L-DREMPEL-UITVAL")
    assert done[levering].doelen == ()
    assert done[levering].tellingen["", TABEL, "ontvangen"] == GENOEG
    assert done[levering].tellingen["inkomsten", TABEL, "R-BSN-ELFPROEF"] == 100
    assert done[uwv.levering_id].doelen
    assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [goed]
    assert not list(instellingen.lake.rglob("000002-*.parquet"))
    assert toelaten(instellingen) == []


def test_source_that_is_parked_while_others_pass(instellingen: Instellingen) -> None:
    """Judged after the population was, so what counted on it passes again without it."""
    goed = maak_bsn(1)
    lever(instellingen, populatie_csv([goed]))
    slecht = schrijf_csv(IKV, [ikv(goed), *([ikv(FOUT)] * GENOEG)])
    levering = neem_op(instellingen, "uwv", {"i.csv": slecht}, "2025-01").levering_id
    toelaten(instellingen)

    assert stand_van(instellingen, levering) == ("geparkeerd", "L-DREMPEL-UITVAL")
    assert lees_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding").num_columns == 0
    assert toelaten(instellingen) == []


def test_approved_levering_passes_and_is_not_judged_again(instellingen: Instellingen) -> None:
    levering = lever(instellingen, populatie(GENOEG, 100))
    toelaten(instellingen)
    levering_besluit.goedkeuren(instellingen, levering, "met de gemeente afgestemd", "beheer")
    [passed] = toelaten(instellingen)

    assert (passed.levering_id, stand_van(instellingen, levering)[0]) == (levering, "ontvangen")
    assert len(personen_in_lake(instellingen, "inkomsten", TABEL)) == GENOEG - 100
    assert toelaten(instellingen) == []


def test_refused_levering_never_passes(instellingen: Instellingen) -> None:
    levering = lever(instellingen, populatie(GENOEG, 100))
    toelaten(instellingen)
    levering_besluit.afkeuren(instellingen, levering, "te slecht", "beheer")

    assert toelaten(instellingen) == []
    assert stand_van(instellingen, levering)[0] == "afgekeurd"


# Volume


@pytest.mark.parametrize(
    ("eerder", "nu", "manifest", "code"),
    [
        ([1000], 500, {}, None),
        ([1000], 499, {}, "L-DREMPEL-VOLUME"),
        ([1000], 1500, {}, None),
        ([1000], 1501, {}, "L-DREMPEL-VOLUME"),
        ([999], 10, {}, None),  # too few to compare with
        ([], 5000, {}, None),  # nothing to compare with
        ([800, 1600], 1800, {}, None),
        ([800, 1600], 1801, {}, "L-DREMPEL-VOLUME"),
        ([1000], 20, {"volledig": False}, None),  # more will come
        ([1000], 1501, {"volledig": False}, "L-DREMPEL-VOLUME"),
        ([1000], 20, {"aanleveraar": "0344"}, None),  # another one delivered the rest
    ],
)
def test_number_of_records_against_the_months_before(
    instellingen: Instellingen, eerder: Sequence[int], nu: int, manifest: dict[str, Any], code: str | None
) -> None:
    for maand, aantal in zip(MAANDEN, eerder, strict=False):
        lever(instellingen, populatie(aantal), maand)
        toelaten(instellingen)
    levering = lever(instellingen, populatie(nu), "2025-12", **manifest)
    toelaten(instellingen)

    assert stand_van(instellingen, levering) == ("geparkeerd" if code else "ontvangen", code)


def test_leveringen_of_a_month_count_together(instellingen: Instellingen) -> None:
    """Also when they come at the same time as the month they are held against."""
    lever(instellingen, populatie(1000))
    deel = lever(instellingen, populatie(300), "2025-02")
    rest = lever(instellingen, populatie(400, eerste=500), "2025-02")
    toelaten(instellingen)

    assert {stand_van(instellingen, levering)[0] for levering in (deel, rest)} == {"ontvangen"}
    assert geteld(instellingen.grootboek) == {(1, TABEL): 1000, (2, TABEL): 300, (3, TABEL): 400}


def test_a_levering_is_judged_once(instellingen: Instellingen) -> None:
    """A month that turns out to be small is not held against a levering that was used already."""
    levering = lever(instellingen, populatie(2000), "2025-02")
    toelaten(instellingen)
    lever(instellingen, populatie(1000), "2025-01")
    toelaten(instellingen)

    assert stand_van(instellingen, levering) == ("ontvangen", None)


def test_mean_is_of_the_latest_months_that_have_records() -> None:
    rijen = [
        {"levering_nr": nr, "bron": "uwv", "aanleveraar": None, "periode": maand} for nr, maand in enumerate(MAANDEN)
    ]
    volumes = Volumes({(nr, "t"): (nr + 1) * 10 * (nr != 5) for nr in range(12)}, frozenset(), rijen)

    nu, gemiddelde = volumes.vergelijk(rijen[8], "t")
    assert (nu, gemiddelde) == (90, sum((20, 30, 40, 50, 70, 80)) / PERIODEN)
    assert volumes.vergelijk(rijen[0], "t") == (10, None)
    assert volumes.vergelijk(rijen[3], "andere") == (0, None)


# Archives


def _zip(*leden: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for nr, inhoud in enumerate(leden):
            archive.writestr(f"{nr}.csv", inhoud)
    return buffer.getvalue()


LAAT_KAPOT = schrijf_csv(IKV, [ikv(maak_bsn(1))] * 8000).encode() + b"\xff\xfe;;;;;;\n"
GOED = schrijf_csv(IKV, [ikv(maak_bsn(1))]).encode()


@pytest.mark.parametrize(
    ("leden", "status"), [((LAAT_KAPOT, LAAT_KAPOT + b"x"), "geparkeerd"), ((LAAT_KAPOT, GOED), "ontvangen")]
)
def test_archive_of_which_every_member_breaks_late_is_parked(
    instellingen: Instellingen, leden: tuple[bytes, ...], status: str
) -> None:
    lever(instellingen, populatie_csv([maak_bsn(1)]))
    levering = neem_op(instellingen, "uwv", {"a.zip": _zip(*leden)}, "2025-01")
    assert levering.status == "ontvangen"
    toelaten(instellingen)

    assert stand_van(instellingen, levering.levering_id)[0] == status
    [bestand] = instellingen.grootboek.bestanden(2)
    assert bestand["code"] == ("B-CODERING" if status == "geparkeerd" else None)
    assert len(personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding")) == (status == "ontvangen")
