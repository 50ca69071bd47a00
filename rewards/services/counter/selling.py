"""Ringing up: a purchase at once, or a bill that waits for the money that points don't pay."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.models import IdempotencyRecord
from core.services.audit import keeps_refusals, record_audit
from core.services.idempotency import run_once
from members.models import Member
from members.registry import Receipt
from members.services.conduct import check_actor
from purchases.models import Purchase
from rewards.models import Bill, Register
from rewards.services.counter.draft import Draft, PricedLine
from rewards.services.counter.intake import choose_number, get_counter_source, take_in_bill
from rewards.services.paying import reserve_credit_payment, reserve_points_payment

RING_UP = "counter.ring_up"


class MemberNeeded(DomainError):
    code = "member_needed"
    field = "points"
    message = _("Points and store credit need a member: find them first.")


@dataclass(frozen=True, slots=True)
class RungUp:
    """What a press led to: a purchase, or a bill that waits for its money."""

    purchase_id: int | None = None
    bill_id: int | None = None
    is_repeat: bool = False


def get_caller(register: Register) -> str:
    """Keys belong to the device: a retry may come after somebody else took over."""
    return f"register:{register.pk}"


@keeps_refusals
@transaction.atomic
def ring_up(
    register: Register,
    draft: Draft,
    *,
    member: Member | None,
    points: int = 0,
    credit_amount: int = 0,
    key: str,
    by: Any,
    now: dt.datetime,
) -> RungUp:
    """Ring a bill up, once per ``key``. Where points or store credit pay a part, that part is
    reserved and the bill waits for the rest; else it is a purchase at once.

    Raises EmptyBill, DiscountTooLarge, MemberNeeded, OwnRecord, IdempotencyConflict, what intake
    refuses (MemberGone, say), and what the reservations refuse; then nothing has changed.
    """
    lines = draft.price()
    if member is None and (points or credit_amount):
        raise MemberNeeded
    if member is not None:
        check_actor(member, by=by, act="counter.sale")

    def perform() -> dict[str, int]:
        if member is not None and (points or credit_amount):
            return {"bill": _open_bill(register, lines, member, points, credit_amount, by, now)}
        return {"purchase": _sell(register, lines, member, by, now)}

    result, is_repeat = run_once(
        RING_UP,
        perform,
        caller=get_caller(register),
        key=key,
        payload=[
            member.pk if member else None,
            [[line.product_id, str(line.quantity), line.price_amount] for line in draft.lines],
            draft.discount_amount,
            points,
            credit_amount,
        ],
        now=now,
    )
    return RungUp(result.get("purchase"), result.get("bill"), is_repeat)


def find_rung_up(register: Register, key: str) -> RungUp | None:
    """What the key has led to before, whatever was asked with it."""
    known = IdempotencyRecord.objects.filter(
        caller=get_caller(register), operation=RING_UP, key=key, result__isnull=False
    ).first()
    if known is None or known.result is None:
        return None
    return RungUp(known.result.get("purchase"), known.result.get("bill"), True)


def quote_earning(
    register: Register,
    draft: Draft,
    *,
    member: Member,
    paid_amount: int = 0,
    now: dt.datetime,
) -> list[Receipt]:
    """What the bill will earn, by ringing it up and taking that back."""
    lines = draft.price()
    with transaction.atomic():
        number = choose_number(register, now)
        _purchase_id, receipts = take_in_bill(
            register, number, lines, member=member, paid_amount=paid_amount, now=now
        )
        transaction.set_rollback(True)
    return receipts


def _sell(
    register: Register,
    lines: Sequence[PricedLine],
    member: Member | None,
    by: Any,
    now: dt.datetime,
) -> int:
    number = choose_number(register, now)
    purchase_id, _receipts = take_in_bill(register, number, lines, member=member, now=now)
    note_sale(register, purchase_id, lines, by=by, now=now)
    return purchase_id


def note_sale(
    register: Register, purchase_id: int, lines: Sequence[PricedLine], *, by: Any, now: dt.datetime
) -> None:
    """Who rang it up, and where."""
    record_audit(
        "counter.sold",
        Purchase(pk=purchase_id),
        by=by,
        now=now,
        changes={
            "register": register.pk,
            "amount": sum(line.amount for line in lines),
            "discount": sum(line.discount_amount for line in lines),
        },
    )


def _open_bill(
    register: Register,
    lines: Sequence[PricedLine],
    member: Member,
    points: int,
    credit_amount: int,
    by: Any,
    now: dt.datetime,
) -> int:
    total = sum(line.amount for line in lines)
    bill = Bill.objects.create(
        number=choose_number(register, now),
        register=register,
        member=member,
        opened_by=by,
        lines=[
            [line.product_id, str(line.quantity), line.amount, line.discount_amount]
            for line in lines
        ],
        total_amount=total,
        opened_at=now,
    )
    receipt: dict[str, Any] = {
        "bill_amount": total,
        "source": get_counter_source(),
        "external_id": bill.number,
    }
    if points:
        reserve_points_payment(
            member, points, key=f"{bill.number}:points", by=by, now=now, **receipt
        )
    if credit_amount:
        reserve_credit_payment(
            member, credit_amount, key=f"{bill.number}:credit", by=by, now=now, **receipt
        )
    record_audit(
        "counter.bill_opened",
        bill,
        by=by,
        now=now,
        changes={"register": register.pk, "amount": total, "points": points,
                 "credit": credit_amount},
    )  # fmt: skip
    return bill.pk
