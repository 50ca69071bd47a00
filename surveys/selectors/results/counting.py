"""What a survey's answers add up to: only confirmed ones of people count."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from surveys.engine.figures import Estimate, find_mean, find_mean_of, find_nps, find_share
from surveys.enums import QuestionKind
from surveys.models import Question, Survey
from surveys.selectors.results.questions import (
    ResultQuestions,
    list_result_questions,
    list_terms,
)
from surveys.selectors.results.scope import Scope
from surveys.selectors.results.statements import ANSWERS, CUT_ANSWERS, TOTALS, build_groups

_GOOD = {QuestionKind.FACES: 3, QuestionKind.STARS: 4}  # and above: content
TENTHS = 10  # a calculated score is told in so many equal parts of its scale


@dataclass(slots=True)
class QuestionResult:
    """One question over all versions; its words are those of the newest that has it.

    ``choices``: words of its answers to choose by code, of earlier versions too. ``counts``:
    number, or code of an answer to choose, to how often it was given in complete responses.
    ``reached``: how many gave any answer to it, complete or not; ``stopped``: of those who began
    and did not finish, how many gave their last answer here.
    """

    question: Question
    choices: Mapping[str, str] = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    answered: int = 0
    reached: int = 0
    stopped: int = 0

    @property
    def estimate(self) -> Estimate | None:
        """NPS in points, content (CSAT) in percent, effort (CES) and numbers as a mean."""
        return estimate(self.question.kind, self.counts)


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A calculated score, 0 to 100. ``counts``: tenth of the scale, 0 to 9, to how often."""

    code: str
    name: str
    counts: Mapping[int, int]
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One part of the answers; ``key`` is the id, code or first day of it. ``estimate`` is the
    main question's, ``scores`` the calculated ones' by code; None and missing where too few tell.
    """

    key: str
    name: str
    count: int
    estimate: Estimate | None
    scores: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThemeResult:
    """``share`` of all complete answers in percent; ``score`` the mean, 0 to 100, or None."""

    id: int
    name: str
    count: int
    share: float
    score: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Invitations by what became of them, each a part of the one before."""

    invited: int
    sent: int
    opened: int
    answered: int

    @property
    def response_rate(self) -> Estimate | None:
        """Of those who were sent a message about it, in percent."""
        return find_share(self.answered, self.sent)


@dataclass(slots=True)
class Results:
    """``groups`` by "period" (in order of time), "store", "tier", "category" and "segment"."""

    funnel: Funnel
    complete: int
    begun: int
    uncounted: int
    questions: list[QuestionResult]
    main: QuestionResult | None
    scores: list[ScoreResult]
    groups: dict[str, list[GroupResult]]
    themes: list[ThemeResult]
    is_hidden: bool  # anonymous, and too few to tell


def estimate(kind: str, counts: Mapping[int, int]) -> Estimate | None:
    if kind == QuestionKind.NPS:
        return find_nps(counts)
    if kind in _GOOD:
        good = sum(times for number, times in counts.items() if number >= _GOOD[QuestionKind(kind)])
        return find_share(good, sum(counts.values()))
    if kind in (QuestionKind.EFFORT, QuestionKind.NUMBER):
        return find_mean(counts)
    return None


def get_results(scope: Scope) -> Results:
    """Five queries, whatever the number of answers, questions and groups."""
    survey = scope.survey
    asked = list_result_questions(survey)
    questions = _count_answers(scope, asked)
    main = _find_main(survey, questions.values())
    invited, sent, opened, answered, complete, begun, uncounted, stopped = scope.read(TOTALS)[0]
    for code, times in json.loads(stopped).items():  # Django leaves JSON to whoever reads it
        if code in questions:
            questions[code].stopped = times
    rows = [] if scope.is_empty else _read_groups(scope, asked, main)
    return Results(
        funnel=Funnel(invited, sent, opened, answered),
        complete=complete,
        begun=begun,
        uncounted=uncounted,
        questions=list(questions.values()),
        main=main,
        scores=_build_scores(rows, asked),
        groups=_build_groups(rows, main),
        themes=_build_themes(rows, complete),
        is_hidden=scope.is_empty,
    )


def _count_answers(scope: Scope, asked: ResultQuestions) -> dict[str, QuestionResult]:
    found = {
        code: QuestionResult(question, asked.choices[code])
        for code, question in asked.by_code.items()
    }
    for pk, number, choices, complete, times in scope.read(
        CUT_ANSWERS if scope.survey.is_anonymous else ANSWERS
    ):
        question = asked.by_id.get(pk)
        if question is None:  # of a draft: nobody was asked it yet
            continue
        result = found[question.code]
        result.answered += complete
        result.reached += times
        for given in choices or [number]:
            if given is not None and complete:
                result.counts[given] += complete
    return found


def _find_main(survey: Survey, found: Iterable[QuestionResult]) -> QuestionResult | None:
    scaled = [each for each in found if estimate(each.question.kind, {1: 1}) is not None]
    named = [each for each in scaled if each.question.code == survey.main_question]
    return next(iter(named or scaled), None)


# --- Groups, scores and themes, from the rows of one statement ------------------------------------


def _read_groups(scope: Scope, asked: ResultQuestions, main: QuestionResult | None) -> list[Any]:
    terms = list_terms(asked)
    sql = build_groups(
        score_parts=set(terms["term_part"]),
        has_choices=any(terms["term_choice"]),
        is_anonymous=scope.survey.is_anonymous,
    )
    of_main = asked.list_ids(main.question.code) if main else []
    return scope.read(sql, main=of_main, **terms)


def _build_scores(rows: list[Any], asked: ResultQuestions) -> list[ScoreResult]:
    counts: dict[str, Counter] = defaultdict(Counter)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for of, by, _key, _name, number, times, total, squares in rows:
        if of and by == "all":
            counts[of][number] += times
            sums[of] = [a + b for a, b in zip(sums[of], (times, total, squares), strict=True)]
    names = {score.code: score.name for score in reversed(asked.scores)}  # the newest version's
    return [
        ScoreResult(code, name, counts[code], _estimate_score(*sums[code]))
        for code, name in names.items()
    ]


def _estimate_score(count: int, total: int, squares: int) -> Estimate | None:
    """From permille to 0 to 100, beyond which no score lies."""
    found = find_mean_of(count, total, squares, scale=10)
    if found is None or found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 100.0))


def _build_groups(rows: list[Any], main: QuestionResult | None) -> dict[str, list[GroupResult]]:
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)
    scores: dict[tuple[str, str], dict[str, Estimate]] = defaultdict(dict)
    names: dict[tuple[str, str], str] = {}
    for of, by, key, name, number, times, total, squares in rows:
        if by in ("theme", "all"):
            continue
        names[by, key] = name
        if not of:
            counts[by, key][number] += times
        elif (found := _estimate_score(times, total, squares)) is not None:
            scores[by, key][of] = found
    groups: dict[str, list[GroupResult]] = defaultdict(list)
    kind = main.question.kind if main else ""
    for (by, key), name in sorted(names.items()):
        numbers = counts[by, key]
        count = sum(numbers.values()) or max(
            (each.count for each in scores[by, key].values()), default=0
        )
        numbers.pop(None, None)  # of an anonymous survey: beyond the last full five
        groups[by].append(GroupResult(key, name, count, estimate(kind, numbers), scores[by, key]))
    for by, parts in groups.items():
        if by != "period":
            parts.sort(key=lambda part: (-part.count, part.name))
    return dict(groups)


def _build_themes(rows: list[Any], complete: int) -> list[ThemeResult]:
    themes = [
        ThemeResult(
            int(key), name, times, 100 * times / max(complete, 1),
            total / scored / 10 if scored else None,
        )
        for _of, by, key, name, scored, times, total, _squares in rows
        if by == "theme"
    ]  # fmt: skip
    return sorted(themes, key=lambda theme: (-theme.count, theme.name))
