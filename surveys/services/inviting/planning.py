"""Whom a trigger invites: each as one query of candidates, written in one statement.

The clock is asked here too: who was asked too recently for an invitation ever to go out has it
on record as skipped; who can still be asked waits until the quiet is over.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from core.time import add_months, day_of, start_of
from members.models import ActivityBatch
from members.selectors.club import get_club
from surveys.enums import InvitationState, SkipReason, TriggerEvent
from surveys.models import Trigger

KINDS = (
    TriggerEvent.PURCHASE, TriggerEvent.DELIVERED, TriggerEvent.REDEMPTION, TriggerEvent.SIGNUP,
)  # fmt: skip

# Candidates: member_id, occurrence, facts, due_at, expires_at.
_PLAN = f"""
    INSERT INTO surveys_invitation (
        survey_id, member_id, trigger_id, occurrence, facts, state, reason, planned_at, due_at,
        expires_at)
    SELECT %s, c.member_id, %s, c.occurrence, c.facts,
           CASE WHEN k.free_at >= c.expires_at THEN '{InvitationState.SKIPPED}'
                ELSE '{InvitationState.PLANNED}' END,
           CASE WHEN k.free_at >= c.expires_at THEN '{SkipReason.CLOCK}' ELSE '' END,
           %s, CASE WHEN k.free_at < c.expires_at THEN greatest(c.due_at, k.free_at)
                    ELSE c.due_at END, c.expires_at
    FROM ({{candidates}}) c
    JOIN members_member m ON m.id = c.member_id AND m.status = 'active'
    CROSS JOIN LATERAL (
        SELECT max(i.sent_at) + make_interval(days => %s) AS free_at
        FROM surveys_invitation i WHERE i.member_id = c.member_id AND i.sent_at IS NOT NULL) k
    WHERE ('x' || left(md5(%s || ':' || c.occurrence || ':' || c.member_id), 8))::bit(32)::bigint
          %% 1000 < %s
    ON CONFLICT DO NOTHING
"""
# What happened, as a batch of the stream tells it.
_HAPPENED = """
    SELECT a.member_id,
           CASE a.kind WHEN 'signup' THEN 'signup' ELSE a.kind || ':' || a.subject_id END
               AS occurrence,
           jsonb_strip_nulls(jsonb_build_object(
               CASE a.subject_type WHEN 'purchases.purchase' THEN 'purchase'
                    WHEN 'rewards.redemption' THEN 'redemption' ELSE 'subject' END, a.subject_id,
               'reward', a.facts -> 'reward')) AS facts,
           greatest(a.effective_at + make_interval(mins => %s), %s) AS due_at,
           greatest(a.effective_at + make_interval(mins => %s), %s)
               + make_interval(hours => %s) AS expires_at
    FROM members_activity a {purchases}
    WHERE a.batch_id = %s AND a.kind = %s AND a.effective_at > %s {conditions}
"""
_PURCHASES = """
    JOIN purchases_purchase p
      ON p.id = a.subject_id AND a.subject_type = 'purchases.purchase' AND p.member_id = a.member_id
"""
# Lines as ``Line.objects.present()`` has them.
_WITH_LINE = """EXISTS (
    SELECT FROM purchases_line l {categories}
    WHERE l.purchase_id = p.id AND (l.quantity <> 0 OR l.amount <> 0 OR p.version = 1)
      AND {matches})"""
_ROUND = """
    SELECT g.member_id, %s::text AS occurrence, '{}'::jsonb AS facts, %s::timestamptz AS due_at,
           %s::timestamptz AS expires_at
    FROM members_audiencemember g WHERE g.audience_id = %s
"""


def follow_batch(batch_id: int, now: dt.datetime) -> None:
    """The consumer of the stream: every trigger that waits for what the batch holds is asked."""
    kinds = set(
        ActivityBatch.objects.filter(pk=batch_id, activities__kind__in=KINDS)
        .values_list("activities__kind", flat=True)
        .distinct()
    )
    for trigger in _list_triggers(kinds):
        plan_invitations(trigger, batch_id=batch_id, now=now)


def _list_triggers(events: Iterable[str]) -> Sequence[Trigger]:
    rows = Trigger.objects.enabled().filter(event__in=events)
    return rows.select_related("survey", "category").order_by("pk")


@transaction.atomic
def plan_invitations(trigger: Trigger, *, batch_id: int, now: dt.datetime) -> int:
    """Invite whoever did in this batch what ``trigger`` waits for; returns how many rows are new,
    skipped ones included. Looking again finds nobody twice.

    One that never goes out within the trigger's freshness is too late to mean anything.
    """
    oldest = now - dt.timedelta(hours=trigger.freshness_hours)
    joins, conditions, wanted = _narrow(trigger)
    candidates = _HAPPENED.format(purchases=joins, conditions=conditions)
    params = [
        trigger.delay_minutes, now, trigger.delay_minutes, now, trigger.freshness_hours,
        batch_id, trigger.event, oldest, *wanted,
    ]  # fmt: skip
    return _write(trigger, candidates, params, now)


def _narrow(trigger: Trigger) -> tuple[str, str, list[Any]]:
    """The trigger's conditions on the purchase, as SQL."""
    conditions: list[str] = []
    params: list[Any] = []
    for condition, value in (
        ("p.total_amount >= %s", trigger.least_amount),
        ("p.store_id = %s", trigger.store_id),
        ("p.channel_id = %s", trigger.channel_id),
        (_WITH_LINE.format(categories="", matches="l.product_id = %s"), trigger.product_id),
        (
            _WITH_LINE.format(
                categories="LEFT JOIN purchases_product o ON o.id = l.product_id"
                " JOIN purchases_category t ON t.id = coalesce(l.category_id, o.category_id)",
                matches="%s = ANY (t.lineage)",
            ),
            trigger.category_id,
        ),
    ):
        if value is not None:
            conditions.append(condition)
            params.append(value)
    if not conditions:
        return "", "", []
    return _PURCHASES, "".join(f" AND {each}" for each in conditions), params


# --- Rounds on a date ----------------------------------------------------------------------------


def plan_rounds(*, now: dt.datetime) -> int:
    """Begin the rounds whose day has come; returns how many invitations are new.

    A round that nobody began within its days to answer is passed over: a club that was switched
    off for a year doesn't ask for four quarters.
    """
    today = day_of(now, get_club().zone)
    planned = 0
    for trigger in _list_triggers([TriggerEvent.DATE]):
        on = find_round(trigger, today)
        if on is not None and trigger.last_round_on != on:
            planned += _plan_round(trigger, on, now)
    return planned


def find_round(trigger: Trigger, today: dt.date) -> dt.date | None:
    """The day of the round that ``today`` belongs to; None before the first, and where the last
    one is over for longer than there are days to answer.
    """
    first = on = trigger.starts_on
    if first is None or on is None or on > today:
        return None
    if trigger.every_months:
        months = (today.year - first.year) * 12 + today.month - first.month
        steps = months // trigger.every_months
        on = add_months(first, steps * trigger.every_months)
        if on > today:
            on = add_months(first, (steps - 1) * trigger.every_months)
    is_over = today >= on + dt.timedelta(days=trigger.survey.expires_after_days)
    return None if is_over else on


@transaction.atomic
def _plan_round(trigger: Trigger, on: dt.date, now: dt.datetime) -> int:
    locked = Trigger.objects.select_for_update(no_key=True).get(pk=trigger.pk)
    if locked.last_round_on == on:
        return 0
    locked.last_round_on = on
    locked.save(update_fields=["last_round_on"])
    begins = start_of(on, get_club().zone) + dt.timedelta(minutes=trigger.delay_minutes)
    expires = begins + dt.timedelta(days=trigger.survey.expires_after_days)
    params = [f"round:{on}", begins, expires, trigger.audience_id]
    return _write(trigger, _ROUND, params, now)


def _write(trigger: Trigger, candidates: str, params: Sequence[Any], now: dt.datetime) -> int:
    survey = trigger.survey
    with connection.cursor() as cursor:
        cursor.execute(
            _PLAN.format(candidates=candidates),
            [survey.pk, trigger.pk, now, *params, survey.clock_days, str(trigger.pk),
             trigger.share_permille],
        )  # fmt: skip
        return cursor.rowcount
