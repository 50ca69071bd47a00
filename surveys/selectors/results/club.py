"""The club's own NPS, over all surveys that ask for it by name."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.kept import Kept
from core.time import start_of
from members.selectors.club import get_club
from surveys.engine.figures import Estimate, find_nps

DAYS = 90  # a quarter: recommendation is asked every three months
WEEKS = 12

_BY_DAY = """
    SELECT (r.started_at AT TIME ZONE %(zone)s)::date, a.number, count(*)
    FROM surveys_survey s
    JOIN surveys_response r ON r.survey_id = s.id AND r.actor = 'human' AND r.state = 'complete'
        AND r.started_at >= %(start)s AND r.started_at < %(end)s
    JOIN surveys_answer a ON a.response_id = r.id AND a.number IS NOT NULL
    JOIN surveys_question q ON q.id = a.question_id AND q.kind = 'nps'
    WHERE NOT s.is_anonymous
    GROUP BY 1, 2
"""
_kept = Kept(life=300)  # it may read many answers


@dataclass(frozen=True, slots=True)
class ClubNps:
    """Of the days up to one, of as many before, and as it stood at the end of each week."""

    now: Estimate | None
    before: Estimate | None
    weeks: tuple[float | None, ...]


def get_club_nps(last_on: dt.date) -> ClubNps:
    """Of complete answers that people confirmed, anonymous surveys left out; one query, whose
    answer is kept for five minutes.
    """
    zone = get_club().zone
    found = _kept.get((last_on, zone))
    if found is None:
        found = _read(last_on, zone)
        _kept.put((last_on, zone), found)
    return found


def forget_club_nps() -> None:
    _kept.forget()


def _read(last_on: dt.date, zone: str) -> ClubNps:
    backs = [7 * week for week in range(WEEKS - 1, -1, -1)]
    first_on = last_on - dt.timedelta(days=max(backs[0] + DAYS, 2 * DAYS) - 1)
    parameters: dict[str, Any] = {
        "zone": zone,
        "start": start_of(first_on, zone),
        "end": start_of(last_on + dt.timedelta(days=1), zone),
    }
    by_day: dict[dt.date, Counter] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, parameters)
        for day, number, times in cursor.fetchall():
            by_day.setdefault(day, Counter())[number] += times
    weeks = [_stand(by_day, last_on - dt.timedelta(days=back)) for back in backs]
    return ClubNps(
        _stand(by_day, last_on),
        _stand(by_day, last_on - dt.timedelta(days=DAYS)),
        tuple(None if each is None else each.value for each in weeks),
    )


def _stand(by_day: Mapping[dt.date, Counter], last_on: dt.date) -> Estimate | None:
    days = (last_on - dt.timedelta(days=back) for back in range(DAYS))
    return find_nps(_add(by_day[day] for day in days if day in by_day))


def _add(counts: Iterable[Counter]) -> Counter:
    total: Counter = Counter()
    for each in counts:
        total.update(each)
    return total
