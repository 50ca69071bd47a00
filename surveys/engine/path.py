"""The way through a survey: which questions somebody is asked who answers so.

Questions stand in a row. After an answered one its rules are tried in order: the first that matches
says where to go on, None meaning the end; without a match the next in the row follows. An answer
that wasn't given matches nothing but "in any case". A rule only leads forwards: one that doesn't is
passed over here, and refused where surveys are made (``surveys.engine.faults``), so that no way is
endless. A rule asks its own question alone. Facts in, codes out: no database, no clock.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.enums import Operator, QuestionKind

# Numbers for scales, yes (1) or no (0) for consent; codes of what was chosen, also of one.
type Given = int | str | dt.date | frozenset[str]

CHOOSING = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)


@dataclass(frozen=True, slots=True)
class Rule:
    """``value`` as it is written down: a number, an ISO date, or the code of a choice."""

    operator: str
    value: str
    goes_to: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the way through needs it; ``choices`` are codes."""

    code: str
    kind: str
    is_required: bool = False
    rules: tuple[Rule, ...] = ()
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None


def find_path(questions: Sequence[Asked], answers: Mapping[str, Given]) -> list[str]:
    """The codes of the questions that are asked of whoever gives these answers, in order."""
    places = {each.code: place for place, each in enumerate(questions)}
    path, place = [], 0
    while place < len(questions):
        question = questions[place]
        path.append(question.code)
        place = _go_on(question, place, places, answers.get(question.code))
    return path


def count_left(questions: Sequence[Asked], code: str) -> int:
    """How many questions may still follow ``code`` at the very most: what a progress bar needs."""
    places = {each.code: place for place, each in enumerate(questions)}
    end = len(questions)
    most = [0] * (end + 1)  # questions from a place on, itself included
    for place in range(end - 1, -1, -1):
        goals = {_find_goal(rule, place, places, end) for rule in questions[place].rules}
        most[place] = 1 + max(most[goal] for goal in {place + 1, *goals})
    return most[places[code]] - 1


def matches(rule: Rule, kind: str, given: Given | None) -> bool:
    """Whether an answer is so; one that wasn't given is in no way so, but "in any case" is."""
    if rule.operator == Operator.ALWAYS:
        return True
    if given is None:
        return False
    if rule.operator == Operator.ANSWERED:
        return True
    if isinstance(given, frozenset):
        is_there = rule.value in given
        return not is_there if rule.operator == Operator.IS_NOT else is_there
    if isinstance(given, str):
        return False  # own words are only ever there or not
    bound = read_value(kind, rule.value)
    if bound is None or isinstance(given, dt.date) != isinstance(bound, dt.date):
        return False
    if rule.operator == Operator.AT_LEAST:
        return given >= bound  # type: ignore[operator]  # both are numbers, or both are days
    if rule.operator == Operator.AT_MOST:
        return given <= bound  # type: ignore[operator]
    return given != bound if rule.operator == Operator.IS_NOT else given == bound


def read_value(kind: str, value: str) -> int | dt.date | None:
    """The number or the day that a rule compares with; None where it is neither."""
    try:
        return dt.date.fromisoformat(value) if kind == QuestionKind.DATE else int(value)
    except ValueError:
        return None


def _go_on(question: Asked, place: int, places: Mapping[str, int], given: Given | None) -> int:
    for rule in question.rules:
        if matches(rule, question.kind, given):
            return _find_goal(rule, place, places, len(places))
    return place + 1


def _find_goal(rule: Rule, place: int, places: Mapping[str, int], end: int) -> int:
    if rule.goes_to is None:
        return end
    goal = places.get(rule.goes_to, place + 1)
    return goal if goal > place else place + 1
