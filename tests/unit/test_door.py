"""The door: what is written, what is only counted, and that it happens whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.rijen import Rijen
from pipeline import passage as passage_module
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from pipeline.toelaten import toelaten
from privacy import schrijver
from privacy.deur import GEBRUIKT, QUARANTAINE, Deur, Toegang
from privacy.opzoeklijst import Opzoeklijst
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from schemas.arrow import lake_name, raw_schema
from schemas.doel import Raadpleging
from schemas.load import doelen, find_tabel
from tests.bouw import (
    BIJSTAND,
    CHECKOUT,
    IKV,
    alle_bestanden,
    bijstand,
    elfproef,
    ikv,
    lees_lake,
    maak_bsn,
    neem_op,
    personen_in_lake,
    populatie_csv,
    schrijf_csv,
)

A, B, C, D = (maak_bsn(nummer) for nummer in range(1, 5))
SLEUTEL = bytes(range(32))


def raadpleging(doel: str, tabel: str) -> Raadpleging:
    return next(een for een in doelen()[doel].bronnen if een.tabel == tabel)


def maak_populatie(personen: Iterable[str]) -> Populatie:
    populatie = Populatie()
    populatie.voeg_toe(np.array([int(persoon) for persoon in personen], dtype=np.int32))
    return populatie


def ruwe_batch(tabel: str, rijen: Sequence[dict[str, str | None]], eerste: int = 1) -> pa.RecordBatch:
    schema = raw_schema(find_tabel(tabel))
    numbered = [{"record_nr": nummer, **rij} for nummer, rij in enumerate(rijen, eerste)]
    return pa.RecordBatch.from_pylist(numbered, schema=schema)


class TestPopulatie:
    @settings(max_examples=50, deadline=None)
    @given(st.sets(st.integers(0, 999_999_999), max_size=50), st.lists(st.integers(0, 999_999_999), max_size=50))
    def test_holds_exactly_who_was_added(self, leden: set[int], anderen: list[int]) -> None:
        populatie = Populatie()
        for lid in leden:  # one by one and again, as populations grow
            populatie.voeg_toe(np.array([lid], dtype=np.int32))
        populatie.voeg_toe(np.array(sorted(leden) * 2, dtype=np.int32))
        gevraagd = [*leden, *anderen, *(lid ^ 1 for lid in leden), *(lid ^ 8 for lid in leden)]
        gevraagd = [nummer for nummer in gevraagd if nummer < 10**9]
        answer = populatie.bevat(np.array(gevraagd, dtype=np.int32))
        assert answer.tolist() == [nummer in leden for nummer in gevraagd]


# -- one batch against an oracle --------------------------------------------------------------------------------------

bsns = st.one_of(
    st.none(),
    st.sampled_from([A, B, C, D]),
    st.sampled_from(["", "000000000", "123456789", "1234", "123456782", "12345678X"]),
)
opgaven = st.fixed_dictionaries(
    {
        "burgerservicenummer": bsns,
        "datum_begin": st.sampled_from(["20260101", "20260000", "", "2026", "20261301", None]),
        "datum_einde": st.sampled_from(["20260131", "99991231", None, "x"]),
        "bedrag_loon_sv": st.sampled_from(["100", "-5", None, "1.5", "?"]),
        "bedrag_vakantietoeslag": st.sampled_from(["1", "kapot"]),  # outside every profile, so never a reason
        "loonheffingennummer": st.sampled_from(["123456789L01", None]),
    }
)


def opgave_orakel(rij: dict[str, str | None], populatie: set[str]) -> str:
    """The one outcome of an inkomstenopgave for doel inkomsten, worked out row by row."""
    bsn = (rij["burgerservicenummer"] or "").strip()
    if not bsn:
        return "R-BSN-LEEG"
    if len(bsn) not in (8, 9) or not bsn.isdigit():
        return "R-BSN-VORM"
    if not elfproef(bsn.rjust(9, "0")):
        return "R-BSN-ELFPROEF"
    if bsn.rjust(9, "0") not in populatie:
        return "D-POPULATIE"
    for veld in sorted(raadpleging("inkomsten", "uwv.inkomstenopgave").velden):
        waarde = rij.get(veld)
        if veld == "bedrag_loon_sv" and waarde in ("1.5", "?"):
            return "R-BEDRAG"
        if veld == "datum_begin" and not waarde:
            return "R-VERPLICHT"
        if veld in ("datum_begin", "datum_einde") and waarde in ("2026", "20261301", "x"):
            return "R-DATUM"
    return GEBRUIKT


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(opgaven, max_size=12), max_size=3), st.sets(st.sampled_from([A, B, C])))
def test_every_row_has_exactly_one_outcome(batches: list[list[dict[str, str | None]]], populatie: set[str]) -> None:
    tabel, doel = "uwv.inkomstenopgave", "inkomsten"
    profiel = raadpleging(doel, tabel)
    sleutelhouder = Pseudonimiseerder(SLEUTEL)
    toegang = Toegang(doel, profiel, sleutelhouder, maak_populatie(populatie))
    expected: Counter[str] = Counter()
    used, quarantined, eerste = [], [], 1
    with tempfile.TemporaryDirectory() as lake:
        with Deur(Path(lake), 7, {doel: "000007-x"}) as deur:
            for rijen in batches:
                deur.verwerk(ruwe_batch(tabel, rijen, eerste), [toegang])
                for nummer, rij in enumerate(rijen, eerste):
                    outcome = opgave_orakel(rij, populatie)
                    expected[outcome] += 1
                    if outcome == GEBRUIKT:
                        used.append((nummer, rij))
                    elif outcome.startswith("R-"):
                        quarantined.append((nummer, outcome))
                eerste += len(rijen)
        path = Path(lake) / doel / tabel / "000007-x.parquet"
        assert path.exists() == bool(used)
        table = pq.ParquetFile(path).read() if used else None
    tellingen = {reden: aantal for (_, _, reden), aantal in deur.uitkomst.tellingen.items() if aantal}
    tellingen.pop("W-VOORLOOPNUL", None)
    assert tellingen == expected
    assert sum(tellingen.values()) == sum(map(len, batches))  # ontvangen = gebruikt + buiten doel + uitval
    quarantine = pa.Table.from_batches(deur.uitkomst.quarantaine, schema=QUARANTAINE)
    assert sorted(zip(quarantine["record_nr"].to_pylist(), quarantine["code"].to_pylist(), strict=True)) == quarantined
    if table is not None:
        assert table["record_nr"].to_pylist() == [nummer for nummer, _ in used]
        assert table.column_names == ["levering_nr", "record_nr", *map(lake_name, profiel.velden)]
        persons = sleutelhouder.ontsleutel_tekst(table["persoon"].combine_chunks()).to_pylist()
        assert persons == [rij["burgerservicenummer"] for _, rij in used]


class TestEenDoel:
    """Details of one table and one doel, without files around it."""

    @pytest.fixture
    def door(self, tmp_path: Path) -> Callable[..., tuple[dict[str, int], dict[str, list[object]]]]:
        def run(
            doel: str,
            tabel: str,
            rijen: Sequence[dict[str, str | None]],
            populatie: Iterable[str] | None,
            **meer: object,
        ) -> tuple[dict[str, int], dict[str, list[object]]]:
            profiel, holder = raadpleging(doel, tabel), Pseudonimiseerder(SLEUTEL)
            belong = None if populatie is None else maak_populatie(populatie)
            toegang = Toegang(doel, profiel, holder, belong, **meer)
            with Deur(tmp_path, 1, {doel: "naam"}) as deur:
                deur.verwerk(ruwe_batch(tabel, rijen), [toegang])
            path = tmp_path / doel / tabel / "naam.parquet"
            columns: dict[str, list[object]] = {}
            if path.exists():
                table = pq.ParquetFile(path).read()
                for naam in table.column_names:
                    kolom = table[naam].combine_chunks()
                    columns[naam] = (
                        holder.ontsleutel_tekst(kolom) if naam in ("persoon", "partner") else kolom
                    ).to_pylist()
            return {reden: aantal for (_, _, reden), aantal in deur.uitkomst.tellingen.items() if aantal}, columns

        return run

    def bijstand(self, bsn: str | None, partner: str | None, **meer: str) -> dict[str, str | None]:
        return {
            "gemeentecode": "0344",
            "burgerservicenummer": bsn,
            "burgerservicenummer_partner": partner,
            "regeling": "PW",
            "datum_ingang": "20250101",
            **meer,
        }

    def test_population_table_keeps_person_and_partner(self, door) -> None:
        rijen = [self.bijstand(A, B), self.bijstand(C, None), self.bijstand(D, "123456789"), self.bijstand("123", B)]
        tellingen, kolommen = door("inkomsten", "gemeente.bijstandspopulatie", rijen, None)
        assert kolommen["persoon"] == [A, C, D]
        assert kolommen["partner"] == [B, None, None]
        assert tellingen == {GEBRUIKT: 3, "R-BSN-VORM": 1, "W-BSN-RELATIE": 1}

    def test_row_enters_through_the_partner_and_only_who_belongs_is_kept(self, door) -> None:
        rijen = [
            self.bijstand(A, B),
            self.bijstand(B, A),
            self.bijstand(A, C),
            self.bijstand(C, D),
            self.bijstand(A, None),
        ]
        tellingen, kolommen = door("vsv", "gemeente.bijstandspopulatie", rijen, [A])
        assert kolommen["persoon"] == [A, None, A, A]
        assert kolommen["partner"] == [None, A, None, None]
        assert kolommen["record_nr"] == [1, 2, 3, 5]
        assert tellingen == {GEBRUIKT: 4, "D-POPULATIE": 1}

    def test_spouse_outside_the_population_is_kept_where_the_profile_needs_the_relation(self, door) -> None:
        rijen = [
            {"burgerservicenummer": A, "burgerservicenummer_partner": D},
            {"burgerservicenummer": D, "burgerservicenummer_partner": A},
        ]
        tellingen, kolommen = door("kwijtschelding", "brp.huwelijk", rijen, [A])
        assert (kolommen["persoon"], kolommen["partner"]) == ([A], [D])
        assert tellingen == {GEBRUIKT: 1, "D-POPULATIE": 1}

    def test_faults_of_persons_outside_the_doel_are_not_looked_at(self, door) -> None:
        rijen: list[dict[str, str | None]] = [
            {"burgerservicenummer": A, "datum_begin": "kapot"},
            {"burgerservicenummer": B, "datum_begin": "kapot"},
        ]
        assert door("inkomsten", "uwv.inkomstenopgave", rijen, [A])[0] == {"R-DATUM": 1, "D-POPULATIE": 1}

    def test_leading_zero_is_counted_for_rows_that_are_used(self, door) -> None:
        acht, ander = [f"{nummer}" for nummer in range(10_000_000, 10_000_100) if elfproef(f"0{nummer}")][:2]
        rijen: list[dict[str, str | None]] = [
            {"burgerservicenummer": bsn, "datum_begin": "20260101"} for bsn in (acht, ander, A)
        ]
        tellingen, kolommen = door("inkomsten", "uwv.inkomstenopgave", rijen, ["0" + acht, A])
        assert tellingen == {GEBRUIKT: 2, "D-POPULATIE": 1, "W-VOORLOOPNUL": 1}
        assert kolommen["persoon"] == ["0" + acht, A]

    def test_table_without_persons_enters_by_what_was_admitted(self, door) -> None:
        rijen: list[dict[str, str | None]] = [
            {"kenteken": kenteken, "merk": "X"} for kenteken in ("AB123C", "XX999X", None)
        ]
        tellingen, kolommen = door(
            "kwijtschelding", "rdw.voertuig", rijen, None, sleutels=Opzoeklijst(pa.array(["AB123C"]))
        )
        assert kolommen["kenteken"] == ["AB123C"]
        assert tellingen == {GEBRUIKT: 1, "D-VIA": 2}

    def test_unknown_gemeente_is_rejected(self, door) -> None:
        rijen = [self.bijstand(A, None), self.bijstand(B, None, gemeentecode="9999")]
        assert door("inkomsten", "gemeente.bijstandspopulatie", rijen, None)[0] == {GEBRUIKT: 1, "R-CODE": 1}


def test_failure_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schrijver, "ROW_GROUP", 1)
    toegang = Toegang(
        "inkomsten", raadpleging("inkomsten", "uwv.inkomstenopgave"), Pseudonimiseerder(SLEUTEL), maak_populatie([A])
    )
    with pytest.raises(KeyboardInterrupt), Deur(tmp_path, 1, {"inkomsten": "naam"}) as deur:
        batch = ruwe_batch("uwv.inkomstenopgave", [{"burgerservicenummer": A, "datum_begin": "20260101"}])
        for _ in range(schrijver.AHEAD + 1):  # the last waits for the first
            deur.verwerk(batch, [toegang])
        assert alle_bestanden(tmp_path)  # it is being written aside
        raise KeyboardInterrupt
    assert alle_bestanden(tmp_path) == []


# -- leveringen through ontvang and toelaten --------------------------------------------------------------------------


def tel(uitkomsten: Sequence[object], levering_id: str) -> dict[tuple[str, str, str], int]:
    [een] = [uitkomst for uitkomst in uitkomsten if uitkomst.levering_id == levering_id]
    return {key: aantal for key, aantal in een.tellingen.items() if aantal}


class TestLeveringen:
    def test_only_profile_fields_and_population_persons_are_written(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": schrijf_csv(BIJSTAND, [bijstand(A, partner=C)])})
        levering = neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv(B), ikv(C), ikv("123456789")])})
        tellingen = tel(toelaten(instellingen), levering.levering_id)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A, C]
        assert set(lees_lake(instellingen, "inkomsten", "gemeente.bijstandspopulatie").column_names) == {
            *(
                "levering_nr",
                "record_nr",
                "gemeentecode",
                "persoon",
                "partner",
                "regeling",
                "datum_ingang",
                "datum_einde",
            )
        }  # leefvorm and normbedrag are in the file and not in the profile
        assert tellingen[("inkomsten", "uwv.inkomstenverhouding", GEBRUIKT)] == 2
        assert tellingen[("inkomsten", "uwv.inkomstenverhouding", "D-POPULATIE")] == 1
        assert tellingen[("inkomsten", "uwv.inkomstenverhouding", "R-BSN-ELFPROEF")] == 1
        assert not (instellingen.lake / "vsv" / "uwv.inkomstenverhouding").exists()

    def test_every_levering_reconciles_per_doel(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A, B])})
        neem_op(
            instellingen,
            "duo",
            {"d.csv": schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), [[B, 2], [C, 3]])},
        )
        rijen = [ikv(A), ikv(B), ikv(C), ikv(D), ikv("1"), ikv(""), ikv(A, begin="x")]
        levering = neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, rijen)})
        tellingen = tel(toelaten(instellingen), levering.levering_id)
        for doel in ("inkomsten", "vsv", "kwijtschelding"):
            redenen = {reden: n for (d, _, reden), n in tellingen.items() if d == doel and not reden.startswith("W-")}
            assert sum(redenen.values()) == len(rijen), doel
        assert tellingen["vsv", "uwv.inkomstenverhouding", GEBRUIKT] == 1
        assert tellingen["inkomsten", "uwv.inkomstenverhouding", "R-DATUM"] == 1
        assert ("kvk", "uwv.inkomstenverhouding", GEBRUIKT) not in tellingen  # its profile does not consult the polis

    def test_quarantine_points_and_holds_no_value(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        levering = neem_op(
            instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv("123456789"), ikv(A, begin="geheim")])}
        )
        toelaten(instellingen)
        path = instellingen.map("quarantaine", levering.levering_id)
        table = pq.read_table(path)
        assert table.schema == QUARANTAINE
        found = {(row["doel"], row["record_nr"], row["code"]) for row in table.to_pylist()}
        assert ("inkomsten", 2, "R-BSN-ELFPROEF") in found
        assert ("inkomsten", 3, "R-DATUM") in found
        assert "geheim" not in str(table.to_pylist())
        assert "123456789" not in str(table.to_pylist())

    def test_planted_person_is_nowhere_but_in_the_landing(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {f"{B}.csv": schrijf_csv(IKV, [ikv(A), ikv(B)])})
        toelaten(instellingen)
        for path in alle_bestanden(instellingen.data):
            if path.is_relative_to(instellingen.data / "aangeboden"):  # where this test itself put them
                continue
            assert B not in path.name
            if not path.is_relative_to(instellingen.landing):
                content = path.read_bytes()
                assert A.encode() not in content, path.name
                assert int(A).to_bytes(4, "little") not in content, path.name
                if path.suffix == ".parquet":
                    assert A not in str(pq.read_table(path).to_pylist())

    def test_same_files_twice_are_one_levering(self, instellingen: Instellingen) -> None:
        een, twee = schrijf_csv(IKV, [ikv(A)]), schrijf_csv(IKV, [ikv(B)])
        eerste = neem_op(instellingen, "uwv", {"a.csv": een, "b.csv": twee})
        again = neem_op(instellingen, "uwv", {"x.csv": twee, "y.csv": een})  # other names, other order
        assert eerste.nieuw and not again.nieuw
        assert (again.levering_id, again.code) == (eerste.levering_id, "L-DUBBEL")
        assert len(instellingen.grootboek.leveringen()) == 1

    def test_other_content_period_or_bron_is_another_levering(self, instellingen: Instellingen) -> None:
        text = schrijf_csv(IKV, [ikv(A)])
        ids = {
            neem_op(instellingen, "uwv", {"a.csv": text}).levering_id,
            neem_op(instellingen, "uwv", {"a.csv": text}, "2026-02").levering_id,
            neem_op(instellingen, "uwv", {"a.csv": text + "\n"}).levering_id,
            neem_op(instellingen, "duo", {"a.csv": text}).levering_id,
        }
        assert len(ids) == 4

    def test_nothing_passes_twice(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A)])})
        assert len(toelaten(instellingen)) == 2
        before = {path: path.stat().st_mtime_ns for path in alle_bestanden(instellingen.lake)}
        assert toelaten(instellingen) == []
        assert {path: path.stat().st_mtime_ns for path in alle_bestanden(instellingen.lake)} == before

    def test_population_that_grows_makes_a_levering_pass_again(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        levering = neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv(B)])})
        toelaten(instellingen)
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([B])}, "2026-02")
        again = {uitkomst.levering_id: uitkomst.doelen for uitkomst in toelaten(instellingen)}
        assert "inkomsten" in again[levering.levering_id]
        assert "vsv" not in again[levering.levering_id]  # its population is the DUO list, and that did not change
        assert sorted(map(str, personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding"))) == sorted(
            [A, B]
        )

    def test_order_of_receipt_does_not_matter(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv(B)])})
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == []
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A]

    def test_volgverzoek_counts_for_its_own_product_only(self, instellingen: Instellingen) -> None:
        kolommen = ("gemeentecode", "burgerservicenummer", "product", "datumVan", "datumTot")
        rijen = [["0344", A, "inkomsten", "20260101", ""], ["0344", B, "kvk", "20260101", ""]]
        neem_op(instellingen, "gemeente", {"v.csv": schrijf_csv(kolommen, rijen)})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv(B)])})
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A]

    def test_levering_number_and_record_numbers_run_on_over_files(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A, B, C])})
        neem_op(
            instellingen,
            "uwv",
            {"1.csv": schrijf_csv(IKV, [ikv(A), ikv(D), ikv(B)]), "2.csv": schrijf_csv(IKV, [ikv(C)])},
        )
        toelaten(instellingen)
        table = lees_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding")
        assert table["levering_nr"].to_pylist() == [2, 2, 2]
        assert table["record_nr"].to_pylist() == [1, 3, 4]

    def test_landed_files_carry_a_number_and_no_name(self, instellingen: Instellingen) -> None:
        text = schrijf_csv(IKV, [ikv(A)])
        levering = neem_op(instellingen, "uwv", {f"{A}.csv": text, f"{B}.CSV.bak2026": text + "\n"})
        folder = instellingen.landing / "uwv" / levering.levering_id
        assert [path.name for path in alle_bestanden(folder)] == ["000001.csv", "000002.bak2026"]
        assert landed(folder)[1].read_text() == text
        assert folder.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("bron", "periode", "code"),
        [("cbs", "2026-01", "L-BRON"), ("uwv", "2026-13", "L-PERIODE"), ("uwv", "januari", "L-PERIODE")],
    )
    def test_unknown_bron_or_period(self, instellingen: Instellingen, bron: str, periode: str, code: str) -> None:
        with pytest.raises(Exception, match=code):
            neem_op(instellingen, bron, {"a.csv": "x"}, periode)
        assert instellingen.grootboek.leveringen() == []


class TestOnderbroken:
    def vul(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A, B])})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A), ikv(B)])})

    def test_interrupted_while_reading(self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vul(instellingen)
        lees = passage_module.lees_bestand

        def breek_af(*args: object) -> Iterable[object]:
            for item in lees(*args):
                yield item
                if isinstance(item, Rijen) and item.tabel == "uwv.inkomstenverhouding":
                    raise KeyboardInterrupt

        monkeypatch.setattr(passage_module, "lees_bestand", breek_af)
        with pytest.raises(KeyboardInterrupt):
            toelaten(instellingen)
        assert not [path for path in alle_bestanden(instellingen.lake) if "uwv" in str(path)]
        monkeypatch.undo()
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A, B]

    def test_killed_halfway(self, instellingen: Instellingen) -> None:
        """A process that is killed cannot clean up: what it wrote aside must not count, and the next run finishes."""
        self.vul(instellingen)
        script = f"""
import os, signal
from pathlib import Path
from pipeline import passage as module
from pipeline.toelaten import toelaten
from pipeline.instellingen import Instellingen
lees = module.lees_bestand
def dood(*args):
    for item in lees(*args):
        yield item
        if item.tabel == "uwv.inkomstenverhouding":
            os.kill(os.getpid(), signal.SIGKILL)
module.lees_bestand = dood
toelaten(Instellingen(data=Path({str(instellingen.data)!r})))
"""
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=CHECKOUT, check=False, capture_output=True, timeout=60
        )
        assert done.returncode == -9, done.stderr.decode()
        uwv = [path for path in alle_bestanden(instellingen.lake) if "uwv" in str(path.parent)]
        assert all(path.name.startswith(".") for path in uwv)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == []
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A, B]

    def test_stopped_between_the_files_and_the_ledger(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.vul(instellingen)

        def stop(*args: object, **meer: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(type(instellingen.grootboek), "registreer_doorgangen", stop)
        with pytest.raises(KeyboardInterrupt):
            toelaten(instellingen)
        monkeypatch.undo()
        assert len(toelaten(instellingen)) == 2
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A, B]
        files = [path for path in alle_bestanden(instellingen.lake / "inkomsten") if "uwv" in str(path.parent)]
        assert len(files) == 1


FUNCTIES = ("burgerservicenummer", "kvkNummer", "functie", "datumAanvang", "datumEinde")
ONDERNEMING = ("kvkNummer", "naam")


class TestVolgorde:
    """Whatever the order or the part in which leveringen pass, everybody who belongs is let in, in the end."""

    def test_part_of_the_bronnen_first(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A)])})
        toelaten(instellingen, bron="uwv")
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A]

    def test_part_of_the_periods_first(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A)])}, "2026-01")
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])}, "2026-02")
        toelaten(instellingen, tot_periode="2026-01")
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A]

    @pytest.mark.parametrize(
        "eerst",
        [
            "functionaris",
            pytest.param("onderneming"),
        ],
    )
    def test_what_hangs_on_a_later_levering(self, instellingen: Instellingen, eerst: str) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        files = {
            "onderneming": schrijf_csv(ONDERNEMING, [["12345678", "Zaak"], ["87654321", "Andere"]]),
            "functionaris": schrijf_csv(FUNCTIES, [[A, "12345678", "eigenaar", "20260101", ""]]),
        }
        for soort in sorted(files, key=lambda naam: naam != eerst):
            neem_op(instellingen, "kvk", {"a.csv": files[soort]})
        toelaten(instellingen)
        toelaten(instellingen)
        assert lees_lake(instellingen, "kvk", "kvk.onderneming")["naam"].to_pylist() == ["Zaak"]
