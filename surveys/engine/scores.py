"""Scores that are reckoned from several answers, as exact fractions, told in permille.

Satisfaction sets what was received against what it cost and what had been expected. Each part is
the weighted mean of its answers' shares (0 to 1, ``surveys.engine.scales``):

- B, benefit: what counts by itself and what was received;
- C, cost: money, time and effort of choosing are asked separately and weigh alike, whatever the
  number of their questions; an answer is high where the cost is small, so a cost is 1 − share;
- E, expectation: what had been expected beforehand.

    value         V = (B + (1 − C)) / 2       without questions of cost: V = B
    satisfaction  S = V + (B − E) / 2         without expectation: S = V; kept within 0 and 1

V is what was received less what was given up (V. Zeithaml, "Consumer perceptions of price,
quality, and value", Journal of Marketing 52(3), 1988; total cost of money, time and effort as in
P. Kotler's customer delivered value). B − E is how far it surpassed or missed what was expected
(R. Oliver, "A cognitive model of the antecedents and consequences of satisfaction decisions",
Journal of Marketing Research 17(4), 1980). Both theories speak of differences; that they count in
halves is this house's choice, so that S rises with B by one whole step, and falls with C and E by
half a step each. A score that only counts answers by themselves is their mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from surveys.enums import ScorePart

COSTS = (ScorePart.MONEY, ScorePart.TIME, ScorePart.EFFORT)
_RECEIVED = (ScorePart.PLAIN, ScorePart.BENEFIT)


@dataclass(frozen=True, slots=True)
class Term:
    """One question in a score, by code; ``weight`` within its part, 1 or more."""

    question: str
    part: str = ScorePart.PLAIN
    weight: int = 1


def find_score(terms: Sequence[Term], shares: Mapping[str, int]) -> int | None:
    """The score in permille, 0 to 1000, halves up.

    ``shares`` are the answers by code of their question, in permille. None where a part of the
    score has no answer at all: a score without its costs would not compare with one that has them.
    """
    received = [each for each in terms if each.part in _RECEIVED]
    benefit = _find_mean(received, shares)
    if benefit is None:
        return None
    score = benefit
    cost_means = [_find_mean(part, shares) for part in _split_costs(terms)]
    if cost_means:
        cheapness = _mean_of(cost_means)
        if cheapness is None:
            return None
        score = (benefit + cheapness) / 2  # 1 − C is the mean of the shares themselves
    expected = [each for each in terms if each.part == ScorePart.EXPECTATION]
    if expected:
        expectation = _find_mean(expected, shares)
        if expectation is None:
            return None
        score += (benefit - expectation) / 2
    return math.floor(min(max(score, Fraction(0)), Fraction(1)) * 1000 + Fraction(1, 2))


def _split_costs(terms: Sequence[Term]) -> list[list[Term]]:
    parts = ([each for each in terms if each.part == cost] for cost in COSTS)
    return [part for part in parts if part]


def _find_mean(terms: Sequence[Term], shares: Mapping[str, int]) -> Fraction | None:
    """The weighted mean of what was answered; None without an answer."""
    answered = [each for each in terms if each.question in shares]
    weight = sum(each.weight for each in answered)
    if not weight:
        return None
    return Fraction(sum(each.weight * shares[each.question] for each in answered), weight * 1000)


def _mean_of(means: Sequence[Fraction | None]) -> Fraction | None:
    known = [mean for mean in means if mean is not None]
    return sum(known, Fraction(0)) / len(known) if len(known) == len(means) else None
