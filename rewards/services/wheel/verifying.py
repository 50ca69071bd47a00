"""A day computed again from its public log, and the log held against what was handed out."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from rewards.models import Wheel, WheelDay
from rewards.selectors.wheel_log import build_public_log
from rewards.verification.verify_wheel import check_logs

# Each spin's prize stands in the books: the right kind, the right amount, once.
_UNPAID = """
    SELECT s.id FROM rewards_spin s
    JOIN rewards_slice c ON c.id = s.slice_id
    LEFT JOIN rewards_substitute x ON x.slice_id = s.slice_id AND s.is_substitute
    CROSS JOIN LATERAL (SELECT
        CASE WHEN s.is_substitute THEN x.prize_kind ELSE c.prize_kind END AS kind,
        CASE WHEN s.is_substitute THEN x.prize_points ELSE c.prize_points END AS points,
        CASE WHEN s.is_substitute THEN x.prize_amount ELSE c.prize_amount END AS amount,
        CASE WHEN s.is_substitute THEN x.prize_reward_id ELSE c.prize_reward_id END AS reward,
        CASE WHEN s.is_substitute THEN x.prize_spin_count ELSE c.prize_spin_count END AS spins
    ) AS due
    WHERE s.day_id = %(day)s AND NOT (
        (due.kind = 'nothing')
        OR (due.kind = 'points' AND due.points = (
            SELECT coalesce(sum(t.amount), 0) FROM rewards_transfer t WHERE t.cause_type = 'spin'
            AND t.cause_id = s.id AND t.reason = 'grant' AND t.unit = 'points'))
        OR (due.kind = 'credit' AND due.amount = (
            SELECT coalesce(sum(t.amount), 0) FROM rewards_transfer t WHERE t.cause_type = 'spin'
            AND t.cause_id = s.id AND t.reason = 'grant' AND t.unit = 'money'))
        OR (due.kind = 'reward' AND EXISTS (
            SELECT FROM rewards_entitlement e WHERE e.cause_type = 'spin'
            AND e.cause_id = s.id AND e.reward_id = due.reward))
        OR (due.kind = 'spins' AND EXISTS (
            SELECT FROM rewards_spingrant g WHERE g.cause_type = 'spin'
            AND g.cause_id = s.id AND g.spin_count = due.spins))
    )
    ORDER BY s.id
"""


@dataclass(frozen=True, slots=True)
class DayProof:
    """What a day's draws came to; ``problems`` is empty where everything holds."""

    day: WheelDay
    draw_count: int
    problems: list[str]


def verify_day(day_on: dt.date) -> list[DayProof]:
    """Compute every draw of a day again, by the very script that members may download, and look
    for prizes that the books don't hold. One proof for each seed of that day.
    """
    return [_verify(day) for day in WheelDay.objects.filter(day_on=day_on).order_by("pk")]


def _verify(day: WheelDay) -> DayProof:
    wheels = Wheel.objects.filter(versions__spins__day=day).distinct().order_by("pk")
    logs = [build_public_log(wheel, day) for wheel in wheels]
    problems = check_logs(logs)
    if not day.is_revealed and not logs:
        problems.append(f"{day}: the seed is not revealed yet")
    with connection.cursor() as cursor:
        cursor.execute(_UNPAID, {"day": day.pk})
        problems += [f"{day}: spin {pk} did not pay its prize" for (pk,) in cursor.fetchall()]
    return DayProof(day, sum(len(log["draws"]) for log in logs), problems)
