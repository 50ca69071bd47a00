"""Of which answers results tell: what a page is narrowed to, as conditions of SQL.

Answers of an anonymous survey are never narrowed. Whoever may choose days, a store or a segment
freely asks twice, with and without one person, and reads that person's answer from the difference.
For the same reason they join the results five at a time, in the order in which they were
completed: between two looks lie five people or none. Every part that is told of them (a store, a
month, a question) is cut in the same way, from those that the part above it tells.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from core.time import start_of
from members.enums import AudienceKind
from members.selectors.club import get_club
from surveys.models import Survey

FEWEST = 5  # of an anonymous survey nothing is told of fewer people
WEEK, MONTH, QUARTER = "week", "month", "quarter"
_EARLIEST, _LATEST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)

# Answers that a person confirmed. Those of an anonymous survey that are complete count up to the
# last of a full five.
COUNTING = """
    FROM surveys_response r {join}
    WHERE r.survey_id = %(survey)s AND r.actor = 'human' AND r.state IN ('begun', 'complete')
      AND r.started_at >= %(start)s AND r.started_at < %(end)s {where}
"""
_UNTIL = f"""
    WITH full_fives AS (
        SELECT count(*) / {FEWEST} * {FEWEST} AS told FROM surveys_response
        WHERE survey_id = %(survey)s AND actor = 'human' AND state = 'complete'
    )
    SELECT completed_at, id FROM surveys_response
    WHERE survey_id = %(survey)s AND actor = 'human' AND state = 'complete'
    ORDER BY completed_at, id
    OFFSET (SELECT greatest(told - 1, 0) FROM full_fives)
    LIMIT (SELECT least(told, 1) FROM full_fives)
"""
_NOBODY = (dt.datetime(1, 1, 1, tzinfo=dt.UTC), 0)


@dataclass(frozen=True, slots=True)
class Filters:
    """Of which answers: begun from the first to the last day, of one store, tier, audience or
    theme; and whether their course is told by week, month or quarter.
    """

    first_on: dt.date | None = None
    last_on: dt.date | None = None
    store_id: int | None = None
    tier: str = ""
    audience_id: int | None = None
    theme_id: int | None = None
    division: str = MONTH

    @property
    def are_of_answers(self) -> bool:
        """What only an answer has: an invitation has days, but neither store nor theme."""
        return bool(self.store_id or self.tier or self.audience_id or self.theme_id)


@dataclass(frozen=True, slots=True)
class Scope:
    """``where`` goes into ``COUNTING``, ``narrow`` where all are counted, ``parameters`` with
    every statement.
    """

    survey: Survey
    filters: Filters
    where: str
    narrow: str
    parameters: dict[str, Any]
    is_empty: bool = False  # anonymous, and fewer than five

    def read(self, sql: str, **more: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.format(join="", where=self.where, narrow=self.narrow), self.parameters | more
            )
            return cursor.fetchall()


def build_scope(survey: Survey, filters: Filters) -> Scope:
    """No query; of an anonymous survey one, and whatever narrows it is left out."""
    if survey.is_anonymous:
        filters = Filters()
    zone = get_club().zone
    last_on = filters.last_on or _LATEST
    parameters: dict[str, Any] = {
        "survey": survey.pk,
        "zone": zone,
        "start": start_of(max(filters.first_on or _EARLIEST, _EARLIEST), zone),
        "end": start_of(min(last_on, _LATEST) + dt.timedelta(days=1), zone),
        "store": filters.store_id,
        "tier": filters.tier,
        "audience": filters.audience_id,
        "theme": filters.theme_id,
        "division": filters.division,
        "segment": AudienceKind.SEGMENT,
        "words": words_key(),
    }
    if not survey.is_anonymous:
        narrow = _narrow(filters)
        return Scope(survey, filters, narrow, narrow, parameters)
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL, parameters)
        until = cursor.fetchone()
    parameters["until_at"], parameters["until_id"] = until or _NOBODY
    where = (
        "AND (r.state = 'begun' OR (r.completed_at, r.id) <="
        " (%(until_at)s::timestamptz, %(until_id)s::bigint))"
    )
    return Scope(survey, filters, where, "", parameters, is_empty=until is None)


def words_key() -> str:
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
    if filters.theme_id:
        parts.append(
            "AND EXISTS (SELECT FROM surveys_response_themes f"
            " WHERE f.theme_id = %(theme)s AND f.response_id = r.id)"
        )
    return " ".join(parts)
