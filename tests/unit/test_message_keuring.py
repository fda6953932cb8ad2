"""Many files at a time: the same problems in the same order, in this process and in others."""

import os
from pathlib import Path

import pytest

from message_formats import keuring as module
from message_formats.keuring import Keuring, Keurmeester
from message_formats.write import Fragmenten
from tests.unit.message_voorbeelden import INKOMSTEN, make_bewijs, make_envelop, make_signalen, write_all

SECRET = "GEHEIM"


@pytest.fixture
def keuringen(tmp_path: Path) -> list[Keuring]:
    """Six messages in three formats; of every second one a value is wrong."""
    found = []
    for number in range(6):
        row: dict[str, object] = {"mutatie": SECRET if number % 2 else "nieuw"}
        fragmenten = Fragmenten.bereid(
            INKOMSTEN, make_signalen(INKOMSTEN, [row] * (number + 1)), make_bewijs(INKOMSTEN, [])
        )
        envelop = make_envelop(INKOMSTEN, {"INK-01": number + 1})
        for formaat, (pad, bewijs) in write_all(tmp_path / str(number), fragmenten, envelop, 0, number + 1).items():
            found.append(Keuring(pad, formaat, "bericht", INKOMSTEN.bericht, INKOMSTEN.versie))
            if bewijs is not None:
                found.append(Keuring(bewijs, formaat, "bewijs", INKOMSTEN.bericht, INKOMSTEN.versie))
    return found


@pytest.mark.parametrize("loont_vanaf", [0, module.LOONT_VANAF])
def test_problems_come_in_the_order_of_the_files(keuringen: list[Keuring], loont_vanaf: int) -> None:
    with Keurmeester(loont_vanaf) as meester:
        problems = meester.keur(keuringen)
        assert meester.keur(keuringen[:1]) == problems[:1]
    for keuring, found in zip(keuringen, problems, strict=True):
        wrong = keuring.rol == "bericht" and int(keuring.pad.parent.name) % 2
        assert bool(found) == bool(wrong), keuring
        assert SECRET not in "".join(found)


def test_processes_are_others_and_end(keuringen: list[Keuring]) -> None:
    with Keurmeester(0) as meester:
        meester.keur(keuringen)
        pool = meester._pool
        assert pool is not None
        processes = list(pool._processes)
        assert os.getpid() not in processes
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_little_starts_nothing(keuringen: list[Keuring]) -> None:
    with Keurmeester() as meester:
        meester.keur(keuringen)
        assert meester._pool is None
