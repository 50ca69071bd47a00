"""Pearson's chi-square test of what was drawn against what was expected, in plain Python.

The probability of so large a statistic by chance is the regularised upper incomplete gamma
function Q(k/2, x/2): its series for small x, its continued fraction (by Lentz's method) for large
ones, as in the NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SMALL = 1e-300
_CLOSE = 1e-15
# Below so many expected draws in a slice the test says little: rare slices are joined.
LEAST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """``p`` is the probability that honest draws stray as far as these; None where there are too
    few to say.
    """

    draws: int
    statistic: float
    freedom: int
    p: float | None


def judge_fit(drawn: Sequence[int], weights: Sequence[int]) -> Fit:
    """Counts against weights, slice by slice; slices too rare to judge count as one."""
    draws, total = sum(drawn), sum(weights)
    cells: list[tuple[float, float]] = []
    rare_drawn = rare_expected = 0.0
    for count, weight in zip(drawn, weights, strict=True):
        expected = draws * weight / total if total else 0.0
        if expected < LEAST_EXPECTED:
            rare_drawn, rare_expected = rare_drawn + count, rare_expected + expected
        else:
            cells.append((count, expected))
    if rare_expected >= LEAST_EXPECTED or (rare_drawn and not rare_expected):
        cells.append((rare_drawn, rare_expected))
    elif rare_expected and cells:
        cells.sort(key=lambda cell: cell[1])
        rarest = cells[0]
        cells[0] = (rarest[0] + rare_drawn, rarest[1] + rare_expected)
    freedom = len(cells) - 1
    if freedom < 1:
        return Fit(draws, 0.0, max(freedom, 0), None)
    if any(not expected for _count, expected in cells):
        return Fit(draws, math.inf, freedom, 0.0)  # what can't be drawn was drawn
    statistic = sum((count - expected) ** 2 / expected for count, expected in cells)
    return Fit(draws, statistic, freedom, upper_gamma(freedom / 2, statistic / 2))


def upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x) for a > 0 and x ≥ 0."""
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return 1.0 - scale * _sum_series(a, x)
    return scale * _continue_fraction(a, x)


def _sum_series(a: float, x: float) -> float:
    term = total = 1 / a
    step: float = a
    while abs(term) > abs(total) * _CLOSE:
        step += 1
        term *= x / step
        total += term
    return total


def _continue_fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _SMALL, 1 / b
    h, i = d, 0
    while True:
        i += 1
        n = -i * (i - a)
        b += 2
        d = 1 / (n * d + b or _SMALL)
        c = b + n / c or _SMALL
        change = d * c
        h *= change
        if abs(change - 1) < _CLOSE or i > 10_000:
            return h
