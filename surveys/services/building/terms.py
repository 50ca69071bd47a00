"""Questions and scores as they are written down, before they are rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.words import key_of, list_translations
from surveys.engine.path import Rule
from surveys.enums import QuestionKind, ScorePart
from surveys.models import (
    Branch,
    Choice,
    Question,
    Score,
    ScoreTerm,
    SurveyVersion,
)
from surveys.selectors.versions import (
    list_branches,
    list_choices,
    list_questions,
    list_scores,
    read_rules,
)

QUESTION_WORDS = ("text", "hint", "low_label", "high_label")
VERSION_WORDS = ("title", "intro", "thanks")


@dataclass(frozen=True, slots=True)
class ChoiceTerms:
    """``i18n`` holds the text in other languages, as in ``text_ja``. Where a question is added or
    changed, one with an empty ``code`` is new and gets its own.
    """

    code: str
    text: str
    value: int | None = None
    i18n: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """``words`` are the columns of ``QUESTION_WORDS``, and translations as in ``text_ja``."""

    kind: str
    words: Mapping[str, str]
    code: str = ""
    is_required: bool = False
    lowest: int | None = None
    highest: int | None = None
    choices: Sequence[ChoiceTerms] = ()
    rules: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class PartTerms:
    question: str
    part: str = ScorePart.PLAIN
    weight: int = 1


@dataclass(frozen=True, slots=True)
class ScoreTerms:
    """``parts`` name questions by code; ``i18n`` holds the name in other languages."""

    code: str
    name: str
    parts: Sequence[PartTerms] = field(default_factory=tuple)
    i18n: Mapping[str, str] | None = None


def list_word_fields(names: Sequence[str]) -> set[str]:
    return {*names, *(key_of(name, language) for name in names for language in list_translations())}


def split_words(words: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Columns for a row that is made in a set: translations lie in ``i18n``."""
    own = {name: (words.get(name) or "").strip() for name in names}
    others = {key: text for key, text in words.items() if key not in names and text}
    return {**own, "i18n": others or None}


def read_words(row: Any, names: Sequence[str]) -> dict[str, str]:
    return {**{name: getattr(row, name) for name in names}, **(row.i18n or {})}


def list_question_terms(version: SurveyVersion) -> list[QuestionTerms]:
    """The questions of a version, read with them, as ``write_questions`` takes them."""
    return [read_question(each) for each in list_questions(version)]


def read_question(question: Question) -> QuestionTerms:
    return QuestionTerms(
        question.kind, read_words(question, QUESTION_WORDS), question.code, question.is_required,
        question.lowest, question.highest,
        [ChoiceTerms(each.code, each.text, each.value, each.i18n)
         for each in list_choices(question)],
        read_rules(question),
    )  # fmt: skip


def list_score_terms(version: SurveyVersion) -> list[ScoreTerms]:
    return [
        ScoreTerms(
            each.code, each.name,
            [PartTerms(term.question.code, term.part, term.weight) for term in each.terms.all()],
            each.i18n,
        )
        for each in list_scores(version)
    ]  # fmt: skip


def build_question(version: SurveyVersion, position: int, terms: QuestionTerms) -> Question:
    is_number = terms.kind == QuestionKind.NUMBER
    return Question(
        version=version, position=position, code=terms.code, kind=terms.kind,
        is_required=terms.is_required, lowest=terms.lowest if is_number else None,
        highest=terms.highest if is_number else None, **split_words(terms.words, QUESTION_WORDS),
    )  # fmt: skip


def build_choices(question: Question, terms: QuestionTerms) -> list[Choice]:
    return [
        Choice(
            question=question, position=place, code=each.code, text=each.text, value=each.value,
            i18n=dict(each.i18n or {}) or None,
        )
        for place, each in enumerate(terms.choices, start=1)
    ]  # fmt: skip


def build_branches(
    question: Question, terms: QuestionTerms, by_code: Mapping[str, Question]
) -> list[Branch]:
    """Rules as rows; ``by_code`` are the saved questions of the version."""
    return [
        Branch(
            question=question, position=place, operator=each.operator, value=each.value,
            goes_to=None if each.goes_to is None else by_code[each.goes_to],
        )
        for place, each in enumerate(terms.rules, start=1)
    ]  # fmt: skip


def write_questions(
    version: SurveyVersion, questions: Sequence[QuestionTerms], scores: Sequence[ScoreTerms] = ()
) -> None:
    """All questions and scores of an empty draft, in few statements."""
    rows = [build_question(version, place, each) for place, each in enumerate(questions, start=1)]
    Question.objects.bulk_create(rows)
    by_code = {row.code: row for row in rows}
    pairs = list(zip(rows, questions, strict=True))
    Choice.objects.bulk_create(choice for row, each in pairs for choice in build_choices(row, each))
    Branch.objects.bulk_create(
        branch for row, each in pairs for branch in build_branches(row, each, by_code)
    )
    for each in scores:
        write_score(version, each, by_code)


def write_score(
    version: SurveyVersion, terms: ScoreTerms, by_code: Mapping[str, Question]
) -> Score:
    score = Score(
        version=version, code=terms.code, name=terms.name, i18n=dict(terms.i18n or {}) or None
    )
    score.save(force_insert=True)
    ScoreTerm.objects.bulk_create(
        ScoreTerm(score=score, question=by_code[part.question], part=part.part, weight=part.weight)
        for part in terms.parts
    )
    return score


def list_jumps_to(version: SurveyVersion, code: str) -> list[Question]:
    """Questions with a jump to this one."""
    return [
        each
        for each in list_questions(version)
        if any(branch.goes_to and branch.goes_to.code == code for branch in list_branches(each))
    ]
