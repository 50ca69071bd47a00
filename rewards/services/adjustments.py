"""Points that staff give or take by hand, within limits or with a second person's consent."""

import datetime as dt
from collections.abc import Callable, Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.bulk import reserve_ids
from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member, User
from members.selectors.club import get_club
from rewards import limits
from rewards.engine.book import Book, NoticeDraft
from rewards.engine.terms import Terms
from rewards.enums import (
    AccountKind,
    AdjustmentReason,
    AdjustmentState,
    ApprovalState,
    Measure,
    MoveKind,
    Reason,
)
from rewards.models import Adjustment
from rewards.registry import ActKind, ActWords
from rewards.selectors.balances import get_balances
from rewards.selectors.wording import format_points
from rewards.services.approvals import ask_approval
from rewards.services.control import check_actor, find_excess, lock_act, record_act
from rewards.services.grants import MAX_KEY, InvalidGrant, open_grant
from rewards.services.holding import BalanceTooLow
from rewards.services.ledger import write_ledger
from rewards.services.settlement import open_settled_ledger

CODE = "adjustment"
NOTICE = "points_adjusted"
_STATES = {
    ApprovalState.REFUSED: AdjustmentState.REFUSED,
    ApprovalState.WITHDRAWN: AdjustmentState.WITHDRAWN,
}


Post = Callable[[Adjustment, User, dt.datetime], None]
Note = Callable[[str, Adjustment, User | None, dt.datetime], None]


class CannotAdjust(DomainError):
    code = "cannot_adjust"
    message = gettext_lazy("Only the points of an active membership can be changed.")


class InvalidAdjustment(DomainError):
    code = "invalid_adjustment"
    message = gettext_lazy("Name how many points, and why; “another reason” needs a note.")


@keeps_refusals
@transaction.atomic
def adjust_points(
    member: Member, points: int, *, reason: str, note: str = "",
    expires_on: dt.date | None = None, owes_missing: bool = False, key: str, by: User,
    now: dt.datetime,
) -> Adjustment:  # fmt: skip
    """Give points (above zero) or take them (below), or ask for it above one's limits.

    Given points last until ``expires_on`` (None: as the programme says) and first repay what is
    owed. Taken ones come from the lots in spending order; what is missing is owed where
    ``owes_missing`` says so, else refused. The same key again returns the first adjustment.
    Raises OwnRecord, CannotAdjust, InvalidAdjustment, InvalidGrant, BalanceTooLow.
    """
    lock_act(member, by=by)
    known = Adjustment.objects.filter(key=key, member=member).first()
    if known is not None:
        return known
    check_actor(member, by=by, act=CODE)
    _check_terms(member, points, reason, note, expires_on, key, now)
    amount = abs(points)
    if points < 0 and not owes_missing:
        available = get_balances(member, now=now).available
        if available < amount:
            raise BalanceTooLow(needed=amount, available=available)
    adjustment = Adjustment(
        member=member, points=points, reason=reason, note=note.strip(), asked_by=by, asked_at=now,
        expires_on=expires_on if points > 0 else None, owes_missing=owes_missing and points < 0,
        key=key,
    )  # fmt: skip
    return post_or_ask(adjustment, CODE, amount, post=_post, audit=_audit_request, by=by, now=now)


def post_or_ask(
    adjustment: Adjustment, code: str, amount: int, *, post: Post, audit: Note, by: User,
    now: dt.datetime,
) -> Adjustment:  # fmt: skip
    """Do it within the limits of ``by`` for acts of the kind ``code``, else put it before a second
    person. Under ``lock_act``.
    """
    member = adjustment.member
    excess = find_excess(code, amount, member=member, by=by, now=now)
    if excess:
        (adjustment.pk,) = reserve_adjustment_id()
        adjustment.approval = ask_approval(
            code, adjustment.pk, amount, member=member, excess=excess, by=by, now=now
        )
        adjustment.state = AdjustmentState.WAITING
        adjustment.save(force_insert=True)
        audit("asked", adjustment, by, now)
        return adjustment
    adjustment.state, adjustment.posted_at = AdjustmentState.POSTED, now
    adjustment.save()
    record_act(code, amount, member=member, by=by, now=now, payload_id=adjustment.pk)
    post(adjustment, by, now)
    return adjustment


def _check_terms(
    member: Member, points: int, reason: str, note: str, expires_on: dt.date | None, key: str,
    now: dt.datetime,
) -> None:  # fmt: skip
    check_adjustable(member)
    check_reason(reason, note, key)
    if points == 0:
        raise InvalidAdjustment
    if points > 0 and expires_on is not None and expires_on < day_of(now, get_club().zone):
        raise InvalidGrant


def check_adjustable(member: Member) -> None:
    if not member.is_active:
        raise CannotAdjust


def check_reason(reason: str, note: str, key: str) -> None:
    if len(key) > MAX_KEY or not key:
        raise ValueError("The key has between one and 80 characters.")
    if reason not in AdjustmentReason.values:
        raise InvalidAdjustment
    if reason == AdjustmentReason.OTHER and not note.strip():
        raise InvalidAdjustment


def _post(adjustment: Adjustment, by: User, now: dt.datetime) -> None:
    """Move the points, tell the member, leave one audit row."""
    member = adjustment.member
    check_adjustable(member)
    ledger = open_settled_ledger([member.pk], now=now)
    book = ledger.books[member.pk]
    if adjustment.points > 0:
        _give(book, adjustment, ledger.terms, now)
    else:
        _take(book, adjustment, now)
    facts = {"points": adjustment.points, "reason": adjustment.reason}
    book.notices.append(NoticeDraft(NOTICE, f"{CODE}:{adjustment.pk}", now, facts))
    write_ledger(ledger, now=now)
    _audit("points.adjusted", adjustment, by, now)


def _give(book: Book, adjustment: Adjustment, terms: Terms, now: dt.datetime) -> None:
    open_grant(
        book, adjustment.points, terms, expires_on=adjustment.expires_on,
        key=f"{CODE}:{adjustment.pk}", cause=(CODE, adjustment.pk), now=now,
    )  # fmt: skip


def _take(book: Book, adjustment: Adjustment, now: dt.datetime) -> None:
    """What the club takes counts as forfeited: a later return finds it there, and the member
    doesn't pay twice (docs/points.md 14).
    """
    wanted, available = -adjustment.points, book.balance(AccountKind.AVAILABLE)
    missing = max(wanted - available, 0)
    if missing and not adjustment.owes_missing:
        raise BalanceTooLow(needed=wanted, available=available)
    cause = (CODE, adjustment.pk)
    if wanted > missing:
        book.take(
            wanted - missing, AccountKind.FORFEITED, Reason.DEDUCT, at=now,
            key=f"{CODE}:{adjustment.pk}", kind=MoveKind.FORFEITED, cause=cause,
        )  # fmt: skip
    if missing:
        book.transfer(
            AccountKind.OWED, AccountKind.FORFEITED, missing, Reason.DEDUCT, at=now,
            key=f"{CODE}:{adjustment.pk}:owed", cause=cause,
        )  # fmt: skip


def _audit(action: str, adjustment: Adjustment, by: User | None, now: dt.datetime) -> None:
    changes = {
        "adjustment": adjustment.pk,
        "points": adjustment.points,
        "reason": adjustment.reason,
    }
    record_audit(action, adjustment.member, by=by, now=now, changes=changes)


# --- Waiting for a second person -----------------------------------------------------------------


def reserve_adjustment_id() -> list[int]:
    """The id of an adjustment that waits: it and its approval name each other."""
    return reserve_ids(rewards_adjustment=1)["rewards_adjustment"]


def _audit_request(act: str, adjustment: Adjustment, by: User | None, now: dt.datetime) -> None:
    _audit(f"points.adjustment_{act}", adjustment, by, now)


def approve_adjustment(adjustment_id: int, *, post: Post, by: User, now: dt.datetime) -> None:
    """What waited is done."""
    adjustment = Adjustment.objects.select_for_update(of=("self",)).get(pk=adjustment_id)
    adjustment.state, adjustment.posted_at = AdjustmentState.APPROVED, now
    adjustment.save(update_fields=["state", "posted_at"])
    post(adjustment, by, now)


def drop_adjustment(
    adjustment_id: int, state: str, *, audit: Note, by: User | None, now: dt.datetime
) -> None:
    """What waited was refused or withdrawn."""
    adjustment = Adjustment.objects.select_for_update(of=("self",)).get(pk=adjustment_id)
    adjustment.state = _STATES[ApprovalState(state)]
    adjustment.save(update_fields=["state"])
    audit(state, adjustment, by, now)


def _execute(adjustment_id: int, by: User, now: dt.datetime) -> None:
    approve_adjustment(adjustment_id, post=_post, by=by, now=now)


def _drop(adjustment_id: int, state: str, by: User | None, now: dt.datetime) -> None:
    drop_adjustment(adjustment_id, state, audit=_audit_request, by=by, now=now)


def _describe(adjustment_ids: Sequence[int]) -> dict[int, ActWords]:
    return {
        each.pk: ActWords(
            title=_("%(points)s for %(member)s")
            % {"points": format_change(each.points), "member": each.member},
            reason=each.get_reason_display(),
            note=each.note,
            url=reverse("admin:rewards_adjustment_change", args=[each.pk]),
            liability_points=each.points,
        )
        for each in Adjustment.objects.for_list().filter(pk__in=adjustment_ids)
    }


def format_change(points: int) -> str:
    """ "+500 points", "−20 points"."""
    return ("+" if points > 0 else "−") + format_points(abs(points))


KIND = ActKind(
    CODE, gettext_lazy("points by hand"), Measure.POINTS, limits.ADJUSTMENT, execute=_execute,
    drop=_drop, describe=_describe,
)  # fmt: skip
