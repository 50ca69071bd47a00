"""Vouchers and rewards over the counter."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.services.audit import keeps_refusals
from core.services.idempotency import run_once
from members.models import Member
from members.services.conduct import check_actor
from rewards.enums import Place
from rewards.models import Redemption, Register, Reward
from rewards.services.counter.selling import get_caller
from rewards.services.redemption import (
    check_usable,
    confirm_redemption,
    redeem_reward,
    use_redemption,
)

USE = "counter.use_voucher"


@keeps_refusals
@transaction.atomic
def use_voucher(
    register: Register,
    redemption: Redemption,
    *,
    member: Member | None = None,
    key: str,
    by: Any,
    now: dt.datetime,
) -> Redemption:
    """Mark a voucher as used, once: a second press of the same ``key`` is answered like the first,
    another one is refused. ``member`` is who stands there, where that is known.

    Raises as ``check_usable``, and OwnRecord.
    """
    check_actor(redemption.member, by=by, act="counter.use_voucher")

    def perform() -> dict[str, int]:
        used = use_redemption(redemption, member=member, store=register.store, by=by, now=now)
        return {"redemption": used.pk}

    payload = [redemption.pk, member.pk if member else None]
    run_once(USE, perform, caller=get_caller(register), key=key, payload=payload, now=now)
    return Redemption.objects.for_list().select_related("member").get(pk=redemption.pk)


@keeps_refusals
@transaction.atomic
def pay_voucher(redemption: Redemption, *, by: Any, now: dt.datetime) -> Redemption:
    """The part in money was paid; a repeat changes nothing. Raises WrongState or OwnRecord."""
    check_actor(redemption.member, by=by, act="counter.pay_voucher")
    return confirm_redemption(redemption, by=by, now=now)


@keeps_refusals
@transaction.atomic
def redeem_at_counter(
    member: Member,
    reward: Reward,
    *,
    is_paid: bool,
    is_used: bool,
    register: Register,
    seen_points: int,
    seen_amount: int,
    key: str,
    by: Any,
    now: dt.datetime,
    **extra: Any,
) -> Redemption:
    """A reward on the spot, once per ``key``; with ``is_used`` it is handed over at once.

    Raises as ``redeem_reward`` (whose ``session`` and ``parcel`` are ``extra``), and OwnRecord.
    """
    check_actor(member, by=by, act="counter.redeem")
    made = redeem_reward(
        member,
        reward,
        key=f"counter:{key}",
        by=by,
        now=now,
        place=Place.COUNTER,
        seen_points=seen_points,
        seen_amount=seen_amount,
        is_paid=is_paid,
        **extra,
    )
    if is_used and made.used_at is None and made.confirmed_at is not None:
        check_usable(made, member=member, now=now)
        made = use_voucher(register, made, member=member, key=f"{key}:used", by=by, now=now)
    return made
