"""Questions and jumps in words, for whoever makes surveys."""

import datetime as dt
from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from surveys.engine.path import CHOOSING, Rule
from surveys.enums import Operator, QuestionKind
from surveys.models import Question
from surveys.selectors.versions import list_choices, read_rules

_ON = {
    Operator.IS: gettext_lazy("If the answer is “%(value)s”, go to “%(goal)s”."),
    Operator.IS_NOT: gettext_lazy("If the answer is not “%(value)s”, go to “%(goal)s”."),
    Operator.AT_LEAST: gettext_lazy("If the answer is at least %(value)s, go to “%(goal)s”."),
    Operator.AT_MOST: gettext_lazy("If the answer is at most %(value)s, go to “%(goal)s”."),
    Operator.INCLUDES: gettext_lazy("If “%(value)s” is among the answers, go to “%(goal)s”."),
    Operator.ANSWERED: gettext_lazy("If an answer was given, go to “%(goal)s”."),
    Operator.ALWAYS: gettext_lazy("In any case, go to “%(goal)s”."),
}
_END = {
    Operator.IS: gettext_lazy("If the answer is “%(value)s”, that is the end."),
    Operator.IS_NOT: gettext_lazy("If the answer is not “%(value)s”, that is the end."),
    Operator.AT_LEAST: gettext_lazy("If the answer is at least %(value)s, that is the end."),
    Operator.AT_MOST: gettext_lazy("If the answer is at most %(value)s, that is the end."),
    Operator.INCLUDES: gettext_lazy("If “%(value)s” is among the answers, that is the end."),
    Operator.ANSWERED: gettext_lazy("If an answer was given, that is the end."),
    Operator.ALWAYS: gettext_lazy("In any case, that is the end."),
}
_SIGNS = {
    Operator.IS: "= %s", Operator.IS_NOT: "≠ %s", Operator.AT_LEAST: "≥ %s",
    Operator.AT_MOST: "≤ %s", Operator.INCLUDES: "∋ %s",
}  # fmt: skip


def name_step(kind: str, step: int) -> str:
    """One step of a scale in words, as short as they can be."""
    if kind == QuestionKind.FACES and 1 <= step <= 4:
        return (_("Bad"), _("Not so good"), _("Good"), _("Very good"))[step - 1]
    if kind == QuestionKind.STARS:
        return _("%(stars)s of 5 stars") % {"stars": step}
    if kind == QuestionKind.QUOTE:
        return pgettext("may we quote you", "Yes") if step else pgettext("may we quote you", "No")
    return str(step)


def say_jump(question: Question, rule: Rule, goals: dict[str, str]) -> str:
    """A jump as a sentence; ``goals`` are the texts of questions by code."""
    sentences = _END if rule.goes_to is None else _ON
    return str(sentences[Operator(rule.operator)]) % {
        "value": say_value(question, rule),
        "goal": goals.get(rule.goes_to or "", ""),
    }


def say_condition(question: Question, rule: Rule) -> str:
    """As short as it can be, for a picture: “≤ 6”."""
    if rule.operator == Operator.ALWAYS:
        return pgettext("jump", "always")
    if rule.operator == Operator.ANSWERED:
        return pgettext("jump", "answered")
    return _SIGNS[Operator(rule.operator)] % say_value(question, rule)


def say_value(question: Question, rule: Rule) -> str:
    """What a rule compares with: the words of a choice, a day, a step of the scale."""
    if question.kind in CHOOSING:
        words = {each.code: each.text_i18n for each in list_choices(question)}
        return words.get(rule.value, rule.value)
    try:
        if question.kind == QuestionKind.DATE:
            return date_format(dt.date.fromisoformat(rule.value), "SHORT_DATE_FORMAT")
        return name_step(question.kind, int(rule.value))
    except ValueError:
        return rule.value


def list_jumps(question: Question, questions: Sequence[Question]) -> list[str]:
    """All jumps of a question as sentences, in the order in which they are tried."""
    goals = {each.code: each.text_i18n for each in questions}
    return [say_jump(question, rule, goals) for rule in read_rules(question)]
