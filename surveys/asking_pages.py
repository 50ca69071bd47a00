"""One question as a page shows it: answers to press, what was given before, words of its ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from surveys.engine.path import Given
from surveys.engine.scales import list_steps
from surveys.enums import QuestionKind
from surveys.models import Question
from surveys.selectors.versions import list_choices
from surveys.selectors.wording import name_step


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to press. ``key`` is its key on the keyboard, "" where there is none."""

    value: str
    label: str
    is_chosen: bool = False
    key: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """``shape`` is how it is answered: faces, stars, scale (of numbers), list (one press), many,
    text, number, day. ``value`` is what stands in its field, ``bounds`` which numbers it takes.
    """

    question: Question
    shape: str
    options: Sequence[Option] = field(default_factory=tuple)
    value: str = ""
    low: str = ""
    high: str = ""
    bounds: str = ""

    @property
    def described_by(self) -> str:
        """Ids of what stands around its field."""
        code = self.question.code
        hint = self.question.hint_i18n and f"hint-{code}"
        bounds = self.bounds and f"bounds-{code}"
        return " ".join(filter(None, [hint, bounds, "answer-said"]))

    @property
    def is_pressed(self) -> bool:
        """Answered by one press, without a field."""
        return self.shape in ("faces", "stars", "scale", "list")

    @property
    def has_answer(self) -> bool:
        return bool(self.value) or any(each.is_chosen for each in self.options)


_SHAPES: Mapping[str, str] = {
    QuestionKind.FACES: "faces",
    QuestionKind.STARS: "stars",
    QuestionKind.NPS: "scale",
    QuestionKind.EFFORT: "scale",
    QuestionKind.SINGLE: "list",
    QuestionKind.QUOTE: "list",
    QuestionKind.MULTIPLE: "many",
    QuestionKind.TEXT: "text",
    QuestionKind.DATE: "day",
}


def show_question(
    question: Question, given: Given | None, *, typed: Sequence[str] | None = None
) -> ShownQuestion:
    """``typed`` is what was refused just now: it stays in its field."""
    chosen = _list_chosen(given) if typed is None else set(typed)
    steps = list_steps(question.kind, question.lowest, question.highest)
    shape = _SHAPES.get(question.kind, "scale" if steps else "number")
    value = ""
    if shape in ("text", "number", "day"):
        value = (typed[0] if typed else "") if typed is not None else _write(given)
    low, high = _find_ends(question)
    return ShownQuestion(
        question, shape, tuple(_list_options(question, steps, chosen)), value, low, high,
        _say_bounds(question) if shape == "number" else "",
    )  # fmt: skip


def _list_chosen(given: Given | None) -> set[str]:
    if given is None:
        return set()
    return set(given) if isinstance(given, frozenset) else {str(given)}


def _write(given: Any) -> str:
    return "" if given is None else str(given)


def _list_options(question: Question, steps: Sequence[int], chosen: set[str]) -> list[Option]:
    rows: list[tuple[str, str, int | None]]
    if question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        rows = [(each.code, each.text_i18n, None) for each in list_choices(question)]
    elif question.kind == QuestionKind.QUOTE:
        rows = [("1", _("Yes, gladly"), None), ("0", _("No, please don't"), None)]
    else:
        rows = [(str(step), _name_step(question, step), step) for step in steps]
    return [
        Option(value, str(label), value in chosen, _find_key(question, place, number), number)
        for place, (value, label, number) in enumerate(rows, 1)
    ]


def _name_step(question: Question, step: int) -> str:
    """Stars are numbers here: the page words them."""
    return name_step(question.kind, step) if question.kind == QuestionKind.FACES else str(step)


def _find_key(question: Question, place: int, number: int | None) -> str:
    """The number itself on a scale, else the place."""
    wanted = place if number is None else number
    return str(wanted) if 0 <= wanted <= 9 else ""


def _say_bounds(question: Question) -> str:
    low, high = question.lowest, question.highest
    if low is not None and high is not None:
        return _("From %(low)s to %(high)s.") % {"low": low, "high": high}
    if low is not None:
        return _("%(low)s or more.") % {"low": low}
    return "" if high is None else _("%(high)s or less.") % {"high": high}


def _find_ends(question: Question) -> tuple[str, str]:
    if question.kind == QuestionKind.FACES:
        return "", ""  # each face has its words, the same as in messages
    low, high = question.low_label_i18n, question.high_label_i18n
    if question.kind == QuestionKind.NPS and not (low or high):
        return _("Not at all likely"), _("Extremely likely")
    if question.kind == QuestionKind.EFFORT and not (low or high):
        return _("Very difficult"), _("Very easy")
    return low, high
