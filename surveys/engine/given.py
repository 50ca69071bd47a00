"""What was typed or pressed, read as the answer to a question. Strings in, an answer out."""

import datetime as dt
import re
from collections.abc import Sequence
from enum import StrEnum

from surveys.engine.path import Asked, Given
from surveys.engine.scales import get_scale
from surveys.engine.typed import clean_words
from surveys.enums import QuestionKind

LONGEST_TEXT = 4000  # characters; as ``surveys.models.TEXT_LENGTH``
_NUMBER = re.compile(r"[+-]?\d{1,8}")  # of any script
_FIRST_DAY, _LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)


class Fault(StrEnum):
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    OFF_SCALE = "off_scale"
    NOT_A_CHOICE = "not_a_choice"
    TOO_LONG = "too_long"
    NOT_A_DAY = "not_a_day"


class BadAnswer(ValueError):
    def __init__(self, fault: Fault):
        super().__init__(fault)
        self.fault = fault


def read_given(question: Asked, raw: Sequence[str]) -> Given | None:
    """None where nothing was given and nothing has to be. Raises BadAnswer."""
    values = list(dict.fromkeys(filter(None, map(clean_words, raw))))
    if not values:
        if question.is_required:
            raise BadAnswer(Fault.MISSING)
        return None
    if question.kind == QuestionKind.TEXT:
        if len(values[0]) > LONGEST_TEXT:
            raise BadAnswer(Fault.TOO_LONG)
        return values[0]
    if question.kind == QuestionKind.MULTIPLE:
        return _read_choices(question, values)
    if len(values) > 1:  # no form of ours sends two; whichever was meant is not ours to say
        raise BadAnswer(Fault.NOT_A_CHOICE)
    if question.kind == QuestionKind.SINGLE:
        return _read_choices(question, values)
    if question.kind == QuestionKind.DATE:
        return _read_day(values[0])
    return _read_number(question, values[0])


def _read_choices(question: Asked, values: Sequence[str]) -> frozenset[str]:
    chosen = frozenset(values)
    if not chosen <= set(question.choices):
        raise BadAnswer(Fault.NOT_A_CHOICE)
    return chosen


def _read_day(value: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(value)
    except ValueError as error:
        raise BadAnswer(Fault.NOT_A_DAY) from error
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise BadAnswer(Fault.NOT_A_DAY)
    return day


def _read_number(question: Asked, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise BadAnswer(Fault.NOT_A_NUMBER)
    number = int(value)
    scale = get_scale(question.kind, question.lowest, question.highest)
    if scale is not None and not scale.lowest <= number <= scale.highest:
        raise BadAnswer(Fault.OFF_SCALE)
    return number
