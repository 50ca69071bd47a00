"""The answers of a question, as members press or type them."""

from dataclasses import dataclass
from typing import Any

from django import template

from surveys.engine.scales import list_steps
from surveys.enums import QuestionKind
from surveys.models import Question
from surveys.selectors.wording import name_step

register = template.Library()


@dataclass(frozen=True, slots=True)
class Option:
    """``value`` is what the form sends, ``label`` what is read, ``icon`` what is drawn of it."""

    value: str
    label: str
    icon: str = ""
    is_given: bool = False


@register.simple_tag
def list_options(question: Question, given: Any = None) -> list[Option]:
    """``{% list_options question given as options %}``: what can be pressed, in order; none where
    it is typed. ``given`` is the answer as the engine has it.
    """
    if question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        chosen = given if isinstance(given, frozenset | set | list | tuple) else ()
        return [
            Option(each.code, each.text_i18n, "", each.code in chosen)
            for each in sorted(question.choices.all(), key=lambda each: each.position)
        ]
    steps = list_steps(question.kind, question.lowest, question.highest)
    if question.kind == QuestionKind.QUOTE:
        steps = [1, 0]
    return [
        Option(str(step), _name_step(question, step), _draw_step(question.kind, step),
               given == step and not isinstance(given, str))
        for step in steps
    ]  # fmt: skip


def _name_step(question: Question, step: int) -> str:
    """The outer faces have the question's own words where it has some."""
    if question.kind == QuestionKind.FACES:
        own = {1: question.low_label_i18n, 4: question.high_label_i18n}
        return own.get(step) or name_step(question.kind, step)
    return name_step(question.kind, step)


def _draw_step(kind: str, step: int) -> str:
    if kind == QuestionKind.FACES:
        return f"face-{step}"
    return "star-filled" if kind == QuestionKind.STARS else ""
