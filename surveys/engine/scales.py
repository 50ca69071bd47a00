"""Scales: what numbers the answers of a kind of question may be, and what they are worth.

On every scale the higher number is the better one for whoever asks: 7 of 7 for effort says "very
easy". Shares are whole permille, 0 to 1000, so that scales can be compared and added.
"""

from typing import NamedTuple

from surveys.enums import QuestionKind


class Scale(NamedTuple):
    lowest: int
    highest: int


_OF_KIND = {
    QuestionKind.NPS: Scale(0, 10),
    QuestionKind.FACES: Scale(1, 4),
    QuestionKind.EFFORT: Scale(1, 7),
    QuestionKind.STARS: Scale(1, 5),
    QuestionKind.QUOTE: Scale(0, 1),
}
# A number whose bounds leave no more steps than this is answered like a scale, by one press.
MOST_STEPS = 11
# What fits the column of answers.
SMALLEST, LARGEST = -32_768, 32_767


def get_scale(kind: str, lowest: int | None = None, highest: int | None = None) -> Scale | None:
    """The numbers that an answer may be, bounds included. None: the answer is no number."""
    if kind == QuestionKind.NUMBER:
        return Scale(
            SMALLEST if lowest is None else lowest, LARGEST if highest is None else highest
        )
    return _OF_KIND.get(QuestionKind(kind))


def has_ends(kind: str, lowest: int | None = None, highest: int | None = None) -> bool:
    """Whether its answers have a best and a worst, so that they can be a score."""
    if kind == QuestionKind.NUMBER:
        return lowest is not None and highest is not None
    return kind != QuestionKind.QUOTE and kind in _OF_KIND


def list_steps(kind: str, lowest: int | None = None, highest: int | None = None) -> list[int]:
    """The answers to press, in order; none where a number is typed, or the answer is no number."""
    if kind == QuestionKind.NUMBER and not has_ends(kind, lowest, highest):
        return []
    scale = get_scale(kind, lowest, highest)
    if scale is None or scale.highest - scale.lowest >= MOST_STEPS:
        return []
    return list(range(scale.lowest, scale.highest + 1))


def find_share(
    kind: str, number: int, lowest: int | None = None, highest: int | None = None
) -> int | None:
    """Permille of the way from the lowest to the highest, halves up; None without two ends."""
    scale = get_scale(kind, lowest, highest)
    if scale is None or not has_ends(kind, lowest, highest):
        return None
    span = scale.highest - scale.lowest
    return min(max((2000 * (number - scale.lowest) + span) // (2 * span), 0), 1000)
