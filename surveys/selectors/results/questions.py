"""What results are about: questions and calculated scores over all versions, joined by code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from core.words import pick_word
from surveys.engine.scales import get_scale, has_ends
from surveys.enums import QuestionKind, ScorePart
from surveys.models import Question, ScoreTerm, Survey
from surveys.selectors.versions import list_choices
from surveys.selectors.wording import name_step

# Letters of the parts in ``statements.SCORED``.
_LETTERS = {
    ScorePart.PLAIN: "b", ScorePart.BENEFIT: "b", ScorePart.MONEY: "m", ScorePart.TIME: "t",
    ScorePart.EFFORT: "e", ScorePart.EXPECTATION: "x",
}  # fmt: skip


class CountedTerm(NamedTuple):
    question_id: int
    letter: str
    weight: int


@dataclass(frozen=True, slots=True)
class CountedScore:
    """A calculated score in one version, with its terms."""

    code: str
    name: str
    version_id: int
    terms: list[CountedTerm] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ResultQuestions:
    """Over all versions that were ever published. ``by_code`` in the order of the newest,
    ``scores`` one for each version, the newest first. ``choices``: by code of the question the
    words of its answers to choose by their codes, those that only earlier versions had last.
    """

    by_code: Mapping[str, Question]
    by_id: Mapping[int, Question]
    scores: Sequence[CountedScore]
    choices: Mapping[str, Mapping[str, str]]

    def name_answer(self, code: str, given: Any) -> str:
        """What was answered to a question in any version, in words."""
        if isinstance(given, str):
            return self.choices[code].get(given, given)
        return name_step(self.by_code[code].kind, given)

    def list_ids(self, code: str) -> list[int]:
        return [pk for pk, question in self.by_id.items() if question.code == code]


def list_result_questions(survey: Survey) -> ResultQuestions:
    """With their choices and what they weigh in scores; two queries."""
    terms = ScoreTerm.objects.filter(question=OuterRef("pk")).order_by("score_id")
    row = JSONObject(
        code="score__code", name="score__name", i18n="score__i18n", part="part", weight="weight"
    )
    questions: Any = (
        Question.objects.filter(version__survey=survey, version__published_at__isnull=False)
        .annotate(terms=ArraySubquery(terms.values(row=row)))
        .prefetch_related("choices")
        .order_by("-version__number", "position")
    )
    by_id = {question.pk: question for question in questions}
    by_code: dict[str, Question] = {}
    choices: dict[str, dict[str, str]] = {}
    scores: dict[tuple[int, str], CountedScore] = {}
    for question in by_id.values():
        by_code.setdefault(question.code, question)
        words = choices.setdefault(question.code, {})
        for choice in list_choices(question):
            words.setdefault(choice.code, choice.text_i18n)
        for term in question.terms:
            key = (question.version_id, term["code"])
            if key not in scores:
                name = pick_word({"name": term["name"], **(term["i18n"] or {})}, "name")
                scores[key] = CountedScore(term["code"], name, question.version_id)
            letter = _LETTERS[ScorePart(term["part"])]
            scores[key].terms.append(CountedTerm(question.pk, letter, term["weight"]))
    return ResultQuestions(by_code, by_id, list(scores.values()), choices)


def list_terms(asked: ResultQuestions) -> dict[str, list[Any]]:
    """Parameters of ``statements.SCORED``."""
    terms: list[tuple[Any, ...]] = []
    needs: list[tuple[Any, ...]] = []
    for score in asked.scores:
        letters = {term.letter for term in score.terms}
        needs.append((
            score.code, score.version_id, "m" in letters, "t" in letters, "e" in letters,
            "x" in letters, len(letters & set("mte")),
        ))  # fmt: skip
        for term in score.terms:
            terms += [
                (score.code, term.question_id, term.letter, term.weight, *worth)
                for worth in _list_worths(asked.by_id[term.question_id])
            ]
    names = ("of", "question", "part", "weight", "lowest", "span", "choice", "worth")
    needed = ("of", "version", "money", "time", "effort", "expectation", "costs")
    return {
        **_turn("term", names, terms),
        **_turn("need", needed, needs),
    }


def _list_worths(question: Question) -> list[tuple[int, int, str, int]]:
    """(lowest, span, "", 0) of a scale, or (0, 1, code, permille) for each answer to choose."""
    if question.kind == QuestionKind.SINGLE:
        return [
            (0, 1, choice.code, choice.value * 10)
            for choice in question.choices.all()
            if choice.value is not None
        ]
    scale = get_scale(question.kind, question.lowest, question.highest)
    if scale is None or not has_ends(question.kind, question.lowest, question.highest):
        return []
    return [(scale.lowest, scale.highest - scale.lowest, "", 0)]


def _turn(prefix: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Columns in place of rows."""
    return {f"{prefix}_{name}": [row[at] for row in rows] for at, name in enumerate(names)}


def name_answer(question: Question, given: Any) -> str:
    """What was answered, in words: of a choice its text, of a scale its step."""
    if isinstance(given, str):
        texts = {choice.code: choice.text_i18n for choice in list_choices(question)}
        return texts.get(given, given)
    return name_step(question.kind, given)
