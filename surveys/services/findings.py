"""What stands in the way of publishing a survey, and what its maker should look at before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext_lazy as _

from core.joining import join_comma
from core.words import key_of, list_translations
from surveys.engine.faults import Fault, find_faults
from surveys.enums import QuestionKind
from surveys.models import Question, Survey, SurveyVersion
from surveys.selectors.versions import (
    find_main_question,
    list_choices,
    list_questions,
    list_scores,
    read_asked,
    read_terms,
)
from surveys.services.refusals import CannotPublish

LONG = 12  # questions; beyond, people give up

_SAYINGS = {
    "empty": _("It has no question yet."),
    "double": _("Two questions have the code “%(question)s”."),
    "goes_back": _("A jump from “%(question)s” leads backwards: members would go round in "
                   "circles. Jumps only lead forwards."),
    "goes_nowhere": _("A jump from “%(question)s” leads to a question that isn't there."),
    "bad_operator": _("A jump from “%(question)s” asks something that such answers can't be "
                      "asked."),
    "bad_value": _("A jump from “%(question)s” asks for an answer that nobody can give."),
    "many_rules": _("“%(question)s” has too many jumps: ten at most."),
    "few_choices": _("“%(question)s” needs two answers to choose from."),
    "no_room": _("“%(question)s” leaves no number between its lowest and its highest."),
    "forced_consent": _("“%(question)s” asks for consent, which must be free: don't require it."),
    "unanswerable": _("“%(question)s” has no answer to choose: nobody could answer it."),
    "unreachable": _("“%(question)s” is asked of nobody, whatever they answer before."),
    "idle_rule": _("Jump %(number)s of “%(question)s” is never taken: one before it always is."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that can't be published so (``is_blocking``), or is good to know before.
    ``question`` is the code of the one it is about.
    """

    code: str
    text: Any
    is_blocking: bool = True
    question: str = ""


def say_fault(fault: Fault, questions: Sequence[Question]) -> str:
    """A fault of the engine in words."""
    names = {each.code: each.text_i18n for each in questions}
    named = names.get(fault.question, fault.question)
    return str(_SAYINGS[fault.code]) % {"question": named, "number": (fault.rule or 0) + 1}


def check_publishable(survey: Survey, draft: SurveyVersion) -> None:
    """Raise CannotPublish with every reason. ``draft`` was read with its questions."""
    reasons = [str(each.text) for each in list_findings(survey, draft) if each.is_blocking]
    if reasons:
        raise CannotPublish(reasons=" ".join(reasons))


def list_findings(survey: Survey, draft: SurveyVersion) -> list[Finding]:
    """What can't be published so, then what is odd or good to know."""
    questions = list_questions(draft)
    found = [
        *(
            Finding(each.code, say_fault(each, questions), each.is_blocking, each.question)
            for each in find_faults(read_asked(questions))
        ),
        *_check_main(survey, questions),
        *_check_scores(draft, questions),
        *_check_scales(survey, questions),
        *_check_length(questions),
        *_check_languages(draft, questions),
    ]
    return sorted(found, key=lambda each: not each.is_blocking)


def _check_main(survey: Survey, questions: Sequence[Question]) -> Iterator[Finding]:
    main = find_main_question(survey, questions)
    if survey.main_question and (main is None or main.code != survey.main_question):
        text = _("The main question “%(code)s” isn't there, or has no scale.")
        yield Finding("no_main", text % {"code": survey.main_question})
    elif main is None and survey.low_line is not None:
        yield Finding("no_scale", _("Low scores can't be followed up: no question has a scale."))
    elif main is not None and questions and main != questions[0] and questions[0].is_required:
        text = _("The main question “%(question)s” isn't the first: a press in the e-mail leads "
                 "past what is asked before it.")  # fmt: skip
        yield Finding("main_is_later", text % {"question": main.text_i18n}, False, main.code)


def _check_scores(draft: SurveyVersion, questions: Sequence[Question]) -> Iterator[Finding]:
    worthy = {each.code for each in questions if _has_worth(each)}
    for score in list_scores(draft):
        lost = [term.question for term in read_terms(score) if term.question not in worthy]
        if lost:
            names = {each.code: each.text_i18n for each in questions}
            text = _("“%(score)s” can't count “%(question)s”: its answers have no value.")
            yield Finding(
                "no_worth", text % {"score": score.name_i18n, "question": names[lost[0]]},
                True, lost[0],
            )  # fmt: skip


def _check_scales(survey: Survey, questions: Sequence[Question]) -> Iterator[Finding]:
    """Results join by code over all versions, a five of five and a five of ten alike."""
    numbers = {each.code: each for each in questions if each.kind == QuestionKind.NUMBER}
    if not numbers:
        return
    published = Question.objects.filter(
        version__survey=survey, version__published_at__isnull=False, code__in=numbers
    )
    before = set(published.values_list("code", "lowest", "highest"))
    changed = {
        code for code, *ends in before if ends != [numbers[code].lowest, numbers[code].highest]
    }
    for code in filter(changed.__contains__, numbers):
        text = _(
            "“%(question)s” had other ends before, and results add up both. A new question in"
            " its place would keep them apart."
        )
        yield Finding("other_ends", text % {"question": numbers[code].text_i18n}, False, code)


def _has_worth(question: Question) -> bool:
    from_scale = find_main_question(Survey(), [question]) is not None
    values = [choice.value for choice in list_choices(question)]
    return from_scale or (
        question.kind == QuestionKind.SINGLE
        and bool(values)
        and all(value is not None for value in values)
    )


def _check_length(questions: Sequence[Question]) -> Iterator[Finding]:
    if len(questions) > LONG:
        text = ngettext(
            "%(count)s question: the longer a survey, the more people leave it.",
            "%(count)s questions: the longer a survey, the more people leave it.",
            len(questions),
        )
        yield Finding("long", text % {"count": len(questions)}, False)


def _check_languages(draft: SurveyVersion, questions: Sequence[Question]) -> Iterator[Finding]:
    """Words that readers of a language would find in the club's own."""
    rows: list[tuple[Any, tuple[str, ...]]] = [(draft, ("title", "intro", "thanks"))]
    rows += [(each, ("text", "hint", "low_label", "high_label")) for each in questions]
    rows += [(choice, ("text",)) for each in questions for choice in list_choices(each)]
    missing = [
        get_language_info(language)["name_local"]
        for language in list_translations()
        if any(
            getattr(row, name) and not (row.i18n or {}).get(key_of(name, language))
            for row, names in rows
            for name in names
        )
    ]
    if missing:
        text = _("Not everything is translated: %(languages)s. Members who read them see the "
                 "club's own words.")  # fmt: skip
        yield Finding("untranslated", text % {"languages": join_comma(missing)}, False)
