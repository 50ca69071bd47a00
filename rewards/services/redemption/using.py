"""A code is used once, by whoever comes first."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core.bulk import RowWriter
from core.services.audit import record_audit
from core.time import day_of, get_zone
from members.models import Member
from members.selectors.club import get_club
from purchases.models import Store
from rewards.codes import read_own_code, read_pool_code
from rewards.enums import DeliveryState, RedemptionState, RewardKind
from rewards.models import Delivery, Redemption, RewardCode
from rewards.services.redemption import refusals
from rewards.services.redemption.rows import take_step

_NEVER_SHOWN = (RewardKind.CREDIT, RewardKind.TIER, RewardKind.DOWNLOAD)


def find_by_code(text: str) -> Redemption:
    """The redemption that a typed or scanned code stands for: ours, or one of a pool.

    Spaces, hyphens and look-alikes are forgiven. Raises UnknownCode.
    """
    rows = Redemption.objects.for_list().select_related("member")
    found = rows.filter(code=read_own_code(text)).first()
    if found is None:
        codes = RewardCode.objects.filter(
            match_key=read_pool_code(text), redemption__isnull=False
        ).order_by("voided_at", "-pk")
        first = codes.values_list("redemption_id", flat=True).first()
        found = rows.filter(pk=first).first() if first else None
    if found is None or found.reward.kind in _NEVER_SHOWN:
        raise refusals.UnknownCode
    return found


def check_usable(redemption: Redemption, *, member: Member | None = None, now: dt.datetime) -> None:
    """Raises why a voucher can't be used at this moment: OthersCode where ``member`` shows one
    that isn't theirs, NotPaid, CodeUsed or CodeOver.
    """
    if member is not None and redemption.member_id != member.pk:
        raise refusals.OthersCode
    if redemption.state == RedemptionState.RESERVED:
        raise refusals.NotPaid
    if redemption.used_at is not None:
        moment = localtime(redemption.used_at, get_zone(get_club().zone))
        raise refusals.CodeUsed(moment=date_format(moment, "DATETIME_FORMAT"))
    over = redemption.expires_on is not None and redemption.expires_on < day_of(
        now, get_club().zone
    )
    if over or not redemption.is_open:
        state = RedemptionState.EXPIRED.label if over else redemption.get_state_display()
        raise refusals.CodeOver(state=state)


@transaction.atomic
def use_redemption(
    redemption: Redemption, *, member: Member | None = None, store: Store | None = None, by: Any,
    now: dt.datetime,
) -> Redemption:  # fmt: skip
    """Mark a voucher as used, a booking as attended, goods as picked up: once, under a lock.

    Raises as ``check_usable``, asked again under the lock.
    """
    rows = Redemption.objects.select_for_update(of=("self",)).select_related("reward", "member")
    locked = rows.get(pk=redemption.pk)
    check_usable(locked, member=member, now=now)
    writer = RowWriter()
    if locked.state == RedemptionState.CONFIRMED:
        take_step(writer, locked, RedemptionState.FULFILLED, cause="handed_over", by=by, now=now)
        if locked.reward.kind == RewardKind.GOODS:
            Delivery.objects.filter(pk=locked.pk).update(
                state=DeliveryState.DELIVERED, sent_at=now, delivered_at=now
            )
    take_step(writer, locked, RedemptionState.USED, by=by, now=now)
    writer.flush()
    changes = {"store": store.pk} if store else {}
    record_audit("redemption.used", locked, by=by, changes=changes, now=now)
    return locked
