"""Keys: one hierarchy, several places for the master key, and a faulty one is never used."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lineage.sleutels import actieve_versie, laat_vervallen, neem_in_gebruik, nieuwe_versie, versies
from pipeline.dbt_build import _environment
from pipeline.instellingen import Instellingen
from pipeline.stand import Stand
from privacy.pseudoniem import Pseudonimiseerder
from privacy.signaalnummer import herversleutel_nummers, signaalnummers
from privacy.sleutelmerk import controleer, merk
from privacy.sleutels import VARIABELE, Omgevingssleutel, Sleutelbestand, Sleutelbos
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout

MASTER = bytes(range(32))


@pytest.fixture
def bestand(tmp_path: Path) -> Sleutelbestand:
    bron = Sleutelbestand(tmp_path / "sleutels" / "master.key")
    bron.maak()
    return bron


class TestHierarchy:
    def test_every_use_doel_and_version_has_a_key_of_its_own(self, bestand: Sleutelbestand) -> None:
        bos = Sleutelbos(bestand)
        sleutels = {
            bos.sleutel(doel, versie, gebruik)
            for doel in ("inkomsten", "vsv", "kvk")
            for versie in (None, 1, 2, 12)
            for gebruik in ("pseudoniem", "signaal", "logboek")
        }
        assert len(sleutels) == 36
        assert bestand.pad.read_bytes() not in sleutels

    def test_derivation_is_hkdf_under_the_label(self, bestand: Sleutelbestand) -> None:
        """Written out here; changing it orphans every lake."""
        bestand.pad.write_bytes(MASTER)
        info = b"signaalketen/pseudoniem/vsv/1"
        assert Sleutelbos(bestand).sleutel("vsv") == HKDF(SHA256(), 32, None, info).derive(MASTER)
        assert Sleutelbos(bestand).sleutel("vsv").hex().startswith("4516d22ef572026f")

    def test_check_value_tells_keys_apart_and_is_no_pseudonym(self, bestand: Sleutelbestand) -> None:
        bos = Sleutelbos(bestand)
        found = {bos.controlegetal(doel, versie) for doel in ("vsv", "kvk") for versie in (1, 2)}
        assert len(found) == 4
        encryptor = Cipher(algorithms.AES256(bos.sleutel("vsv")), modes.ECB()).encryptor()
        assert bos.controlegetal("vsv", 1) == encryptor.update(bytes(16)).hex()[:6]


class TestFile:
    def test_key_is_made_once_for_its_owner_only(self, bestand: Sleutelbestand) -> None:
        inhoud = bestand.pad.read_bytes()
        assert bestand.pad.stat().st_mode & 0o777 == 0o600
        assert bestand.pad.parent.stat().st_mode & 0o077 == 0
        with pytest.raises(KetenFout, match="P-BESTAAT"):
            bestand.maak()
        assert bestand.pad.read_bytes() == inhoud
        assert list(bestand.pad.parent.iterdir()) == [bestand.pad]

    @pytest.mark.parametrize("rechten", [0o604, 0o640, 0o660, 0o644])
    def test_key_that_others_may_read_is_refused(self, bestand: Sleutelbestand, rechten: int) -> None:
        bestand.pad.chmod(rechten)
        with pytest.raises(KetenFout, match="P-SLEUTEL"):
            bestand.leid_af(b"x")

    @pytest.mark.parametrize("inhoud", [b"", b"kort", bytes(33)])
    def test_damaged_key_is_refused(self, bestand: Sleutelbestand, inhoud: bytes) -> None:
        bestand.pad.write_bytes(inhoud)
        with pytest.raises(KetenFout, match="P-SLEUTEL"):
            bestand.leid_af(b"x")

    def test_absent_key_or_folder_is_refused(self, tmp_path: Path) -> None:
        for pad in (tmp_path / "geen.key", tmp_path):
            with pytest.raises(KetenFout, match="P-SLEUTEL"):
                Sleutelbestand(pad).leid_af(b"x")

    def test_two_installations_have_different_keys(self, tmp_path: Path) -> None:
        een, twee = (Sleutelbestand(tmp_path / naam / "master.key") for naam in "ab")
        een.maak()
        twee.maak()
        assert een.leid_af(b"x") != twee.leid_af(b"x")


class TestEnvironment:
    @pytest.mark.parametrize("tekst", [MASTER.hex(), MASTER.hex().upper(), base64.b64encode(MASTER).decode()])
    def test_gives_the_keys_of_the_file(
        self, bestand: Sleutelbestand, monkeypatch: pytest.MonkeyPatch, tekst: str
    ) -> None:
        bestand.pad.write_bytes(MASTER)
        monkeypatch.setenv(VARIABELE, tekst)
        assert Omgevingssleutel().leid_af(b"x") == bestand.leid_af(b"x")

    @pytest.mark.parametrize(
        "tekst",
        ["", "kort", "00" * 31, "00" * 33, "zz" * 32, base64.b64encode(bytes(31)).decode(), "A" * 43 + "\n", "é" * 64],
    )
    def test_malformed_key_is_refused_and_not_shown(self, monkeypatch: pytest.MonkeyPatch, tekst: str) -> None:
        monkeypatch.setenv(VARIABELE, tekst)
        with pytest.raises(KetenFout, match="P-SLEUTEL") as fout:
            Omgevingssleutel().leid_af(b"x")
        assert not tekst or tekst not in str(fout.value)

    def test_is_no_part_of_the_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv(VARIABELE, MASTER.hex())
        monkeypatch.setenv("KETEN_SLEUTELBRON", "omgeving")
        instellingen = Instellingen(data=tmp_path)
        assert instellingen.sleutelbos.sleutel("vsv")
        assert MASTER.hex() not in f"{instellingen!r}{instellingen.model_dump()}{instellingen.sleutelbos!r}"
        with pytest.raises(KetenFout, match="P-BESTAAT"):
            instellingen.hoofdsleutel.maak()

    def test_the_models_do_not_see_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(VARIABELE, MASTER.hex())
        with _environment({"KETEN_X": "1"}):
            assert VARIABELE not in os.environ
        assert os.environ[VARIABELE] == MASTER.hex()
        assert "KETEN_X" not in os.environ


class TestVersions:
    def test_first_use_makes_version_one_active(self, instellingen: Instellingen) -> None:
        assert actieve_versie(instellingen.grootboek, "vsv") == 1
        assert versies(instellingen.grootboek) == []  # looking is not using
        assert Stand(instellingen).pseudonimiseerder("vsv").versie == 1
        assert [(row["doel"], row["versie"], row["status"]) for row in versies(instellingen.grootboek)] == [
            ("vsv", 1, "actief")
        ]

    def test_one_is_active_and_those_before_end(self, instellingen: Instellingen) -> None:
        ledger = instellingen.grootboek
        neem_in_gebruik(ledger, "vsv")
        neem_in_gebruik(ledger, "kvk")
        assert [nieuwe_versie(ledger, "vsv"), nieuwe_versie(ledger, "vsv")] == [2, 3]
        assert [row["status"] for row in versies(ledger, "vsv")] == ["leesbaar", "leesbaar", "actief"]
        assert laat_vervallen(ledger, "vsv") == [1, 2]
        assert [row["status"] for row in versies(ledger, "vsv")] == ["vervallen", "vervallen", "actief"]
        assert [row["status"] for row in versies(ledger, "kvk")] == ["actief"]

    def test_lost_master_key_is_not_replaced_by_another(self, instellingen: Instellingen) -> None:
        Stand(instellingen).pseudonimiseerder("vsv")
        instellingen.hoofdsleutel.pad.unlink()
        opnieuw = Instellingen(data=instellingen.data)
        with pytest.raises(KetenFout, match="P-SLEUTEL"):
            Stand(opnieuw).pseudonimiseerder("vsv")
        assert not opnieuw.hoofdsleutel.bestaat()


class TestMark:
    def schrijf(self, pad: Path, versie: int | None, naam: str = "persoon") -> Path:
        soort = PSEUDONIEM if naam == "persoon" else pa.string()
        schema = pa.schema([(naam, soort)])
        pq.write_table(
            pa.table([[bytes(16) if naam == "persoon" else "x"]], schema if versie is None else merk(schema, versie)),
            pad,
        )
        return pad

    def test_file_of_another_version_is_refused(self, tmp_path: Path) -> None:
        oud, nieuw = self.schrijf(tmp_path / "a.parquet", 1), self.schrijf(tmp_path / "b.parquet", 2)
        zonder = self.schrijf(tmp_path / "c.parquet", None)
        controleer([nieuw], 2)
        controleer([oud, zonder], 1)
        for pad, versie in ((oud, 2), (nieuw, 1), (zonder, 2)):
            with pytest.raises(KetenFout, match="P-ROTATIE"):
                controleer([nieuw if versie == 2 else oud, pad], versie)

    def test_file_without_pseudonyms_is_of_every_version(self, tmp_path: Path) -> None:
        controleer([self.schrijf(tmp_path / "a.parquet", 1, "kenteken")], 2)

    def test_bewijs_has_numbers_made_from_pseudonyms(self, tmp_path: Path) -> None:
        with pytest.raises(KetenFout, match="P-ROTATIE"):
            controleer([self.schrijf(tmp_path / "bewijs_vsv.parquet", 1, "signaal_id")], 2)


class TestSignalNumber:
    def blokken(self, *waarden: bytes) -> np.ndarray:
        return np.frombuffer(b"".join(waarde.ljust(16, b"\0") for waarde in waarden), np.uint8).reshape(-1, 16)

    def test_is_a_cbc_mac_of_three_blocks(self) -> None:
        """Against the cipher's own CBC; changing it gives every signal another number."""
        blocks = [b"123456782".ljust(16, b"\0"), b"123456789L01".ljust(16, b"\0"), bytes(range(16))]
        encryptor = Cipher(algorithms.AES256(MASTER), modes.CBC(bytes(16))).encryptor()
        expected = encryptor.update(b"".join(blocks))[-16:].hex()
        assert signaalnummers(MASTER, *(self.blokken(block) for block in blocks)).to_pylist() == [expected]

    def test_each_part_counts(self) -> None:
        persoon = self.blokken(b"123456782", b"111222333", b"123456782", b"123456782", b"123456782")
        werkgever = self.blokken(b"", b"", b"123456789L01", b"", b"")
        kenmerk = self.blokken(b"a", b"a", b"a", b"b", b"a")
        nummers = signaalnummers(MASTER, persoon, werkgever, kenmerk).to_pylist()
        assert nummers[0] == nummers[4]
        assert len(set(nummers)) == 4
        assert signaalnummers(bytes(32), persoon, werkgever, kenmerk).to_pylist()[0] != nummers[0]

    def test_inner_number_under_another_key_stays_apart(self) -> None:
        naar = Pseudonimiseerder(MASTER, 2)
        oud = pa.array(["0f" * 16, "f0" * 16, "0f" * 16])
        nieuw = herversleutel_nummers(oud, naar).to_pylist()
        assert nieuw[0] == nieuw[2] != nieuw[1]
        encryptor = Cipher(algorithms.AES256(MASTER), modes.ECB()).encryptor()
        assert nieuw[1] == encryptor.update(bytes.fromhex("f0" * 16)).hex()
        assert herversleutel_nummers(oud.slice(1), naar).to_pylist() == nieuw[1:]
        assert len(herversleutel_nummers(oud.slice(3), naar)) == 0
