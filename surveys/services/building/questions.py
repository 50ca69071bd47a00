"""Questions and scores of a draft: added, changed, moved, taken out. What is live stays: each act
works on the draft, and begins one where there is none.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import count
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from surveys.engine.faults import Fault, find_faults
from surveys.engine.path import CHOOSING, Asked
from surveys.models import Branch, Choice, Question, ScoreTerm, Survey, SurveyVersion
from surveys.selectors.versions import get_version, list_questions, read_asked
from surveys.services.building.drafting import open_draft, tell_changed
from surveys.services.building.terms import (
    QuestionTerms,
    ScoreTerms,
    build_branches,
    build_choices,
    build_question,
    list_jumps_to,
    write_score,
)
from surveys.services.findings import say_fault
from surveys.services.refusals import InvalidSurvey

MOST_QUESTIONS, MOST_CHOICES = 40, 30
# What a draft may still lack: it is said before publishing.
_UNFINISHED = ("empty", "unanswerable", "few_choices", "unreachable")


@transaction.atomic
def add_question(survey: Survey, terms: QuestionTerms, *, by: Any, now: dt.datetime) -> Question:
    """Put a question at the end of the draft. Raises InvalidSurvey with the field."""
    draft = _read_draft(survey, by, now)
    questions = list_questions(draft)
    if len(questions) >= MOST_QUESTIONS:
        raise InvalidSurvey(_("A survey has %(most)s questions at most."), most=MOST_QUESTIONS)
    codes = {each.code for each in questions}
    if terms.code in codes:
        raise InvalidSurvey(_("Another question has this code."), field="code")
    # Results join by code over all versions: another question gets one that none ever had.
    before = dict(Question.objects.filter(version__survey=survey).values_list("code", "kind"))
    if before.get(terms.code, terms.kind) != terms.kind:
        raise InvalidSurvey(
            _("A question of another kind had this code in an earlier version."), field="code"
        )
    terms = replace(terms, code=terms.code or _find_code(terms.kind, {*before, *codes}))
    terms = _name_choices(survey, terms)
    _check_terms(terms)
    last = max((each.position for each in questions), default=0)
    question = build_question(draft, last + 1, terms)
    question.save(force_insert=True)
    _write_parts(question, terms, {**{each.code: each for each in questions}, terms.code: question})
    _check_way(draft, terms.code)
    tell_changed(draft, by, now, question=terms.code, kind=str(terms.kind))
    return question


@transaction.atomic
def change_question(
    survey: Survey, code: str, terms: QuestionTerms, *, by: Any, now: dt.datetime
) -> Question:
    """Change a question of the draft but its code and kind; choices and jumps are replaced.
    Raises InvalidSurvey.
    """
    draft = _read_draft(survey, by, now)
    kept = get_question(draft, code)
    terms = _name_choices(survey, replace(terms, code=code, kind=kept.kind))
    _check_terms(terms)
    changed = build_question(draft, kept.position, terms)
    changed.pk = kept.pk
    changed.save(
        update_fields=[
            "text", "hint", "low_label", "high_label", "i18n", "is_required", "lowest", "highest",
        ]
    )  # fmt: skip
    Choice.objects.filter(question=changed).delete()
    Branch.objects.filter(question=changed).delete()
    _write_parts(changed, terms, {each.code: each for each in list_questions(draft)})
    _check_way(draft, code)
    tell_changed(draft, by, now, question=code)
    return changed


@transaction.atomic
def move_question(survey: Survey, code: str, *, is_up: bool, by: Any, now: dt.datetime) -> None:
    """Exchange a question with the one before it, or after; at the ends nothing happens. Raises
    InvalidSurvey where a jump would lead backwards then.
    """
    draft = _read_draft(survey, by, now)
    questions = list_questions(draft)
    place = next((at for at, each in enumerate(questions) if each.code == code), None)
    if place is None:
        raise Question.DoesNotExist
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(questions):
        return
    questions[place], questions[other] = questions[other], questions[place]
    backwards = [each for each in find_faults(read_asked(questions)) if each.code == "goes_back"]
    if backwards:
        names = {each.code: each.text_i18n for each in questions}
        raise InvalidSurvey(
            _("A jump from “%(question)s” would lead backwards, and go round in circles. Change "
              "the jump first."),
            question=names[backwards[0].question],
        )  # fmt: skip
    for position, each in enumerate(questions, start=1):
        each.position = position
    Question.objects.bulk_update(questions, ["position"])
    tell_changed(draft, by, now, question=code, up=is_up)


@transaction.atomic
def remove_question(survey: Survey, code: str, *, by: Any, now: dt.datetime) -> None:
    """Take a question out of the draft. Raises InvalidSurvey while something leads to it."""
    draft = _read_draft(survey, by, now)
    question = get_question(draft, code)
    if jumps := list_jumps_to(draft, code):
        raise InvalidSurvey(
            _("A jump from “%(question)s” leads to it. Change the jump first."),
            question=jumps[0].text_i18n,
        )
    if ScoreTerm.objects.filter(question=question).exists():
        raise InvalidSurvey(_("A calculated score counts it. Change the score first."))
    question.delete()
    rest = [each for each in list_questions(draft) if each.code != code]
    for position, each in enumerate(rest, start=1):
        each.position = position
    Question.objects.bulk_update(rest, ["position"])
    tell_changed(draft, by, now, question=code, removed=True)


@transaction.atomic
def set_score(survey: Survey, terms: ScoreTerms, *, by: Any, now: dt.datetime) -> None:
    """Write a calculated score of the draft, or write it anew. Raises InvalidSurvey."""
    draft = _read_draft(survey, by, now)
    by_code = {each.code: each for each in list_questions(draft)}
    if not terms.name.strip():
        raise InvalidSurvey(_("Give it a name."), field="name")
    if not terms.parts:
        raise InvalidSurvey(_("Choose at least one question."), field="parts")
    if any(part.question not in by_code or not 1 <= part.weight <= 100 for part in terms.parts):
        raise InvalidSurvey(_("Weights are 1 to 100."), field="parts")
    codes = set(draft.scores.values_list("code", flat=True))
    code = terms.code or _find_code(slugify(terms.name)[:30] or "score", codes)
    draft.scores.filter(code=code).delete()
    write_score(draft, replace(terms, code=code), by_code)
    tell_changed(draft, by, now, score=code)


@transaction.atomic
def remove_score(survey: Survey, code: str, *, by: Any, now: dt.datetime) -> None:
    draft = _read_draft(survey, by, now)
    draft.scores.filter(code=code).delete()
    tell_changed(draft, by, now, score=code, removed=True)


def get_question(version: SurveyVersion, code: str) -> Question:
    """Of a version that was read with its questions. Raises Question.DoesNotExist."""
    found = next((each for each in list_questions(version) if each.code == code), None)
    if found is None:
        raise Question.DoesNotExist
    return found


def _read_draft(survey: Survey, by: Any, now: dt.datetime) -> SurveyVersion:
    """With its questions, under the survey's lock."""
    return get_version(open_draft(survey, by=by, now=now).pk)


def _find_code(stem: str, taken: Collection[str]) -> str:
    if stem not in taken:
        return stem
    return next(code for n in count(2) if (code := f"{stem}-{n}") not in taken)


def _name_choices(survey: Survey, terms: QuestionTerms) -> QuestionTerms:
    """Answers without a code get one. Results join by it over all versions: no answer to this
    question ever had it, but for one with the same words.
    """
    published = Choice.objects.filter(
        question__version__survey=survey, question__code=terms.code,
        question__version__published_at__isnull=False,
    )  # fmt: skip
    before = dict(published.order_by("question__version__number").values_list("code", "text"))
    own = {each.code for each in terms.choices if each.code}
    choices = []
    for each in terms.choices:
        if not each.code:
            again = (code for code, text in before.items() if text == each.text and code not in own)
            stem = slugify(each.text)[:30] or "answer"
            each = replace(each, code=next(again, "") or _find_code(stem, {*before, *own}))
            own.add(each.code)
        choices.append(each)
    return replace(terms, choices=choices)


def _write_parts(question: Question, terms: QuestionTerms, by_code: dict[str, Question]) -> None:
    unknown = [each for each in terms.rules if each.goes_to and each.goes_to not in by_code]
    if unknown:
        raise InvalidSurvey(_("A jump leads to a question that isn't there."), field="rules")
    if terms.kind in CHOOSING:
        Choice.objects.bulk_create(build_choices(question, terms))
    Branch.objects.bulk_create(build_branches(question, terms, by_code))


def _check_terms(terms: QuestionTerms) -> None:
    if not (terms.words.get("text") or "").strip():
        raise InvalidSurvey(_("Say what you want to ask."), field="text")
    codes = Counter(each.code for each in terms.choices)
    if any(times > 1 for times in codes.values()):
        raise InvalidSurvey(_("Two answers have the same code."), field="choices")
    if any(not each.text.strip() for each in terms.choices):
        raise InvalidSurvey(_("An answer has no words."), field="choices")
    if len(terms.choices) > MOST_CHOICES:
        raise InvalidSurvey(_("At most %(most)s answers."), field="choices", most=MOST_CHOICES)
    if any(each.value is not None and not 0 <= each.value <= 100 for each in terms.choices):
        raise InvalidSurvey(_("An answer counts for 0 to 100."), field="choices")
    low, high = terms.lowest, terms.highest
    if low is not None and high is not None and low >= high:
        raise InvalidSurvey(_("The highest number must be above the lowest."), field="highest")


def _check_way(draft: SurveyVersion, code: str) -> None:
    """Raise InvalidSurvey for what is wrong with this question's own rules."""
    questions = list_questions(get_version(draft.pk))
    asked: list[Asked] = read_asked(questions)
    for fault in find_faults(asked):
        if fault.question == code and fault.is_blocking and fault.code not in _UNFINISHED:
            raise InvalidSurvey(say_fault(fault, questions), field=_find_field(fault))


def _find_field(fault: Fault) -> str:
    if fault.rule is not None or fault.code == "many_rules":
        return "rules"
    return {"no_room": "highest", "forced_consent": "is_required"}.get(fault.code, "")
