"""Which counts of a set of tables must be hidden, so that no small count can be read or worked out.

A count of 1 up to 4 is hidden (primary). Where a total is shown beside it, that is not enough: the hidden count would
be the total minus the rest. So more counts of the same sum are hidden, or else the total itself (secondary). Every
hidden count carries the same mark: a reader who could tell primary from secondary would know more about both. Zero is
shown: it is about nobody.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from lineage.klein import GRENS, is_klein

ROND = 1e-9  # what rounding may leave of zero
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Optelling(Generic[K]):
    """A sum that a reader can make: `totaal` is the sum of `delen`. A total may be a part of another sum."""

    totaal: K
    delen: tuple[K, ...]


def onderdruk(waarden: Mapping[K, int], optellingen: Iterable[Optelling[K]]) -> frozenset[K]:
    """The keys of the counts to hide.

    Afterwards, for every sum whose total is shown, either all parts are shown, or so many are hidden that each of them
    can still be any number from 1 to 4; for a total that is hidden at least one part is hidden too; and no hidden count
    follows from all sums taken together. A sum that is only nearly exact may be given as well.
    """
    sommen = [som for som in optellingen if som.delen]
    hidden = {key for key, aantal in waarden.items() if is_klein(aantal)}
    while True:
        _complete(waarden, sommen, hidden)
        derivable = _derivable(hidden, sommen)
        if not derivable:
            return frozenset(hidden)
        near = [som for som in sommen if derivable & {som.totaal, *som.delen}]
        extra = _extra(waarden, near, hidden) or _extra(waarden, sommen, hidden)
        if extra is None:
            return frozenset(hidden)
        hidden.add(extra)


def _complete(waarden: Mapping[K, int], sommen: Sequence[Optelling[K]], hidden: set[K]) -> None:
    """Hides more until every sum by itself gives nothing away."""
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for som in sommen:
            while _gives_away(waarden, som, hidden):
                key = _smallest(waarden, som.delen, hidden)
                hidden.add(som.totaal if key is None else key)


def _gives_away(waarden: Mapping[K, int], som: Optelling[K], hidden: set[K]) -> bool:
    delen = [key for key in som.delen if key in hidden]
    if som.totaal in hidden:
        return not delen and any(waarden[key] for key in som.delen)
    # With k parts hidden that sum to s, a part can be 1 up to s - (k - 1), because the others are at least 1.
    return bool(delen) and (len(delen) < 2 or sum(waarden[key] for key in delen) < len(delen) - 1 + GRENS - 1)


def _smallest(waarden: Mapping[K, int], keys: Iterable[K], hidden: set[K]) -> K | None:
    """The shown count above zero that costs the reader least."""
    shown = [key for key in keys if key not in hidden and waarden[key]]
    return min(shown, key=lambda key: (waarden[key], str(key)), default=None)


def _derivable(hidden: set[K], sommen: Sequence[Optelling[K]]) -> set[K]:
    """The hidden counts that follow from all sums together: their unit vector is a combination of the sums.

    Such a count is what is left of one sum when each sum has had one count taken out of all others. Not by a
    decomposition of numpy: its threads wait for each other, on a busy machine a hundred times longer than they compute.
    """
    keys = sorted({key for som in sommen for key in (som.totaal, *som.delen) if key in hidden}, key=str)
    if not keys:
        return set()
    index = {key: nr for nr, key in enumerate(keys)}
    matrix = np.zeros((len(sommen), len(keys)))
    for row, som in enumerate(sommen):
        for key, sign in [(som.totaal, -1), *((key, 1) for key in som.delen)]:
            if key in index:
                matrix[row, index[key]] += sign
    for nr in range(len(sommen)):
        pivot = np.abs(matrix[nr]).argmax()
        if abs(matrix[nr, pivot]) > ROND:
            matrix[nr] /= matrix[nr, pivot]
            others = [other for other in np.flatnonzero(matrix[:, pivot]) if other != nr]
            matrix[others] -= matrix[others, pivot, None] * matrix[nr]
    left = np.abs(matrix) > ROND
    return {keys[nr] for nr in left[left.sum(axis=1) == 1].nonzero()[1]}


def _extra(waarden: Mapping[K, int], sommen: Sequence[Optelling[K]], hidden: set[K]) -> K | None:
    """One more count of these sums to hide, a part before a total; None when all is hidden already."""
    part = _smallest(waarden, [key for som in sommen for key in som.delen], hidden)
    return part if part is not None else _smallest(waarden, [som.totaal for som in sommen], hidden)
