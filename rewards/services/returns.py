"""Goods come back: to a refund or to store credit, with the points that go back (mission G7).

The return itself goes through intake, like one that a till sends; here stands what the member
gets for it. What points or credit had paid comes back as points or credit.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.services.idempotency import run_once
from core.time import day_of
from members.selectors.club import get_club
from members.services.conduct import check_actor
from members.services.work import process_batch
from purchases.incoming import IncomingReturn, IncomingReturnLine
from purchases.models import Purchase, Return, ReturnLine
from purchases.services.intake import take_in
from rewards.enums import LateReason, PaymentKind, PaymentState, RefundKind, Unit
from rewards.models import Payment, ReturnRefund, Reversal, Transfer
from rewards.registry import CHALLENGES
from rewards.selectors.explanations import Explanation, explain_transfers
from rewards.services.control import check_limit
from rewards.services.credit import give_credit
from rewards.services.payments import refund_payment

ACT = "late_return"  # the kind of act whose limits bound exceptions


class ReasonNeeded(DomainError):
    code = "reason_needed"
    field = "late_reason"
    message = _("This return is %(days)s days late: an exception needs a reason.")


class MemberNeeded(DomainError):
    code = "member_needed"
    field = "kind"
    message = _("Store credit needs a member. Refund the money instead.")


class UnknownReason(DomainError):
    code = "unknown_reason"
    field = "late_reason"
    message = _("Choose one of the reasons.")


@dataclass(frozen=True, slots=True)
class ReturnedPart:
    """Part of a purchase's line that came back; without ``amount``, its share of the price."""

    position: int
    quantity: Decimal
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnPreview:
    """What a return would do: the refund (unsaved), the points taken back with the reason of
    each, and what the member would then have and owe.
    """

    refund: ReturnRefund
    total_amount: int
    taken_points: int
    entries: list[Explanation]
    available_points: int
    owed_points: int


def count_late_days(purchase: Purchase, now: dt.datetime) -> int:
    """Days after the last on which the channel takes returns; 0 in time."""
    zone = purchase.store.zone if purchase.store is not None else get_club().zone
    bought_on = day_of(purchase.purchased_at, zone)
    last_on = bought_on + dt.timedelta(days=purchase.channel.returns_accepted_days)
    return max((day_of(now, zone) - last_on).days, 0)


def preview_return(
    purchase: Purchase, parts: Sequence[ReturnedPart], *, kind: str, late_reason: str = "",
    now: dt.datetime,
) -> ReturnPreview:  # fmt: skip
    """What ``return_purchase`` would do, by doing it and taking it back. Raises the same."""
    with transaction.atomic():
        refund, item = _settle(
            purchase, parts, kind=kind, key="preview", late_reason=late_reason, by=None, now=now,
            is_preview=True,
        )  # fmt: skip
        preview = _describe(purchase, item, refund, now)
        transaction.set_rollback(True)
    return preview


@keeps_refusals
@transaction.atomic
def return_purchase(
    purchase: Purchase, parts: Sequence[ReturnedPart], *, kind: str, key: str,
    late_reason: str = "", note: str = "", by: Any, now: dt.datetime,
) -> ReturnRefund:  # fmt: skip
    """Take goods back, once per ``key``, and settle them as ``kind`` (``RefundKind``).

    ``parts`` empty: all that is left. Raises intake's refusal (more than was bought, nothing
    left), ReasonNeeded for a late one, OverLimit for a late one beyond what ``by``'s role may
    accept, MemberNeeded for credit without a member, and OwnRecord.
    """
    payload = [
        purchase.pk, kind, late_reason,
        [[part.position, str(part.quantity), part.amount] for part in parts],
    ]  # fmt: skip

    def perform() -> dict[str, int]:
        if purchase.member is not None:
            check_actor(purchase.member, by=by, act=ACT)
        refund, item = _settle(
            purchase, parts, kind=kind, key=key, late_reason=late_reason, by=by, now=now
        )
        record_audit(
            "return.settled",
            item,
            by=by,
            now=now,
            note=note,
            changes={
                "kind": kind,
                "money": refund.money_amount,
                "credit": refund.credit_amount,
                "points_back": refund.points_back_points,
                "late_days": refund.late_days,
                "late_reason": refund.late_reason,
            },
        )
        return {"id": item.pk}

    caller = f"user:{by.pk}" if by else "system"
    result, _repeated = run_once(
        "purchase.return", perform, caller=caller, key=key, payload=payload, now=now
    )
    return ReturnRefund.objects.select_related("purchase_return").get(pk=result["id"])


def _settle(
    purchase: Purchase, parts: Sequence[ReturnedPart], *, kind: str, key: str, late_reason: str,
    by: Any, now: dt.datetime, is_preview: bool = False,
) -> tuple[ReturnRefund, Return]:  # fmt: skip
    late_days = count_late_days(purchase, now)
    _check_request(purchase, kind, late_days, late_reason, is_preview)
    if late_days and not is_preview:
        # Before the points are locked; what comes back is not known yet, only what is left.
        amount = _count_asked(purchase, parts)
        check_limit(ACT, amount, member=purchase.member, by=by, now=now, payload_id=purchase.pk)
    item = _take_back(purchase, parts, key, now)
    otherwise = _count_paid_otherwise(item)
    refund = ReturnRefund(
        purchase_return=item,
        kind=kind,
        late_days=late_days,
        late_reason=late_reason if late_days else "",
        settled_by=by,
        settled_at=now,
    )
    rest = item.total_amount - otherwise
    if kind == RefundKind.CREDIT:
        refund.credit_amount = rest
    else:
        refund.money_amount = rest
    _refund_payments(purchase, refund, otherwise, by, now)
    if refund.credit_amount and purchase.member is not None:
        give_credit(
            purchase.member, refund.credit_amount, cause=("return", item.pk), is_refund=True,
            by=by, now=now,
        )  # fmt: skip
    if is_preview and late_days and not late_reason:
        refund.late_reason = LateReason.GOODWILL  # asked for when it is done
    refund.save(force_insert=True)
    return refund, item


def _count_asked(purchase: Purchase, parts: Sequence[ReturnedPart]) -> int:
    """What the parts cost, as the limits count it; without parts, the whole purchase."""
    if not parts:
        return purchase.total_amount
    lines = {line.position: line for line in purchase.lines.all()}
    total = 0
    for part in parts:
        line = lines.get(part.position)
        if line is None:
            continue  # intake refuses it in words
        share = line.amount * part.quantity / line.quantity if line.quantity else line.amount
        total += int(share) if part.amount is None else part.amount
    return total


def _check_request(purchase, kind, late_days, late_reason, is_preview) -> None:
    if late_reason and late_reason not in LateReason.values:
        raise UnknownReason
    if late_days and not late_reason and not is_preview:
        raise ReasonNeeded(days=late_days)
    if kind == RefundKind.CREDIT and purchase.member_id is None:
        raise MemberNeeded


def _take_back(
    purchase: Purchase, parts: Sequence[ReturnedPart], key: str, now: dt.datetime
) -> Return:
    incoming = IncomingReturn(
        external_id=f"staff-{key}",
        returned_of=purchase.external_id,
        returned_at=now,
        lines=[
            IncomingReturnLine(part.quantity, part.amount, position=part.position) for part in parts
        ],
    )
    result = take_in(purchase.source, [], [incoming], now=now)
    if result.batch_id is not None:
        # A stamp, and the reward that it filled a card for, go back while the person stands
        # there; what fails waits for a worker. A preview commits nothing, so this is left out.
        take_stamps = partial(process_batch, CHALLENGES, result.batch_id, now=now)
        transaction.on_commit(take_stamps, robust=True)
    (outcome,) = result.outcomes
    return Return.objects.select_related("purchase").get(pk=outcome.get_id())


def _count_paid_otherwise(item: Return) -> int:
    """What points, credit and other means had paid of the goods: by line, to date, rounded down."""
    lines = ReturnLine.objects.filter(
        of_return=item, line__paid_otherwise_amount__gt=0, line__amount__gt=0
    ).values("line")
    back = ReturnLine.objects.filter(line__in=lines, of_return_id__lte=item.pk)
    sums = back.values("line", "line__paid_otherwise_amount", "line__amount").annotate(
        to_date=Sum("amount"), before=Sum("amount", filter=Q(of_return_id__lt=item.pk), default=0)
    )
    total = 0
    for each in sums:
        paid, amount = each["line__paid_otherwise_amount"], each["line__amount"]
        total += paid * each["to_date"] // amount - paid * each["before"] // amount
    return total


def _refund_payments(purchase, refund, amount, by, now) -> None:
    """What had been paid last comes back first; what no payment of ours explains is named."""
    payments = Payment.objects.filter(
        source=purchase.source_id, external_id=purchase.external_id, state=PaymentState.CAPTURED
    ).order_by("-pk")
    left = amount
    for payment in payments:
        part = min(left, payment.amount - payment.refunded_amount)
        if part <= 0:
            continue
        before = payment.refunded_points
        done = refund_payment(payment, part, by=by, now=now)
        if payment.kind == PaymentKind.POINTS:
            refund.points_amount += part
            refund.points_back_points += done.refunded_points - before
        else:
            refund.credit_back_amount += part
        left -= part
    refund.other_amount = left


def _describe(purchase, item, refund, now) -> ReturnPreview:
    reversals = Reversal.objects.filter(purchase_return=item)
    entries = Transfer.objects.for_list().filter(reversal__in=reversals).order_by("pk")
    points = [entry for entry in entries if entry.unit == Unit.POINTS]
    balances = (
        dict(purchase.member.accounts.values_list("kind", "balance")) if purchase.member else {}
    )
    return ReturnPreview(
        refund=refund,
        total_amount=item.total_amount,
        taken_points=sum(
            row.reversed_points
            for row in reversals.filter(award__unit=Unit.POINTS).only("reversed_points")
        ),
        entries=explain_transfers(points, now=now),
        available_points=balances.get("available", 0),
        owed_points=balances.get("owed", 0),
    )
