"""A version's questions as pages ask them and as the engine walks them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from django.db.models import Prefetch

from surveys.engine.path import Asked, Given, Rule
from surveys.engine.scales import find_share, has_ends
from surveys.engine.scores import Term, find_score
from surveys.enums import QuestionKind, VersionState
from surveys.models import (
    Answer,
    Branch,
    Choice,
    Question,
    Score,
    ScoreTerm,
    Survey,
    SurveyVersion,
)


def find_version(survey: Survey, state: str) -> SurveyVersion | None:
    """The live version or the draft, with its questions, choices and jumps in order (4 queries)."""
    return SurveyVersion.objects.filter(survey=survey, state=state).with_questions().first()


def find_live(survey: Survey) -> SurveyVersion | None:
    return find_version(survey, VersionState.LIVE)


def find_draft(survey: Survey) -> SurveyVersion | None:
    return find_version(survey, VersionState.DRAFT)


def get_version(pk: int) -> SurveyVersion:
    """With its questions, choices and jumps. Raises SurveyVersion.DoesNotExist."""
    return SurveyVersion.objects.with_questions().get(pk=pk)


def list_questions(version: SurveyVersion) -> list[Question]:
    """In order, of a version that was read with its questions."""
    return sorted(version.questions.all(), key=lambda each: each.position)


def list_choices(question: Question) -> list[Choice]:
    return sorted(question.choices.all(), key=lambda each: each.position)


def list_branches(question: Question) -> list[Branch]:
    return sorted(question.branches.all(), key=lambda each: each.position)


def read_asked(questions: Iterable[Question]) -> list[Asked]:
    """Questions for ``surveys.engine.path``, in the order given."""
    return [
        Asked(
            each.code, each.kind, each.is_required, tuple(read_rules(each)),
            tuple(choice.code for choice in list_choices(each)), each.lowest, each.highest,
        )
        for each in questions
    ]  # fmt: skip


def read_rules(question: Question) -> list[Rule]:
    return [
        Rule(each.operator, each.value, each.goes_to.code if each.goes_to else None)
        for each in list_branches(question)
    ]


def read_given(kind: str, answer: Answer) -> Given | None:
    """An answer for ``surveys.engine.path``."""
    if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return frozenset(answer.choices) or None
    if kind == QuestionKind.TEXT:
        return answer.text or None
    return answer.day_on if kind == QuestionKind.DATE else answer.number


class NamesMain(Protocol):
    """A survey, or a row that repeats this of one."""

    @property
    def main_question(self) -> str: ...


def find_main_question(survey: NamesMain, questions: Sequence[Question]) -> Question | None:
    """Whose answer is the score: the one the survey names, else the first on a scale."""
    scaled = [each for each in questions if has_ends(each.kind, each.lowest, each.highest)]
    named = [each for each in scaled if each.code == survey.main_question]
    return next(iter(named or scaled), None)


def find_answer_share(question: Question, answer: Answer) -> int | None:
    """What an answer is worth in permille; None where it has no worth."""
    if question.kind == QuestionKind.SINGLE:
        values = {choice.code: choice.value for choice in question.choices.all()}
        value = next((values.get(code) for code in answer.choices), None)
        return None if value is None else value * 10
    if answer.number is None:
        return None
    return find_share(question.kind, answer.number, question.lowest, question.highest)


def list_scores(version: SurveyVersion) -> list[Score]:
    """Calculated scores with their terms and questions."""
    terms = ScoreTerm.objects.select_related("question").order_by("question__position")
    return list(version.scores.order_by("pk").prefetch_related(Prefetch("terms", terms)))


def read_terms(score: Score) -> list[Term]:
    return [Term(each.question.code, each.part, each.weight) for each in score.terms.all()]


def reckon_scores(
    scores: Sequence[Score], questions: Sequence[Question], answers: Iterable[Answer]
) -> dict[str, int | None]:
    """Calculated scores of one response in permille, by code."""
    by_id = {each.pk: each for each in questions}
    shares = {}
    for answer in answers:
        question = by_id.get(answer.question_id)
        share = None if question is None else find_answer_share(question, answer)
        if question is not None and share is not None:
            shares[question.code] = share
    return {score.code: find_score(read_terms(score), shares) for score in scores}
