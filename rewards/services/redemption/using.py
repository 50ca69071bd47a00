"""A code is used once, by whoever comes first."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core.bulk import RowWriter
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of, get_zone
from members.models import Member
from members.selectors.club import get_club
from members.services.conduct import check_actor
from purchases.models import Store
from rewards.codes import read_own_code, read_pool_code
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption, RewardCode
from rewards.services.redemption import refusals
from rewards.services.redemption.fulfilment import FINAL_KINDS
from rewards.services.redemption.rows import take_step


def find_by_code(text: str) -> Redemption:
    """The redemption that a typed or scanned code stands for: ours, or one of a pool.

    Spaces, hyphens and look-alikes are forgiven. Two pools may hold the same code: then it is
    the one that can still be used, else the newest. Raises UnknownCode.
    """
    rows = Redemption.objects.for_list().select_related("member")
    found = rows.filter(code=read_own_code(text)).first()
    if found is None:
        pk = _find_in_pools(read_pool_code(text))
        found = rows.filter(pk=pk).first() if pk else None
    if found is None or (
        found.reward.kind in FINAL_KINDS and found.state != RedemptionState.RESERVED
    ):
        raise refusals.UnknownCode
    return found


def _find_in_pools(match_key: str) -> int | None:
    is_ended = Case(
        When(redemption__state__in=RedemptionState.open_states(), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    # A reservation's code has been seen by nobody; whoever knows it has it from elsewhere.
    codes = RewardCode.objects.filter(
        match_key=match_key, redemption__confirmed_at__isnull=False
    ).order_by(F("voided_at").asc(nulls_first=True), is_ended, "-pk")
    return codes.values_list("redemption_id", flat=True).first()


def check_usable(redemption: Redemption, *, member: Member | None = None, now: dt.datetime) -> None:
    """Raises why a voucher can't be used at this moment: OthersCode where ``member`` shows one
    that isn't theirs, NotPaid, CodeUsed, CodeOver, TooEarly or HandedOver.
    """
    if member is not None and redemption.member_id != member.pk:
        raise refusals.OthersCode
    today = day_of(now, get_club().zone)
    if redemption.state == RedemptionState.RESERVED and not redemption.has_lapsed(now):
        raise refusals.NotPaid
    if redemption.used_at is not None:
        raise refusals.CodeUsed(moment=_write(redemption.used_at))
    if not redemption.is_open or redemption.has_lapsed(now) or redemption.is_past_validity(today):
        state = redemption.get_state_display()
        if redemption.is_open:
            state = str(RedemptionState.EXPIRED.label)
        raise refusals.CodeOver(state=state)
    session = redemption.session
    if session is not None and day_of(session.starts_at, get_club().zone) > today:
        raise refusals.TooEarly(moment=_write(session.starts_at))
    if redemption.reward.is_delivered and _is_gone(redemption):
        raise refusals.HandedOver


def _write(moment: dt.datetime) -> str:
    return date_format(localtime(moment, get_zone(get_club().zone)), "DATETIME_FORMAT")


def _is_gone(redemption: Redemption) -> bool:
    """Whether the goods are on their way or have arrived: nobody gets them twice."""
    gone = (DeliveryState.SENT, DeliveryState.DELIVERED)
    return Delivery.objects.filter(pk=redemption.pk, state__in=gone).exists()


@keeps_refusals
@transaction.atomic
def use_redemption(
    redemption: Redemption, *, member: Member | None = None, store: Store | None = None, by: Any,
    now: dt.datetime,
) -> Redemption:  # fmt: skip
    """Mark a voucher as used, a booking as attended, goods as picked up: once, under a lock.

    Raises as ``check_usable``, asked again under the lock, and OwnRecord.
    """
    rows = Redemption.objects.select_for_update(of=("self",))
    locked = rows.select_related("reward", "session", "member").get(pk=redemption.pk)
    check_actor(locked.member, by=by, act="redemption.use")
    check_usable(locked, member=member, now=now)
    writer = RowWriter()
    if locked.state == RedemptionState.CONFIRMED:
        take_step(writer, locked, RedemptionState.FULFILLED, cause="handed_over", by=by, now=now)
    if locked.reward.is_delivered:
        Delivery.objects.filter(pk=locked.pk).update(
            state=DeliveryState.DELIVERED, sent_at=now, delivered_at=now
        )
    take_step(writer, locked, RedemptionState.USED, by=by, now=now)
    writer.flush()
    changes = {"store": store.pk} if store else {}
    record_audit("redemption.used", locked, by=by, changes=changes, now=now)
    return locked
