"""What a run is made with, and by which digest a repetition of it is judged."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.herhaling.vergelijk import vergelijk_berichten, vergelijk_signalen
from pipeline.instellingen import Instellingen
from pipeline.vastlegging import MAP, bewaar_declaraties, inhoud_van, leg_vast, met_bestanden, pak_uit, sha256_van
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout
from schemas.load import ROOT


def schrijf(pad: Path, personen: list[bytes], waarden: list[str | None]) -> Path:
    table = pa.table(
        {
            "signaal_id": [f"{persoon.hex()}" for persoon in personen],
            "persoon": pa.array([persoon.ljust(16, b".") for persoon in personen], PSEUDONIEM),
            "waarde": pa.array(waarden, pa.string()),
        }
    )
    pq.write_table(table, pad)
    return pad


class TestDeclaraties:
    def test_kept_once_and_given_back_whole(self, instellingen: Instellingen, tmp_path: Path) -> None:
        digest = bewaar_declaraties(instellingen)
        assert bewaar_declaraties(instellingen) == digest
        assert [pad.stem for pad in instellingen.map(MAP).iterdir()] == [digest]

        schemas = pak_uit(instellingen, digest, tmp_path / "toen")

        for place in ("codes/norm.csv", "producten/vsv.yml", "bronnen/uwv/inkomstenopgave.yml"):
            assert (schemas / place).read_bytes() == (ROOT / place).read_bytes()
        model = "transforms/models/signals/signal_vsv.sql"
        assert (tmp_path / "toen" / model).read_bytes() == (ROOT.parent / model).read_bytes()
        assert not list((tmp_path / "toen").rglob("*.py"))

    def test_changed_or_lost_is_refused(self, instellingen: Instellingen, tmp_path: Path) -> None:
        digest = bewaar_declaraties(instellingen)
        with zipfile.ZipFile(instellingen.map(MAP, f"{digest}.zip"), "a") as file:
            file.writestr("schemas/codes/extra.csv", "a\n")
        for asked in (digest, "0" * 64):
            with pytest.raises(KetenFout) as fout:
                pak_uit(instellingen, asked, tmp_path / "toen")
            assert fout.value.code == "Z-DECLARATIES"
        assert not (tmp_path / "toen").exists()

    def test_noted_with_what_else_matters(self, instellingen: Instellingen) -> None:
        made_with = json.loads(met_bestanden(leg_vast(instellingen, afzender_oin="1"), {"a.json": "f" * 64}))
        assert (made_with["afzender_oin"], made_with["bestanden"]) == ("1", {"a.json": "f" * 64})
        assert made_with["programma"].startswith("signaalketen ")


class TestInhoud:
    def test_key_and_order_do_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / "nu").mkdir()
        toen = schrijf(tmp_path / "signal_vsv.parquet", [b"a", b"b"], ["x", None])
        nu = schrijf(tmp_path / "nu" / "signal_vsv.parquet", [b"z", b"y"], [None, "x"])
        assert inhoud_van(toen) == inhoud_van(nu)

    def test_is_what_earlier_runs_entered(self, tmp_path: Path) -> None:
        """A run of then is still judged by it: of every row the MD5 in halves, added up."""
        digests = [hashlib.md5(text.encode(), usedforsecurity=False).digest() for text in ("x", chr(30))]
        numbers = [int.from_bytes(digest, "little") for digest in digests]
        halves = (sum(number >> 64 for number in numbers), sum(number % 2**64 for number in numbers))
        bestand = schrijf(tmp_path / "signal_vsv.parquet", [b"a", b"b"], ["x", None])
        assert inhoud_van(bestand) == hashlib.sha256(f"waarde {(2, *halves)}".encode()).hexdigest()

    @pytest.mark.parametrize("waarden", [["x"], ["x", ""], ["x", "x"], ["x", None, None]])
    def test_rows_do(self, tmp_path: Path, waarden: list[str | None]) -> None:
        (tmp_path / "nu").mkdir()
        toen = schrijf(tmp_path / "signal_vsv.parquet", [b"a", b"b"], ["x", None])
        nu = schrijf(tmp_path / "nu" / "signal_vsv.parquet", [b"a", b"b", b"c"][: len(waarden)], waarden)
        assert inhoud_van(toen) != inhoud_van(nu)


class TestVergelijk:
    def test_signals(self, tmp_path: Path) -> None:
        """Other bytes are only right when the key is another, and the rows are the same."""
        toen = schrijf(tmp_path / "signal_vsv.parquet", [b"a"], ["x"])
        row = {"naam": toen.name, "sha256": sha256_van(toen), "inhoud": inhoud_van(toen), "sleutelversie": 1}
        assert [item.uitkomst for item in vergelijk_signalen([row], tmp_path, 1)] == ["gelijk"]
        schrijf(toen, [b"z"], ["x"])
        assert [item.uitkomst for item in vergelijk_signalen([row], tmp_path, 2)] == ["inhoud gelijk"]
        (same,) = vergelijk_signalen([row], tmp_path, 1)
        assert (same.uitkomst, same.reden) == ("anders", "de rijen zijn gelijk, het bestand niet")
        schrijf(toen, [b"z"], ["y"])
        assert [item.uitkomst for item in vergelijk_signalen([row], tmp_path, 2)] == ["anders"]

    def test_messages(self, tmp_path: Path) -> None:
        digest = hashlib.sha256(b"toen").hexdigest()
        rows = [
            {"ontvanger": naar, "vastgelegd": json.dumps({"bestanden": {"b.json": digest}})}
            for naar in ("gelijk", "anders", "niet", "weg")
        ]
        for naar, inhoud in (("gelijk", b"toen"), ("anders", b"nu"), ("weg", b"nu")):
            (tmp_path / naar).mkdir()
            (tmp_path / naar / "b.json").write_bytes(inhoud)

        found = {
            item.naam: (item.uitkomst, item.gelijk) for item in vergelijk_berichten(rows, tmp_path, {"weg", "gelijk"})
        }

        assert found == {
            "gelijk/b.json": ("gelijk", True),
            "anders/b.json": ("anders", False),
            "niet/b.json": ("anders", False),
            "weg/b.json": ("vernietigd", False),
        }
        assert sorted(pad.name for pad in tmp_path.iterdir()) == ["anders", "gelijk"]
