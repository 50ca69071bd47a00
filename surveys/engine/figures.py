"""Figures of a survey from how often each answer was given, each with its 95 % interval.

An interval says where the figure may lie, were everybody asked who could have been. With few
answers it is wide, and that is the truth about them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z = 1.959963984540054  # 97.5 % of the normal distribution
_PROMOTERS, _DETRACTORS = (9, 10), range(7)


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` with the ends of its interval, and of how many answers; None: no interval yet."""

    value: float
    low: float | None
    high: float | None
    count: int


def find_nps(counts: Mapping[int, int]) -> Estimate | None:
    """Net Promoter Score, -100 to 100: share of 9 and 10 less share of 0 to 6, in points.

    ``counts``: answers 0 to 10 to how often each was given. None without an answer. The interval is
    the adjusted Wald of a difference of two shares of one sample, with three answers added
    (¾ promoters, ¾ detractors, 1½ between): J. Sauro and J. Lewis, "Confidence intervals for Net
    Promoter Scores", MeasuringU 2021, after B. Rocks, "Interval estimation for the Net Promoter
    Score", The American Statistician 70(4), 2016.
    """
    count = sum(counts.values())
    if not count:
        return None
    promoters = sum(counts.get(number, 0) for number in _PROMOTERS)
    detractors = sum(counts.get(number, 0) for number in _DETRACTORS)
    whole = count + 3
    share, other = (promoters + 0.75) / whole, (detractors + 0.75) / whole
    middle = share - other
    half = Z * math.sqrt((share + other - middle**2) / whole)
    return Estimate(
        100 * (promoters - detractors) / count,
        100 * max(middle - half, -1.0),
        100 * min(middle + half, 1.0),
        count,
    )


def find_share(hits: int, count: int) -> Estimate | None:
    """``hits`` of ``count`` in percent, with the score interval of E. Wilson, "Probable inference,
    the law of succession, and statistical inference", JASA 22(158), 1927. None without a count.
    """
    if not count:
        return None
    share, square = hits / count, Z**2 / count
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return Estimate(
        100 * share, 100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0), count
    )


def find_mean(counts: Mapping[int, int]) -> Estimate | None:
    """The mean in steps of the scale; its interval by the normal distribution of means, from two
    answers on. None without an answer.
    """
    return find_mean_of(
        sum(counts.values()),
        sum(number * times for number, times in counts.items()),
        sum(number * number * times for number, times in counts.items()),
    )


def find_mean_of(count: int, total: int, squares: int, *, scale: int = 1) -> Estimate | None:
    """The mean of ``count`` numbers from their sum and the sum of their squares, told in parts of
    ``scale`` (10: permille as percent), with the interval of ``find_mean``.
    """
    if not count:
        return None
    mean = total / count
    if count < 2:
        return Estimate(mean / scale, None, None, count)
    # Whole numbers until the division: nothing is lost where the spread is small.
    spread = (squares * count - total * total) / (count * (count - 1))
    half = Z * math.sqrt(spread / count)
    return Estimate(mean / scale, (mean - half) / scale, (mean + half) / scale, count)
