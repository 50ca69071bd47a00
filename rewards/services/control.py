"""Who may do how much alone: one check for every act of staff with members' points or money.

Limits bound one act, one person's last 24 hours, one member's, and one person for one member, so
that neither ten small steps nor ten at once are a way round. The sums are read under the locks of
the person's login and of the member's record, taken in this order and before any points: call
these first in a transaction.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, RefusalOnRecord
from core.services.audit import record_audit
from members.models import Member, User
from members.roles import OWNER
from members.selectors.households import list_point_sharers
from members.services.conduct import check_actor
from rewards.models import ActLimit, StaffAct
from rewards.registry import Limits, act_kinds

__all__ = [
    "Excess", "OverLimit", "change_limit", "check_actor", "check_limit", "claim_limit",
    "find_excess", "get_limits", "lock_act", "record_act",
]  # fmt: skip

DAY = dt.timedelta(hours=24)
LIMIT_FIELDS = (
    "per_act", "per_actor_day", "per_member_day", "per_pair_day", "approve_act", "approve_day"
)  # fmt: skip
_USED = """
    SELECT coalesce(sum(amount) FILTER (WHERE actor_id = %(actor)s AND approved_by_id IS NULL), 0),
           coalesce(sum(amount) FILTER (WHERE member_id = ANY(%(members)s)), 0),
           coalesce(sum(amount) FILTER (
               WHERE actor_id = %(actor)s AND approved_by_id IS NULL
                 AND member_id = ANY(%(members)s)), 0),
           coalesce(sum(amount) FILTER (WHERE approved_by_id = %(actor)s), 0)
    FROM rewards_staffact
    WHERE kind = %(kind)s AND acted_at > %(since)s
      AND (actor_id = %(actor)s OR member_id = ANY(%(members)s) OR approved_by_id = %(actor)s)
"""


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that an act is above: its field, its size, and what was used of it before; of
    another kind than the approval's where an act is measured in two ways.
    """

    code: str
    limit: int
    used: int
    kind: str = ""

    def as_facts(self) -> dict[str, Any]:
        facts = {"code": self.code, "limit": self.limit, "used": self.used}
        return facts | ({"kind": self.kind} if self.kind else {})


class OverLimit(RefusalOnRecord):
    code = "over_limit"
    action = "act.refused"
    message = _("This is more than you may decide alone.")


class InvalidLimit(DomainError):
    code = "invalid_limit"
    message = _("A limit is a whole number from zero, or empty.")


# --- Limits --------------------------------------------------------------------------------------


def get_limits(kind: str, user: User) -> Limits:
    """The most generous limits of a person's roles; zeros for whom no row names."""
    roles = set(user.groups.values_list("name", flat=True))
    if user.is_superuser:
        roles.add(OWNER)
    rows = list(ActLimit.objects.filter(kind=kind, role__in=roles))
    return Limits(
        **{name: _find_most([getattr(row, name) for row in rows]) for name in LIMIT_FIELDS}
    )


def _find_most(values: Iterable[int | None]) -> int | None:
    values = list(values)
    return None if None in values else max((each for each in values if each is not None), default=0)


@transaction.atomic
def change_limit(limit: ActLimit, changes: dict[str, int | None], *, by, now: dt.datetime) -> None:
    """Set a role's limits; the audit row holds them before and after. Raises InvalidLimit."""
    limit = ActLimit.objects.select_for_update().get(pk=limit.pk)
    changed = {
        name: value
        for name, value in changes.items()
        if name in LIMIT_FIELDS and getattr(limit, name) != value
    }
    if any(value is not None and value < 0 for value in changed.values()):
        raise InvalidLimit
    if not changed:
        return
    facts = {name: [getattr(limit, name), value] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(limit, name, value)
    limit.save(update_fields=list(changed))
    record_audit(
        "limit.changed", limit, by=by, now=now,
        changes={"kind": limit.kind, "role": limit.role, **facts},
    )  # fmt: skip


# --- Checks --------------------------------------------------------------------------------------


def lock_act(member: Member | None, *, by: User | None) -> None:
    """Lock the person's login, then the member's record, until the transaction ends."""
    if by is not None:
        User.objects.select_for_update(no_key=True).only("pk").get(pk=by.pk)
    if member is not None:
        Member.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)


def find_excess(
    kind: str, amount: int, *, member: Member | None, by: User, now: dt.datetime
) -> list[Excess]:
    """The limits that an act would be above, as of now; binding only under ``lock_act``.

    Members whose points are pooled count as one.
    """
    limits = get_limits(kind, by)
    actor, of_member, pair, _approved = _sum_used(kind, member, by, now)
    sums = [("per_act", 0), ("per_actor_day", actor)]
    if member is not None:
        sums += [("per_member_day", of_member), ("per_pair_day", pair)]
    return _list_excess(limits, sums, amount)


def find_approver_excess(kind: str, amount: int, *, by: User, now: dt.datetime) -> list[Excess]:
    """The limits of who approves that an act is above."""
    approved = _sum_used(kind, None, by, now)[3]
    sums = [("approve_act", 0), ("approve_day", approved)]
    return _list_excess(get_limits(kind, by), sums, amount)


def _sum_used(kind: str, member: Member | None, by: User, now: dt.datetime) -> tuple[int, ...]:
    ids = [] if member is None else [member.pk, *(each.pk for each in list_point_sharers(member))]
    params: dict[str, Any] = {"kind": kind, "actor": by.pk, "members": ids, "since": now - DAY}
    with connection.cursor() as cursor:
        cursor.execute(_USED, params)
        return tuple(int(each) for each in cursor.fetchone())


def _list_excess(limits: Limits, sums: list[tuple[str, int]], amount: int) -> list[Excess]:
    found = []
    for code, used in sums:
        limit = getattr(limits, code)
        if limit is not None and used + amount > limit:
            found.append(Excess(code, limit, used))
    return found


def record_act(
    kind: str, amount: int, *, member: Member | None, by: User, now: dt.datetime,
    payload_id: int | None = None, approved_by: User | None = None,
) -> StaffAct:  # fmt: skip
    """Write down an act that was done, for the limits of the next."""
    return StaffAct.objects.create(
        kind=kind, amount=amount, member=member, actor=by, approved_by=approved_by, acted_at=now,
        payload_id=payload_id,
    )  # fmt: skip


def claim_limit(
    kind: str, amount: int, *, member: Member | None, by: User | None, now: dt.datetime,
    payload_id: int | None = None,
) -> list[Excess]:  # fmt: skip
    """Use up the limits of an act, or say which ones it is above (and use nothing).

    Must run in the transaction of the act, before its points are locked. The system has none.
    """
    if kind not in act_kinds:
        raise ValueError(f"No kind of act “{kind}” is registered.")
    if by is None:
        return []
    lock_act(member, by=by)
    excess = find_excess(kind, amount, member=member, by=by, now=now)
    if not excess:
        record_act(kind, amount, member=member, by=by, now=now, payload_id=payload_id)
    return excess


def check_limit(
    kind: str, amount: int, *, member: Member | None, by: User | None, now: dt.datetime,
    payload_id: int | None = None,
) -> None:  # fmt: skip
    """``claim_limit`` for acts that don't wait for anybody; without a member where nobody knows
    whom it is for. Raises OverLimit, on record.
    """
    excess = claim_limit(kind, amount, member=member, by=by, now=now, payload_id=payload_id)
    if excess:
        facts = {"act": kind, "amount": amount, "above": [each.as_facts() for each in excess]}
        raise OverLimit(subject=member or by, by=by, changes=facts)
