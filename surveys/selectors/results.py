"""What a survey's answers add up to: only confirmed ones of people count."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from core.time import start_of
from members.enums import AudienceKind
from members.selectors.club import get_club
from surveys.engine.figures import Estimate, find_mean, find_nps, find_share
from surveys.enums import QuestionKind
from surveys.models import Question, Survey
from surveys.selectors.versions import list_choices
from surveys.selectors.wording import name_step

FEWEST = 5  # of an anonymous survey nothing is told of fewer people
_GOOD = {QuestionKind.FACES: 3, QuestionKind.STARS: 4}  # and above: content
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)

_COUNTING = """
    FROM surveys_response r {join}
    WHERE r.survey_id = %(survey)s AND r.actor = 'human' AND r.state IN ('begun', 'complete')
      AND r.started_at >= %(start)s AND r.started_at < %(end)s {where}
"""
# One row for each answer that was given: a scale has a handful, answers to choose a few dozen.
# Answers in own words are one row, whatever they say.
_ANSWERS = f"""
    SELECT a.question_id, a.number, a.choices, count(*) FILTER (WHERE r.state = 'complete'),
           count(*)
    {_COUNTING.replace("{join}", "JOIN surveys_answer a ON a.response_id = r.id {join}")}
    GROUP BY a.question_id, a.number, a.choices
"""
_MAIN = "JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = ANY (%(main)s) {join}"
_OF_SEGMENTS = _MAIN.replace(
    "{join}",
    """JOIN members_audiencemember m ON m.member_id = r.member_id
       JOIN members_audience u ON u.id = m.audience_id AND u.kind = %(segment)s {join}""",
)
_DIMENSIONS = f"""
    SELECT g.by, g.key, coalesce(
        s.i18n ->> %(words)s, s.name, t.i18n ->> %(words)s, t.name, c.i18n ->> %(words)s, c.name,
        g.key), g.number, g.times
    FROM (
        SELECT CASE GROUPING(month, r.store_id, r.tier, r.category_id)
                    WHEN 7 THEN 'month' WHEN 11 THEN 'store' WHEN 13 THEN 'tier'
                    ELSE 'category' END AS by,
               coalesce(month::text, r.store_id::text, r.tier, r.category_id::text) AS key,
               a.number, count(*) AS times
        FROM (
            SELECT r.id, r.store_id, r.tier, r.category_id,
                   date_trunc('month', r.started_at AT TIME ZONE %(zone)s)::date AS month
            {_COUNTING} AND r.state = 'complete'
        ) r JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = ANY (%(main)s)
        WHERE a.number IS NOT NULL
        GROUP BY GROUPING SETS (
            (month, a.number), (r.store_id, a.number), (r.tier, a.number),
            (r.category_id, a.number))
    ) g
    LEFT JOIN purchases_store s ON g.by = 'store' AND s.id::text = g.key
    LEFT JOIN rewards_tier t ON g.by = 'tier' AND t.slug = g.key
    LEFT JOIN purchases_category c ON g.by = 'category' AND c.id::text = g.key
    WHERE g.key <> ''
"""
_SEGMENTS = f"""
    SELECT 'segment', m.audience_id::text, coalesce(u.i18n ->> %(words)s, u.name), a.number,
           count(*)
    {_COUNTING.replace("{join}", _OF_SEGMENTS)}
      AND r.state = 'complete' AND a.number IS NOT NULL
    GROUP BY m.audience_id, u.i18n, u.name, a.number
"""
_TOTALS = """
    SELECT (SELECT count(*) FROM surveys_invitation i
            WHERE i.survey_id = %(survey)s AND i.sent_at >= %(start)s AND i.sent_at < %(end)s),
           (SELECT count(*) FROM surveys_invitation i
            WHERE i.survey_id = %(survey)s AND i.sent_at >= %(start)s AND i.sent_at < %(end)s
              AND i.answered_at IS NOT NULL),
           count(*) FILTER (WHERE actor = 'human' AND state = 'complete'),
           count(*) FILTER (WHERE actor = 'human' AND state = 'begun'),
           count(*) FILTER (WHERE actor <> 'human')
    FROM surveys_response r
    WHERE r.survey_id = %(survey)s AND r.started_at >= %(start)s AND r.started_at < %(end)s {where}
"""
_OF_THEMES = """JOIN surveys_response_themes x ON x.response_id = r.id
    JOIN surveys_theme h ON h.id = x.theme_id {join}"""
# In place of a number the mean score in permille.
_THEMES = f"""
    SELECT 'theme', x.theme_id::text, coalesce(h.i18n ->> %(words)s, h.name),
           avg(r.score_permille)::smallint, count(*)
    {_COUNTING.replace("{join}", _OF_THEMES)}
    GROUP BY x.theme_id, h.i18n, h.name
"""
_GROUPS = f"({_DIMENSIONS}) UNION ALL ({_SEGMENTS}) UNION ALL ({_THEMES})"
_CHOICES = """
    SELECT 'store', id::text, coalesce(i18n ->> %(words)s, name) FROM purchases_store
    UNION ALL SELECT 'tier', slug, coalesce(i18n ->> %(words)s, name) FROM rewards_tier
    UNION ALL SELECT 'segment', id::text, coalesce(i18n ->> %(words)s, name)
              FROM members_audience WHERE kind = %(segment)s
    ORDER BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Of which answers: begun from the first to the last day, of one store, tier or audience."""

    first_on: dt.date | None = None
    last_on: dt.date | None = None
    store_id: int | None = None
    tier: str = ""
    audience_id: int | None = None


@dataclass(slots=True)
class QuestionResult:
    """One question over all versions; its words are those of the newest that has it.

    ``counts``: number, or code of an answer to choose, to how often it was given in complete
    responses. ``reached``: how many gave any answer to it, complete or not.
    """

    question: Question
    counts: Counter = field(default_factory=Counter)
    answered: int = 0
    reached: int = 0

    @property
    def estimate(self) -> Estimate | None:
        """NPS in points, content (CSAT) in percent, effort (CES) and numbers as a mean."""
        return estimate(self.question.kind, self.counts)


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The main question in one group; ``estimate`` is None where it is too few to tell."""

    name: str
    count: int
    estimate: Estimate | None


@dataclass(slots=True)
class Results:
    sent: int
    sent_answered: int
    complete: int
    begun: int
    uncounted: int
    questions: list[QuestionResult]
    main: QuestionResult | None
    groups: dict[str, list[GroupResult]]
    themes: list[tuple[str, int, int | None]]  # name, answers, mean score in permille
    is_hidden: bool  # anonymous, and too few to tell

    @property
    def response_rate(self) -> Estimate | None:
        """Of those who were sent a message about it, in percent."""
        return find_share(self.sent_answered, self.sent)


def estimate(kind: str, counts: Mapping[int, int]) -> Estimate | None:
    if kind == QuestionKind.NPS:
        return find_nps(counts)
    if kind in _GOOD:
        good = sum(times for number, times in counts.items() if number >= _GOOD[QuestionKind(kind)])
        return find_share(good, sum(counts.values()))
    if kind in (QuestionKind.EFFORT, QuestionKind.NUMBER):
        return find_mean(counts)
    return None


def get_results(survey: Survey, filters: Filters) -> Results:
    """Five queries, whatever the number of answers, questions and groups."""
    club = get_club()
    parameters: dict[str, Any] = {
        "survey": survey.pk,
        "zone": club.zone,
        "start": start_of(filters.first_on or EARLIEST, club.zone),
        "end": start_of((filters.last_on or LATEST) + dt.timedelta(days=1), club.zone),
        "store": filters.store_id,
        "tier": filters.tier,
        "audience": filters.audience_id,
        "segment": AudienceKind.SEGMENT,
        "words": _words_key(),
    }
    where = _narrow(filters)
    found, of_id = _list_questions(survey)
    for pk, number, choices, complete, times in _read(_ANSWERS, where, parameters):
        result = found.get(of_id.get(pk, ""))
        if result is None:
            continue
        result.answered += complete
        result.reached += times
        for given in choices or [number]:
            if given is not None and complete:
                result.counts[given] += complete
    main = _find_main(survey, found)
    parameters["main"] = [pk for pk, code in of_id.items() if main and code == main.question.code]
    sent, sent_answered, complete, begun, uncounted = _read(_TOTALS, where, parameters)[0]
    is_hidden = survey.is_anonymous and complete < FEWEST
    rows = [] if is_hidden else _read(_GROUPS, where, parameters)
    themes = sorted(
        ((name, times, score) for by, _key, name, score, times in rows if by == "theme"),
        key=lambda theme: (-theme[1], theme[0]),
    )
    groups = _group(
        [row for row in rows if row[0] != "theme"],
        main.question.kind if main else "",
        is_anonymous=survey.is_anonymous,
    )
    return Results(
        sent, sent_answered, complete, begun, uncounted, list(found.values()), main, groups,
        themes, is_hidden,
    )  # fmt: skip


def list_filter_choices() -> dict[str, list[tuple[str, str]]]:
    """What results can be narrowed to: "store", "tier" and "segment" to (key, name). One query."""
    found: dict[str, list[tuple[str, str]]] = {"store": [], "tier": [], "segment": []}
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES, {"words": _words_key(), "segment": AudienceKind.SEGMENT})
        for kind, key, name in cursor.fetchall():
            found[kind].append((key, name))
    return found


def _words_key() -> str:
    """Where the reader's language stands beside a name."""
    return f"name_{(get_language() or '').replace('-', '_')}"


def _narrow(filters: Filters) -> str:
    parts = []
    if filters.store_id:
        parts.append("AND r.store_id = %(store)s")
    if filters.tier:
        parts.append("AND r.tier = %(tier)s")
    if filters.audience_id:
        parts.append(
            "AND EXISTS (SELECT FROM members_audiencemember f"
            " WHERE f.audience_id = %(audience)s AND f.member_id = r.member_id)"
        )
    return " ".join(parts)


def _read(sql: str, where: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(join="", where=where), parameters)
        return cursor.fetchall()


def _list_questions(survey: Survey) -> tuple[dict[str, QuestionResult], dict[int, str]]:
    """By code, in the order of the newest version that was published; and the code of each id."""
    questions = (
        Question.objects.filter(version__survey=survey, version__published_at__isnull=False)
        .prefetch_related("choices")
        .order_by("-version__number", "position")
    )
    found: dict[str, QuestionResult] = {}
    of_id = {}
    for question in questions:
        of_id[question.pk] = question.code
        found.setdefault(question.code, QuestionResult(question))
    return found, of_id


def _find_main(survey: Survey, found: dict[str, QuestionResult]) -> QuestionResult | None:
    scaled = [each for each in found.values() if estimate(each.question.kind, {1: 1}) is not None]
    named = [each for each in scaled if each.question.code == survey.main_question]
    return next(iter(named or scaled), None)


def _group(rows: list[Any], kind: str, *, is_anonymous: bool) -> dict[str, list[GroupResult]]:
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)
    names = {}
    for by, key, name, number, times in rows:
        counts[by, key][number] += times
        names[by, key] = name
    groups: dict[str, list[GroupResult]] = defaultdict(list)
    for (by, key), numbers in sorted(counts.items()):
        count = sum(numbers.values())
        told = None if is_anonymous and count < FEWEST else estimate(kind, numbers)
        groups[by].append(GroupResult(names[by, key], count, told))
    for by, parts in groups.items():
        if by != "month":
            parts.sort(key=lambda part: (-part.count, part.name))
    return dict(groups)


def name_answer(question: Question, given: Any) -> str:
    """What was answered, in words: of a choice its text, of a scale its step."""
    if isinstance(given, str):
        texts = {choice.code: choice.text_i18n for choice in list_choices(question)}
        return texts.get(given, given)
    return name_step(question.kind, given)
