"""Store credit that staff give by hand, within limits or with a second person's consent."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import format_money
from core.services.audit import keeps_refusals, record_audit
from members.models import Member, User
from members.selectors.club import get_club
from rewards import limits
from rewards.engine.book import NoticeDraft
from rewards.enums import Measure
from rewards.models import Adjustment
from rewards.registry import ActKind, ActWords
from rewards.services.adjustments import (
    approve_adjustment,
    check_adjustable,
    check_reason,
    drop_adjustment,
    post_or_ask,
)
from rewards.services.control import check_actor, lock_act
from rewards.services.credit import InvalidCredit, give_credit

CODE = "credit"
NOTICE = "credit_given"


@keeps_refusals
@transaction.atomic
def give_credit_by_hand(
    member: Member, amount: int, *, reason: str, note: str = "", key: str, by: User,
    now: dt.datetime,
) -> Adjustment:  # fmt: skip
    """Give store credit (minor units), or ask for it above one's limits.

    The same key again returns the first adjustment. Raises OwnRecord, CannotAdjust,
    InvalidAdjustment, InvalidCredit.
    """
    lock_act(member, by=by)
    known = Adjustment.objects.filter(key=key, member=member).first()
    if known is not None:
        return known
    check_actor(member, by=by, act=CODE)
    check_adjustable(member)
    check_reason(reason, note, key)
    if amount <= 0:
        raise InvalidCredit
    adjustment = Adjustment(
        member=member, credit_amount=amount, reason=reason, note=note.strip(), asked_by=by,
        asked_at=now, key=key,
    )  # fmt: skip
    return post_or_ask(adjustment, CODE, amount, post=_post, audit=_audit, by=by, now=now)


def _post(adjustment: Adjustment, by: User, now: dt.datetime) -> None:
    """Give the credit and tell the member; its audit row is that of ``give_credit``."""
    check_adjustable(adjustment.member)
    facts = {"amount": adjustment.credit_amount, "reason": adjustment.reason}
    give_credit(
        adjustment.member, adjustment.credit_amount, cause=("adjustment", adjustment.pk),
        notice=NoticeDraft(NOTICE, f"{CODE}:{adjustment.pk}", now, facts), by=by, now=now,
    )  # fmt: skip


def _audit(act: str, adjustment: Adjustment, by: User | None, now: dt.datetime) -> None:
    changes = {
        "adjustment": adjustment.pk,
        "amount": adjustment.credit_amount,
        "reason": adjustment.reason,
    }
    record_audit(f"credit.{act}", adjustment.member, by=by, now=now, changes=changes)


# --- Waiting for a second person -----------------------------------------------------------------


def _execute(adjustment_id: int, by: User, now: dt.datetime) -> None:
    approve_adjustment(adjustment_id, post=_post, by=by, now=now)


def _drop(adjustment_id: int, state: str, by: User | None, now: dt.datetime) -> None:
    drop_adjustment(adjustment_id, state, audit=_audit, by=by, now=now)


def _describe(adjustment_ids: Sequence[int]) -> dict[int, ActWords]:
    return {
        each.pk: ActWords(
            title=_("%(credit)s for %(member)s")
            % {"credit": format_credit(each.credit_amount), "member": each.member},
            reason=each.get_reason_display(),
            note=each.note,
            url=reverse("admin:rewards_adjustment_change", args=[each.pk]),
        )
        for each in Adjustment.objects.for_list().filter(pk__in=adjustment_ids)
    }


def format_credit(amount: int) -> str:
    """ "$5.00 store credit"."""
    return _("%(amount)s store credit") % {"amount": format_money(amount, get_club().currency)}


KIND = ActKind(
    CODE, gettext_lazy("store credit by hand"), Measure.MONEY, limits.CREDIT, execute=_execute,
    drop=_drop, describe=_describe,
)  # fmt: skip
