"""Who comes into an automation: each trigger as one query of candidates, written in one statement.

A candidate is a member, the occurrence that brings them, the moment from which its freshness
counts, and coded facts. An occurrence begins one way at most, so that looking again finds nobody
twice; who was late, or came back too soon, isn't written at all.
"""

import datetime as dt
import logging
from collections import defaultdict
from typing import Any

from django.db import DataError, ProgrammingError, connection, transaction

from campaigns.enums import Reentry, TriggerKind, VersionState
from campaigns.models import Automation, AutomationVersion, Segment
from campaigns.selectors.automations.conditions import find_matching
from campaigns.selectors.segments import compile_segment, read_definition
from campaigns.selectors.segments.operators import Sql
from campaigns.services.automations import days
from campaigns.services.automations.holding import hold_members
from core.errors import DomainError
from core.time import day_of
from members.models import Activity, Audience
from members.selectors.club import get_club
from members.services.notices import take_unfollowed
from rewards.enums import ExpiryMode, Unit
from rewards.selectors.programme import get_ladder

logger = logging.getLogger(__name__)

NOTICES_AT_ONCE = 500

# What an activity is about, by the names that words know (campaigns.selectors.contexts).
_SUBJECTS = {
    "purchases.purchase": "purchase",
    "purchases.product": "product",
    "rewards.redemption": "redemption",
    "rewards.reward": "reward",
    "rewards.donation": "donation",
    "surveys.invitation": "invitation",
    "surveys.followupentry": "reply",
}
_FACTS = (
    "reward", "points", "charity", "appeal", "amount", "purchase", "redemption", "survey", "score",
)  # fmt: skip
# Who did it, of one batch; after the names of what activities are about.
_DOERS = f"""
    SELECT a.member_id, 'activity:' || a.id AS occurrence, a.effective_at AS due_at,
           FALSE AS is_late,
           jsonb_strip_nulls(jsonb_build_object(
               {", ".join(f"'{name}', a.facts->'{name}'" for name in _FACTS)}
           )) || jsonb_build_object(
               CASE a.subject_type {" ".join("WHEN %s THEN %s" for _each in _SUBJECTS)}
               ELSE 'subject' END, a.subject_id, 'activity', a.id) AS facts
    FROM members_activity a
    WHERE a.batch_id = %s AND a.kind = %s AND a.effective_at > %s
"""
_NAMED = tuple(part for pair in _SUBJECTS.items() for part in pair)
_ENTER = """
    INSERT INTO campaigns_journey (automation_id, version_id, member_id, occurrence, facts, state,
                                   is_late, due_at, entered_at)
    SELECT %(automation)s, %(version)s, c.member_id, c.occurrence, c.facts, 'active', c.is_late,
           greatest(c.due_at, %(now)s), %(now)s
    FROM ({candidates}) c
    JOIN members_member m ON m.id = c.member_id AND m.status = 'active'
    WHERE {allowed}
    ORDER BY c.member_id
    ON CONFLICT DO NOTHING
"""
# Of several occurrences of one member at once only the first begins a way.
_FIRST = "SELECT DISTINCT ON (member_id) * FROM ({candidates}) f ORDER BY member_id, due_at"


def enter_members(version: AutomationVersion, candidates: Sql, *, now: dt.datetime) -> int:
    """Begin a way for each candidate who may begin one; returns how many did.

    ``candidates`` yields member_id, occurrence, due_at, is_late, facts. The automation's row is
    held: two that look at once would both find nobody on the way yet.
    """
    automation = Automation.objects.select_for_update(no_key=True).get(pk=version.automation_id)
    if not automation.is_enabled:
        return 0
    if only := version.terms.get("only"):
        candidates = _narrow(candidates, only, now)
    allowed, since = "TRUE", None
    if automation.reentry != Reentry.EVERY:
        candidates = candidates.wrap(*_FIRST.split("{candidates}"))
        allowed = """NOT EXISTS (
            SELECT FROM campaigns_journey j WHERE j.automation_id = %s
            AND j.member_id = c.member_id AND j.entered_at > %s)"""
        ago = automation.reentry_days if automation.reentry == Reentry.AFTER else None
        since = now - dt.timedelta(days=ago) if ago else dt.datetime.min.replace(tzinfo=dt.UTC)
    else:
        # Without it conflicts would burn a number for everybody who is looked at again.
        allowed = """NOT EXISTS (
            SELECT FROM campaigns_journey j WHERE j.automation_id = %s
            AND j.member_id = c.member_id AND j.occurrence = c.occurrence)"""
    params: list[Any] = [automation.pk, *([since] if since else [])]
    text = _ENTER.format(candidates=candidates.text, allowed=allowed)
    for name in ("automation", "version", "now"):
        text = text.replace(f"%({name})s", "%s")
    with connection.cursor() as cursor:
        values: list[Any] = [automation.pk, version.pk, now, now, *candidates.params, *params]
        cursor.execute(text, values)
        return cursor.rowcount


def _enter(version: AutomationVersion, candidates: Sql, now: dt.datetime) -> int:
    """One whose condition can't be asked (any more) lets nobody in, and stops none of the others.

    What is wrong for the moment only, as a deadlock is, reaches the caller: it looks again.
    """
    try:
        with transaction.atomic():
            return enter_members(version, candidates, now=now)
    except DomainError as error:
        logger.warning("Automation %s lets nobody in: %s", version.automation_id, error.code)
    except (DataError, ProgrammingError):
        logger.exception("Automation %s lets nobody in", version.automation_id)
    return 0


def _narrow(candidates: Sql, only: Any, now: dt.datetime) -> Sql:
    """Only those for whom the trigger's own condition holds, asked of them alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT member_id FROM ({candidates.text}) c",
            candidates.params,
        )
        ids = {pk for (pk,) in cursor.fetchall()}
    found = sorted(find_matching(only, ids, now=now))
    return Sql(
        f"SELECT * FROM ({candidates.text}) n WHERE n.member_id = ANY(%s)",
        (*candidates.params, found),
    )


def list_live(*kinds: str) -> list[AutomationVersion]:
    """The versions that let members in, with their automations."""
    return list(
        AutomationVersion.objects.filter(
            state=VersionState.PUBLISHED, automation__is_enabled=True, trigger__in=kinds
        )
        .select_related("automation")
        .order_by("pk")
    )


def _get_oldest(version: AutomationVersion, now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(hours=version.automation.freshness_hours)


# --- Activities ----------------------------------------------------------------------------------


def follow_batch(batch_id: int, now: dt.datetime) -> None:
    """The consumer of the stream: whoever did what an automation waits for begins."""
    versions = list_live(TriggerKind.ACTIVITY)
    if len(versions) > 1:
        rows = Activity.objects.filter(batch=batch_id).values_list("member_id", flat=True)
        hold_members([version.automation_id for version in versions], set(rows))
    for version in versions:
        asked = batch_id, version.terms["kind"], _get_oldest(version, now)
        _enter(version, Sql(_DOERS, (*_NAMED, *asked)), now)


# --- Notices -------------------------------------------------------------------------------------


def follow_notices(*, now: dt.datetime) -> int:
    """Look at the notices that no automation has seen, set by set; returns how many there were."""
    seen = 0
    while True:
        taken = _follow_some(now)
        seen += taken
        if taken < NOTICES_AT_ONCE:
            return seen


@transaction.atomic
def _follow_some(now):
    notices = take_unfollowed(limit=NOTICES_AT_ONCE)
    by_code = defaultdict(list)
    for notice in notices:
        by_code[notice.code].append(notice.pk)
    versions = list_live(TriggerKind.NOTICE)
    if len(versions) > 1:
        members = {notice.member_id for notice in notices}
        hold_members([version.automation_id for version in versions], members)
    for version in versions:
        if ids := by_code.get(version.terms["code"]):
            candidates = Sql(
                """
                SELECT n.member_id, 'notice:' || n.id AS occurrence, n.effective_at AS due_at,
                       FALSE AS is_late, n.params || jsonb_build_object('notice', n.id) AS facts
                FROM members_notice n WHERE n.id = ANY(%s) AND n.effective_at > %s""",
                (ids, _get_oldest(version, now)),
            )
            _enter(version, candidates, now)
    return len(notices)


# --- Looking: days, audiences, points, tiers, absence --------------------------------------------


def look_for_members(*, now: dt.datetime) -> int:
    """Ask each automation that nothing calls who it is for now; returns how many came in."""
    entered = 0
    for kind, find in _FINDERS.items():
        for version in list_live(kind):
            looked = version.automation.looked_at
            if looked is None or looked <= now - _PAUSES.get(kind, dt.timedelta(0)):
                entered += _look(version, find, now)
    return entered


@transaction.atomic
def _look(version: AutomationVersion, find, now: dt.datetime) -> int:
    candidates = find(version, now)
    Automation.objects.filter(pk=version.automation_id).update(looked_at=now)
    return _enter(version, candidates, now) if candidates else 0


def _find_birthdays(version: AutomationVersion, now: dt.datetime) -> Sql:
    return days.find_birthdays(version.terms, _get_oldest(version, now), now)


def _find_anniversaries(version: AutomationVersion, now: dt.datetime) -> Sql:
    return days.find_anniversaries(version.terms, _get_oldest(version, now), now)


def _find_moves(version: AutomationVersion, now: dt.datetime) -> Sql | None:
    """Since it was switched on; of a segment, what its rebuilds and picks moved."""
    audience = Audience.objects.filter(slug=version.terms["audience"]).first()
    if audience is None:
        return None
    is_entry = version.trigger == TriggerKind.AUDIENCE_IN
    since = max(_get_oldest(version, now), version.automation.enabled_at or now)
    segment = Segment.objects.filter(audience=audience).first()
    if segment is not None:
        return Sql(
            """
            SELECT v.member_id, 'move:' || v.id AS occurrence, v.moved_at AS due_at,
                   FALSE AS is_late, '{}'::jsonb AS facts
            FROM campaigns_segmentmove v
            WHERE v.segment_id = %s AND v.is_entry = %s AND v.moved_at > %s""",
            (segment.pk, is_entry, since),
        )
    if not is_entry:
        return None
    return Sql(
        """
        SELECT a.member_id, 'in:' || to_char(a.added_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
               AS occurrence, a.added_at AS due_at, FALSE AS is_late, '{}'::jsonb AS facts
        FROM members_audiencemember a WHERE a.audience_id = %s AND a.added_at > %s""",
        (audience.pk, since),
    )


def _find_expiring(version: AutomationVersion, now: dt.datetime) -> Sql:
    """Once for each day on which points go, counted together up to the last day asked for."""
    today = day_of(now, get_club().zone)
    last = today + dt.timedelta(days=version.terms["days"])
    terms = get_ladder(get_club().zone).terms
    programme = terms.programme_on(today) if terms else None
    if programme is not None and programme.expiry_mode == ExpiryMode.INACTIVITY:
        rows = """
            SELECT s.member_id, s.points_expire_on AS day, a.balance AS points
            FROM rewards_standing s JOIN rewards_account a
              ON a.member_id = s.member_id AND a.kind = 'available'
            WHERE s.points_expire_on BETWEEN %s AND %s"""
    else:
        rows = f"""
            SELECT l.member_id, min(l.expires_on) AS day, sum(l.available) AS points
            FROM rewards_lot l
            WHERE l.unit = '{Unit.POINTS.value}' AND l.available > 0
              AND l.expires_on BETWEEN %s AND %s
            GROUP BY l.member_id"""
    return Sql(
        f"""
        SELECT member_id, 'expiry:' || day AS occurrence, %s::timestamptz AS due_at,
               FALSE AS is_late,
               jsonb_build_object('day', day, 'points', points) AS facts
        FROM ({rows}) r WHERE points >= %s""",
        (now, today, last, version.terms["at_least"]),
    )


def _find_in_reach(version: AutomationVersion, now: dt.datetime) -> Sql:
    rule = {
        "attribute": "status_to_next_tier",
        "op": "between",
        "value": [1, version.terms["missing"]],
    }
    return _find_by_rules({"all": [rule]}, now)


def _find_lapsed(version: AutomationVersion, now: dt.datetime) -> Sql:
    """Those whose last purchase is just so long ago: who has been away for years is not counted
    among them on the day it is switched on.
    """
    first = version.terms["days"]
    last = first + max(version.automation.freshness_hours // 24, 1)
    rule = {
        "attribute": "purchases.days_since_last",
        "op": "between",
        "value": [first, last],
    }
    return _find_by_rules({"all": [rule]}, now)


def _find_by_rules(definition: dict[str, Any], now: dt.datetime) -> Sql:
    """The occurrence is the day: these automations are never "each time"."""
    ids = compile_segment(read_definition(definition), now=now).select_ids()
    today = day_of(now, get_club().zone)
    return Sql(
        f"""
        SELECT i.member_id, 'day:' || %s AS occurrence, %s::timestamptz AS due_at,
               FALSE AS is_late, '{{}}'::jsonb AS facts
        FROM ({ids.text}) AS i (member_id)""",
        (today.isoformat(), now, *ids.params),
    )


_FINDERS = {
    TriggerKind.BIRTHDAY: _find_birthdays,
    TriggerKind.ANNIVERSARY: _find_anniversaries,
    TriggerKind.AUDIENCE_IN: _find_moves,
    TriggerKind.AUDIENCE_OUT: _find_moves,
    TriggerKind.EXPIRING: _find_expiring,
    TriggerKind.IN_REACH: _find_in_reach,
    TriggerKind.LAPSED: _find_lapsed,
}
# What goes through every member isn't asked each minute.
_PAUSES = {
    TriggerKind.ANNIVERSARY: dt.timedelta(minutes=15),
    TriggerKind.EXPIRING: dt.timedelta(hours=1),
    TriggerKind.IN_REACH: dt.timedelta(hours=1),
    TriggerKind.LAPSED: dt.timedelta(hours=1),
}
