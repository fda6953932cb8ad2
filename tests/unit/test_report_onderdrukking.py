"""Which counts are hidden, judged by a reader who tries every table that fits what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.onderdrukking import Optelling, onderdruk

Som = Optelling[str]


def _one_sum(delen: Sequence[int]) -> tuple[dict[str, int], list[Som]]:
    waarden = {f"deel {nr}": aantal for nr, aantal in enumerate(delen)}
    return {**waarden, "totaal": sum(delen)}, [Optelling("totaal", tuple(waarden))]


def _grid(rows: Sequence[Sequence[int]]) -> tuple[dict[str, int], list[Som]]:
    """A table with totals below, to the right, and in the corner."""
    cells = {f"{r},{c}": aantal for r, row in enumerate(rows) for c, aantal in enumerate(row)}
    width = range(len(rows[0]))
    sommen = [Optelling(f"rij {r}", tuple(f"{r},{c}" for c in width)) for r in range(len(rows))]
    sommen += [Optelling(f"kolom {c}", tuple(f"{r},{c}" for r in range(len(rows)))) for c in width]
    totals = {som.totaal: sum(cells[deel] for deel in som.delen) for som in sommen}
    sommen.append(Optelling("totaal", tuple(f"rij {r}" for r in range(len(rows)))))
    sommen.append(Optelling("totaal", tuple(f"kolom {c}" for c in width)))
    return {**cells, **totals, "totaal": sum(cells.values())}, sommen


def _solved(hidden: Sequence[str], sommen: Sequence[Som]) -> set[str]:
    """The hidden counts that exact elimination pins down."""
    rows = []
    for som in sommen:
        row = [Fraction(int(key in som.delen) - int(key == som.totaal)) for key in hidden]
        if any(row):
            rows.append(row)
    solved_rows: list[list[Fraction]] = []
    for column in range(len(hidden)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        rows = [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in rows]
        solved_rows = [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in solved_rows]
        solved_rows.append(pivot)
    return {hidden[next(i for i, v in enumerate(row) if v)] for row in solved_rows if sum(map(bool, row)) == 1}


def _possible(total: int, shown: int, count: int) -> Iterator[tuple[int, ...]]:
    """Every way `count` hidden parts fit a total beside what is shown; zero is shown, so hidden is at least 1."""
    rest = total - shown
    for guess in product(range(1, rest), repeat=count - 1):
        if sum(guess) < rest:
            yield (*guess, rest - sum(guess))


@pytest.mark.parametrize(
    ("delen", "hidden"),
    [
        ([10, 20, 0], set()),
        ([3, 20, 7], {"deel 0", "deel 2"}),  # the smallest other part, which costs the reader least
        ([3, 4, 20], {"deel 0", "deel 1"}),  # two small ones that together can still be many things
        ([1, 1, 20], {"deel 0", "deel 1", "deel 2"}),  # together 2: both would have to be 1
        ([3, 0, 0], {"deel 0", "totaal"}),  # zeros do not help
        ([2, 6], {"deel 0", "deel 1"}),
        ([1, 1, 1, 1, 1], {"deel 0", "deel 1", "deel 2", "deel 3", "deel 4", "totaal"}),  # 5 in all: each would be 1
        ([0, 0], set()),
        ([5], set()),
    ],
)
def test_one_sum(delen: list[int], hidden: set[str]) -> None:
    assert onderdruk(*_one_sum(delen)) == hidden


def test_without_sums_only_small_counts_are_hidden() -> None:
    assert onderdruk({"a": 1, "b": 4, "c": 5, "d": 0}, []) == {"a", "b"}


def test_a_hidden_total_takes_a_part_along() -> None:
    waarden = {"alles": 43, "klein": 3, "groot": 40, "x": 30, "y": 10}
    sommen = [Optelling("alles", ("klein", "groot")), Optelling("groot", ("x", "y"))]
    assert onderdruk(waarden, sommen) == {"klein", "groot", "y"}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_every_hidden_part_of_a_sum_can_still_be_anything_small(delen: list[int]) -> None:
    waarden, sommen = _one_sum(delen)
    hidden = onderdruk(waarden, sommen)
    assert all(key in hidden for key, aantal in waarden.items() if 0 < aantal < 5)
    parts = hidden - {"totaal"}
    if parts and "totaal" not in hidden:
        shown = sum(waarden[key] for key in sommen[0].delen if key not in hidden)
        for values in zip(*_possible(waarden["totaal"], shown, len(parts)), strict=True):
            assert {1, 2, 3, 4} <= set(values)


@example([[0, 1, 4], [1, 1, 0], [4, 0, 0]])  # what two totals and the corner give away, with all around it hidden
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_hidden_count_of_a_grid_follows_from_the_totals(rows: list[list[int]]) -> None:
    waarden, sommen = _grid(rows)
    hidden = onderdruk(waarden, sommen)
    assert all(key in hidden for key, aantal in waarden.items() if 0 < aantal < 5)
    assert not _solved(sorted(hidden), sommen)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_nested_sums_give_nothing_away(delen: list[int], random: Random) -> None:
    groups: dict[str, list[str]] = {}
    waarden = {}
    for nr, aantal in enumerate(delen):
        waarden[f"deel {nr}"] = aantal
        groups.setdefault(f"groep {random.randint(0, 4)}", []).append(f"deel {nr}")
    sommen = [Optelling(group, tuple(keys)) for group, keys in sorted(groups.items())]
    waarden |= {som.totaal: sum(waarden[key] for key in som.delen) for som in sommen}
    sommen.append(Optelling("alles", tuple(sorted(groups))))
    waarden["alles"] = sum(delen)
    hidden = onderdruk(waarden, sommen)
    assert not _solved(sorted(hidden), sommen)
    assert onderdruk(waarden, sommen[::-1]) >= {key for key, aantal in waarden.items() if 0 < aantal < 5}


def test_a_national_list_keeps_what_it_can() -> None:
    waarden = {f"{nr:04d}": 40 + nr for nr in range(340)} | {"9001": 2, "9002": 3}
    som: Som = Optelling("totaal", tuple(waarden))
    hidden = onderdruk({**waarden, "totaal": sum(waarden.values())}, [som])
    assert hidden == {"9001", "9002"}
