"""Acts for an audience: drafted, looked at, confirmed, approved where they are large, then run.

A confirmed act is a list of members written down: what a second person approves is that list,
not whatever the audience has become by the time it runs.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from core.wakes import send_once_committed
from members.models import Audience, User
from members.selectors.club import get_club
from members.services.conduct import list_own_member_ids
from rewards import limits
from rewards.enums import BulkKind, BulkOutcome, BulkState, Measure, PrizeKind
from rewards.models import BulkAct, BulkActMember, Tier
from rewards.registry import ActKind, ActWords
from rewards.selectors.wording import format_count, format_day, format_points
from rewards.services.approvals import ask_approval, withdraw
from rewards.services.bulk_preview import Reckoning, reckon
from rewards.services.control import DAY, Excess, find_excess, get_limits, lock_act, record_act
from rewards.services.surprise_giving import give_back_stock

_SNAPSHOT = """
    INSERT INTO rewards_bulkactmember (act_id, member_id, outcome)
    SELECT %(act)s, r.member_id, CASE WHEN r.member_id = ANY(%(own)s) THEN 'own' ELSE 'waiting' END
    FROM members_audiencemember r
    JOIN members_member m ON m.id = r.member_id AND m.status = 'active'
    WHERE r.audience_id = %(audience)s
    ON CONFLICT DO NOTHING
"""
# The most that one head of this act gets within a day from acts for many, and from this person:
# points of any of them, or money or spins of surprise gifts.
_MOST_PER_HEAD = """
    SELECT coalesce(max(per_head), 0)::bigint, coalesce(max(by_one), 0)::bigint FROM (
        SELECT sum(coalesce(a.points, s.worth)) AS per_head,
               sum(coalesce(a.points, s.worth)) FILTER (
                   WHERE a.asked_by_id = %(by)s AND a.approval_id IS NULL) AS by_one
        FROM rewards_bulkact a JOIN rewards_bulkactmember r ON r.act_id = a.id
        LEFT JOIN rewards_surprise s ON s.act_id = a.id
        WHERE (a.kind = 'grant' AND 'points' = ANY(%(prizes)s) OR s.prize_kind = ANY(%(prizes)s))
          AND a.confirmed_at > %(since)s AND a.state <> 'cancelled'
          AND r.outcome IN ('waiting', 'done')
          AND r.member_id IN (SELECT member_id FROM rewards_bulkactmember WHERE act_id = %(act)s)
        GROUP BY r.member_id
    ) AS heads
"""


class InvalidBulk(DomainError):
    code = "invalid_bulk"
    message = gettext_lazy(
        "Say what for whom: at least one point, a last day that is not over, a public reason."
    )


class NobodyMeant(DomainError):
    code = "nobody_meant"
    message = gettext_lazy("Nobody in this audience would gain anything by it.")


class BulkNotDraft(DomainError):
    code = "bulk_not_draft"
    status = 409
    message = gettext_lazy("This was confirmed or cancelled already.")


class BulkFinished(DomainError):
    code = "bulk_finished"
    status = 409
    message = gettext_lazy("This has come to its end already.")


def get_code(kind: str) -> str:
    """The kind of act that limits and approvals know: one for each kind of act for many."""
    return f"bulk_{kind}"


# --- Draft ---------------------------------------------------------------------------------------


@transaction.atomic
def draft_bulk(
    kind: str, audience: Audience, *, public_reason: str, note: str = "", points: int | None = None,
    until_on: dt.date | None = None, tier: Tier | None = None, i18n: dict[str, str] | None = None,
    by: User, now: dt.datetime,
) -> BulkAct:  # fmt: skip
    """Write an act for many down, to be looked at; nothing happens yet. ``i18n`` is the reason in
    other languages. Raises InvalidBulk.
    """
    act = BulkAct(asked_by=by, created_at=now)
    _set_terms(act, kind, audience, public_reason, note, points, until_on, tier)
    act.i18n = i18n
    _check_terms(act, now)
    act.save()
    record_audit("bulk.drafted", act, by=by, now=now, changes=_list_facts(act))
    return act


@transaction.atomic
def change_bulk(
    act: BulkAct, kind: str, audience: Audience, *, public_reason: str, note: str = "",
    points: int | None = None, until_on: dt.date | None = None, tier: Tier | None = None,
    i18n: dict[str, str] | None = None, by: User, now: dt.datetime,
) -> BulkAct:  # fmt: skip
    """Change a draft. Raises InvalidBulk, BulkNotDraft."""
    act = open_bulk(act, BulkState.DRAFT)
    _set_terms(act, kind, audience, public_reason, note, points, until_on, tier)
    act.i18n = i18n
    _check_terms(act, now)
    act.asked_by = by
    act.save()
    record_audit("bulk.changed", act, by=by, now=now, changes=_list_facts(act))
    return act


def _set_terms(act, kind, audience, public_reason, note, points, until_on, tier) -> None:
    act.kind, act.audience = kind, audience
    act.public_reason, act.note = public_reason.strip(), note.strip()
    act.points = points if kind == BulkKind.GRANT else None
    act.until_on = until_on
    act.tier = tier if kind == BulkKind.TIER else None


def _check_terms(act: BulkAct, now: dt.datetime) -> None:
    today = day_of(now, get_club().zone)
    if act.kind not in (BulkKind.GRANT, BulkKind.EXPIRY, BulkKind.TIER) or not act.public_reason:
        raise InvalidBulk  # a gift has a ``Surprise``, and services of its own
    if act.kind == BulkKind.GRANT and not act.points:
        raise InvalidBulk
    if act.until_on is None and act.kind != BulkKind.GRANT:
        raise InvalidBulk
    if act.until_on is not None and act.until_on < today:
        raise InvalidBulk


def _list_facts(act: BulkAct) -> dict[str, Any]:
    return {
        "kind": act.kind,
        "audience": act.audience_id,
        "points": act.points,
        "until": act.until_on and act.until_on.isoformat(),
        "tier": act.tier_id,
    }


# --- Confirm, approve, cancel --------------------------------------------------------------------


@transaction.atomic
def confirm_bulk(act: BulkAct, *, by: User, now: dt.datetime) -> BulkAct:
    """Write down who is meant and let it run, or wait for a second person above one's limits.

    The records of who asks (and later of who approves) and of their households are left out.
    Raises BulkNotDraft, InvalidBulk, NobodyMeant.
    """
    lock_act(None, by=by)
    act = open_bulk(act, BulkState.DRAFT)
    _check_terms(act, now)
    with connection.cursor() as cursor:
        own = list(list_own_member_ids(by))
        cursor.execute(_SNAPSHOT, {"act": act.pk, "audience": act.audience_id, "own": own})
        act.member_count = cursor.rowcount
    act.asked_by, act.confirmed_at = by, now
    act.skipped_count = BulkActMember.objects.filter(act=act, outcome=BulkOutcome.OWN).count()
    found = reckon(act, now=now)
    if not found.touched_count:
        raise NobodyMeant
    act.planned_points = found.points
    amount = _measure(act, found)
    excess = _find_excess(act, amount, by, now)
    code = get_code(act.kind)
    if excess:
        act.approval = ask_approval(
            code, act.pk, amount, member=None, excess=excess, by=by, now=now
        )
        act.state = BulkState.WAITING
        act.save()
        return act
    record_act(code, amount, member=None, by=by, now=now, payload_id=act.pk)
    start_bulk(act, _list_facts(act), by, now)
    return act


def _measure(act: BulkAct, found: Reckoning) -> int:
    return found.touched_count if act.kind == BulkKind.TIER else found.points


def _find_excess(act: BulkAct, amount: int, by: User, now: dt.datetime) -> list[Excess]:
    """Beside one's own limits: what one head gets, so that a short list is no way round."""
    code = get_code(act.kind)
    excess = find_excess(code, amount, member=None, by=by, now=now)
    if act.kind != BulkKind.GRANT:
        return excess
    act.save(update_fields=["confirmed_at", "asked_by"])  # so that it counts itself
    return excess + find_head_excess(act, code, act.points or 0, [PrizeKind.POINTS], by=by, now=now)


def find_head_excess(
    act: BulkAct, code: str, each: int, prizes: Sequence[str], *, by: User, now: dt.datetime
) -> list[Excess]:
    """The limits of one member's day that a written-down act is above, ``each`` a head.

    ``prizes`` are the kinds of surprise gifts that count in the same measure.
    """
    kinds = [str(kind) for kind in prizes]
    values: dict[str, Any] = {"act": act.pk, "by": by.pk, "since": now - DAY, "prizes": kinds}
    with connection.cursor() as cursor:
        cursor.execute(_MOST_PER_HEAD, values)
        sums = cursor.fetchone()
    limits_of_role = get_limits(code, by)
    excess = []
    for name, used in zip(("per_member_day", "per_pair_day"), sums, strict=True):
        limit = getattr(limits_of_role, name)
        if limit is not None and used > limit:
            excess.append(Excess(name, limit, used - each))
    return excess


def start_bulk(act: BulkAct, facts: dict[str, Any], by: User, now: dt.datetime) -> None:
    """Let a confirmed act run; ``facts`` are the terms of its kind, for the audit row."""
    facts = {**facts, "members": act.member_count, "planned": act.planned_points}
    act.decision = record_audit("bulk.started", act, by=by, now=now, changes=facts)
    act.state, act.started_at = BulkState.RUNNING, now
    act.save()
    wake_workers(act.pk)


def wake_workers(act_id: int) -> None:
    send_once_committed("rewards.tasks.run_bulk_act", act_id)


@keeps_refusals
@transaction.atomic
def cancel_bulk(act: BulkAct, *, by: User, now: dt.datetime) -> BulkAct:
    """Stop an act for many: a draft, one that waits (who asked for it alone), or one that runs.

    What was done until then stays done. Raises BulkFinished, NotYourDecision.
    """
    if act.state == BulkState.WAITING and act.approval is not None:
        withdraw(act.approval, by=by, now=now)
        act.refresh_from_db()
        return act
    act = open_bulk(act, BulkState.DRAFT, BulkState.RUNNING, refusal=BulkFinished)
    cancel_open_bulk(act, by, now)
    return act


def cancel_open_bulk(act: BulkAct, by: User | None, now: dt.datetime) -> None:
    """End an act that is under its lock."""
    act.state, act.finished_at = BulkState.CANCELLED, now
    act.save(update_fields=["state", "finished_at"])
    if act.kind == BulkKind.GIFT:
        give_back_stock(act)
    changes = {"done": act.done_count, "members": act.member_count}
    record_audit("bulk.cancelled", act, by=by, now=now, changes=changes)


def open_bulk(act: BulkAct, *states: str, refusal: type[DomainError] = BulkNotDraft) -> BulkAct:
    """The act under its lock, in one of these states. Raises ``refusal``."""
    act = (
        BulkAct.objects.select_for_update(of=("self",))
        .select_related("audience", "tier")
        .get(pk=act.pk)
    )
    if act.state not in states:
        raise refusal
    return act


# --- Waiting for a second person -----------------------------------------------------------------


def _execute(act_id: int, by: User, now: dt.datetime) -> None:
    act = BulkAct.objects.select_for_update(of=("self",)).get(pk=act_id)
    _check_terms(act, now)
    leave_out_own(act, by)
    start_bulk(act, _list_facts(act), by, now)


def leave_out_own(act: BulkAct, by: User) -> None:
    """Who approves gets nothing by it, nor does their household."""
    own = BulkActMember.objects.filter(
        act=act, outcome=BulkOutcome.WAITING, member__in=list_own_member_ids(by)
    )
    act.skipped_count += own.update(outcome=BulkOutcome.OWN)


def drop_bulk(act_id: int, state: str, by: User | None, now: dt.datetime) -> None:
    cancel_open_bulk(BulkAct.objects.select_for_update(of=("self",)).get(pk=act_id), by, now)


def _describe(act_ids: Sequence[int]) -> dict[int, ActWords]:
    acts = BulkAct.objects.for_list().filter(pk__in=act_ids)
    return {
        act.pk: ActWords(
            title=describe_bulk(act),
            reason=act.public_reason,
            note=act.note,
            url=act.get_absolute_url(),
            liability_points=act.planned_points,
        )
        for act in acts
    }


def describe_bulk(act: BulkAct) -> str:
    """ "500 points for each of 1,204 members of Gold"."""
    shown = {
        "members": ngettext("%(count)s member", "%(count)s members", act.member_count)
        % {"count": format_count(act.member_count)},
        "audience": act.audience,
        "points": format_points(act.points or act.planned_points),
        "until": format_day(act.until_on) if act.until_on else "",
        "tier": act.tier,
    }
    match act.kind:
        case BulkKind.GRANT:
            return _("%(points)s for each of %(members)s of “%(audience)s”") % shown
        case BulkKind.GIFT:
            return _("A surprise for %(members)s of “%(audience)s”") % shown
        case BulkKind.EXPIRY:
            return _("%(points)s of %(members)s of “%(audience)s” live until %(until)s") % shown
    if act.tier_id:
        return _("%(tier)s until %(until)s for %(members)s of “%(audience)s”") % shown
    return _("%(members)s of “%(audience)s” keep their tier until %(until)s") % shown


KINDS = [
    ActKind(
        get_code(kind), label, measure, first, execute=_execute, drop=drop_bulk, describe=_describe
    )
    for kind, label, measure, first in (
        (BulkKind.GRANT, gettext_lazy("points for many"), Measure.POINTS, limits.BULK_GRANT),
        (
            BulkKind.EXPIRY,
            gettext_lazy("later expiry for many"),
            Measure.POINTS,
            limits.BULK_EXPIRY,
        ),
        (BulkKind.TIER, gettext_lazy("tiers kept for many"), Measure.MEMBERS, limits.BULK_TIER),
    )
]
