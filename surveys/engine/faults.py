"""What is wrong with the questions of a survey, found before anybody is asked.

A rule asks its own question alone, so every way through is a choice of one answer per question,
each free of the others: a question is reachable if and only if a walk over single steps reaches
it. For every question a few answers stand for all (``list_specimens``): two answers that no rule
tells apart lead to the same place.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys.engine.path import CHOOSING, Asked, Given, Rule, matches, read_value
from surveys.engine.scales import get_scale, list_steps
from surveys.enums import Operator, QuestionKind

MOST_RULES = 10  # of a question: sets of choices are tried two to the power of these
_FREE = Operator.without_value()
_BY_ORDER = (Operator.IS, Operator.IS_NOT, Operator.AT_LEAST, Operator.AT_MOST, *_FREE)
_OPERATORS = {
    QuestionKind.SINGLE: (Operator.IS, Operator.IS_NOT, *_FREE),
    QuestionKind.MULTIPLE: (Operator.INCLUDES, *_FREE),
    QuestionKind.TEXT: _FREE,
    QuestionKind.QUOTE: (Operator.IS, *_FREE),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``code`` says what is wrong with ``question``; ``rule`` is the place of one of its rules."""

    code: str
    question: str = ""
    rule: int | None = None
    is_blocking: bool = True


def list_operators(kind: str) -> tuple[Operator, ...]:
    """How the answers of a kind can be asked about."""
    return _OPERATORS.get(QuestionKind(kind), _BY_ORDER)


def find_faults(questions: Sequence[Asked]) -> list[Fault]:
    """Everything that is wrong, in the order of the questions; empty: it can be asked.

    Codes of faults: ``empty`` (no question at all), ``double`` (a code twice), ``goes_back``
    (a loop), ``goes_nowhere``, ``bad_operator``, ``bad_value``, ``many_rules``, ``few_choices``,
    ``no_room``, ``forced_consent`` (consent must be free), ``unanswerable`` (required, and no
    answer to it exists), ``unreachable``, and, not blocking, ``idle_rule`` (no answer ever
    comes to it).
    """
    if not questions:
        return [Fault("empty")]
    codes = [each.code for each in questions]
    places = {code: place for place, code in reversed(list(enumerate(codes)))}
    faults = [Fault("double", code) for code in dict.fromkeys(codes) if codes.count(code) > 1]
    for place, question in enumerate(questions):
        faults += _check_question(question)
        faults += _check_rules(question, place, places)
    if any(each.is_blocking for each in faults):
        return faults  # a walk says nothing while the steps are wrong
    reached = find_reachable(questions)
    faults += [Fault("unreachable", code) for code in codes if code not in reached]
    for question in questions:
        faults += [
            Fault("idle_rule", question.code, number, is_blocking=False)
            for number in _list_idle_rules(question)
        ]
    return faults


def find_reachable(questions: Sequence[Asked]) -> set[str]:
    """The codes of all questions that somebody could be asked."""
    places = {each.code: place for place, each in enumerate(questions)}
    end, reached = len(questions), {0}
    for place, question in enumerate(questions):
        if place in reached:
            for specimen in list_specimens(question):
                rule = _pick_rule(question, specimen)
                if rule is None:
                    reached.add(place + 1)
                else:
                    reached.add(end if rule.goes_to is None else places[rule.goes_to])
    return {each.code for place, each in enumerate(questions) if place in reached}


def list_specimens(question: Asked) -> list[Given | None]:
    """Answers that stand for all that can be given; None is none, where one needn't be."""
    specimens: list[Given | None] = list(_list_given(question))
    return specimens if question.is_required else [None, *specimens]


def _list_given(question: Asked) -> Iterator[Given]:
    kind = question.kind
    if kind == QuestionKind.TEXT:
        yield "…"
    elif kind == QuestionKind.SINGLE:
        yield from (frozenset({code}) for code in question.choices)
    elif kind == QuestionKind.MULTIPLE:
        named = [code for code in question.choices if any(r.value == code for r in question.rules)]
        others = [code for code in question.choices if code not in named][:1]
        for size in range(len(named) + 1):
            for chosen in itertools.combinations(named, size):
                for rest in {frozenset(others), frozenset()}:
                    if chosen or rest:
                        yield frozenset(chosen) | rest
    elif kind == QuestionKind.DATE:
        yield from _list_days(question)
    else:
        yield from _list_numbers(question)


def _list_days(question: Asked) -> Iterator[dt.date]:
    """Around each day that a rule names, and one where none does."""
    named = [read_value(question.kind, rule.value) for rule in question.rules if rule.value]
    days = [day for day in named if isinstance(day, dt.date)] or [dt.date(2000, 1, 1)]
    for day in sorted(set(days)):
        for step in (-1, 0, 1):
            if dt.date.min.toordinal() <= day.toordinal() + step <= dt.date.max.toordinal():
                yield day + dt.timedelta(days=step)


def _list_numbers(question: Asked) -> Iterator[int]:
    """Every step of a scale; of a typed number the bounds, and all around what rules name."""
    steps = list_steps(question.kind, question.lowest, question.highest)
    if steps:
        yield from steps
        return
    scale = get_scale(question.kind, question.lowest, question.highest)
    if scale is None:
        return
    named = {read_value(question.kind, rule.value) for rule in question.rules if rule.value}
    around = {n + step for n in named if isinstance(n, int) for step in (-1, 0, 1)}
    for number in sorted({*scale, *around}):
        if scale.lowest <= number <= scale.highest:
            yield number


def _pick_rule(question: Asked, given: Given | None) -> Rule | None:
    return next((rule for rule in question.rules if matches(rule, question.kind, given)), None)


def _check_question(question: Asked) -> Iterator[Fault]:
    kind = question.kind
    if kind in CHOOSING and len(set(question.choices)) < 2:
        yield Fault("unanswerable" if not question.choices else "few_choices", question.code)
    if kind == QuestionKind.NUMBER:
        scale = get_scale(kind, question.lowest, question.highest)
        if scale is not None and scale.lowest >= scale.highest:
            yield Fault("no_room", question.code)
    if kind == QuestionKind.QUOTE and question.is_required:
        yield Fault("forced_consent", question.code)
    if len(question.rules) > MOST_RULES:
        yield Fault("many_rules", question.code)


def _check_rules(question: Asked, place: int, places: dict[str, int]) -> Iterator[Fault]:
    for number, rule in enumerate(question.rules):
        if rule.operator not in list_operators(question.kind):
            yield Fault("bad_operator", question.code, number)
        elif rule.operator not in _FREE and not _is_answer(question, rule.value):
            yield Fault("bad_value", question.code, number)
        if rule.goes_to is not None:
            if rule.goes_to not in places:
                yield Fault("goes_nowhere", question.code, number)
            elif places[rule.goes_to] <= place:
                yield Fault("goes_back", question.code, number)


def _is_answer(question: Asked, value: str) -> bool:
    """Whether somebody could give exactly this answer."""
    if question.kind in CHOOSING:
        return value in question.choices
    bound = read_value(question.kind, value)
    if not isinstance(bound, int):
        return bound is not None
    scale = get_scale(question.kind, question.lowest, question.highest)
    return scale is not None and scale.lowest <= bound <= scale.highest


def _list_idle_rules(question: Asked) -> list[int]:
    """Rules that no answer comes to, as one before them always takes it."""
    used = {id(_pick_rule(question, specimen)) for specimen in list_specimens(question)}
    return [number for number, rule in enumerate(question.rules) if id(rule) not in used]
