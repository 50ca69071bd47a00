"""Rewards that turn into a donation: one of the catalogue, and one that was won."""

import datetime as dt
from typing import Any

from django.db import connection, transaction

from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.selectors.gates import judge_gates
from rewards.engine.book import charity_account
from rewards.enums import AccountKind, DonationSource, EntitlementEnd, Reason, RewardKind
from rewards.models import Appeal, Donation, Entitlement, Reward
from rewards.services.giving import refusals
from rewards.services.giving.donating import donate_points, read_gift, write_gift
from rewards.services.holding import CannotSpend
from rewards.services.redemption.offer import read_offer
from rewards.services.settlement import open_settled_ledger

_CLOSE = """
    UPDATE rewards_entitlement SET closed_at = %s, end_reason = %s
    WHERE id = %s AND redemption_id IS NULL AND closed_at IS NULL
      AND (expires_on IS NULL OR expires_on >= %s)
    RETURNING is_set_aside
"""


@keeps_refusals
@transaction.atomic
def donate_reward(
    member: Member, reward: Reward, *, key: str, is_named: bool = False,
    seen_points: int | None = None, by: Any, now: dt.datetime,
) -> Donation:  # fmt: skip
    """Take a donation from the catalogue: its price goes to the charity's account.

    Raises NoDonation, PriceChanged, the gate's refusal, and as ``donate_points``.
    """
    from rewards.services.redemption.refusals import PriceChanged

    offer = read_offer(member.pk, reward, key, now=now)
    if offer.kind != RewardKind.DONATION or not offer.is_published or not reward.appeal_id:
        raise refusals.NoDonation
    judge_gates({gate.audience_id for gate in offer.gates if gate.is_mine}, offer.gates, now=now)
    price = min(
        offer.price_points if gate.price_points is None else gate.price_points
        for gate in offer.gates
        if gate.is_open(now)
    )
    if seen_points is not None and price > seen_points:
        raise PriceChanged
    appeal = Appeal.objects.get(pk=reward.appeal_id)
    return donate_points(
        member, appeal, price, key=key, is_named=is_named, by=by, now=now,
        source=DonationSource.REWARD,
    )  # fmt: skip


@keeps_refusals
@transaction.atomic
def donate_prize(
    entitlement: Entitlement, appeal: Appeal, *, is_named: bool = False, by: Any, now: dt.datetime
) -> Donation:
    """Pass on a reward that was won or given: its price in points goes from the club to the
    charity, and what was set aside goes back on the shelf. Final at once.

    Raises PrizeGone, PrizeWithoutWorth, AppealClosed, CannotSpend.
    """
    member, reward = entitlement.member, entitlement.reward
    points = reward.price_points
    if not points:
        raise refusals.PrizeWithoutWorth
    if not member.can_spend:
        raise CannotSpend
    key = f"prize:{entitlement.pk}"
    gift = read_gift(member, appeal, key, source=DonationSource.PRIZE, by=by, now=now)
    if gift.known:
        raise refusals.PrizeGone
    if not gift.is_open:
        raise refusals.AppealClosed(subject=appeal, by=by, changes={"member": member.pk})
    ledger = open_settled_ledger([member.pk], now=now)
    book = ledger.books[member.pk]
    if not book.is_active:
        raise CannotSpend
    _close(entitlement, now)
    book.transfer(
        AccountKind.ISSUED, charity_account(gift.charity_id), points, Reason.DONATE, at=now,
        key=f"donation:{gift.donation_id}:give:{member.pk}", cause=("donation", gift.donation_id),
    )  # fmt: skip
    made = write_gift(gift, ledger, points, is_named=is_named, is_final=True, now=now)
    if by is not None and by.pk != member.user_id:
        record_audit("donation.made", made, by=by, now=now, changes={"points": points})
    return made


def _close(entitlement: Entitlement, now: dt.datetime) -> None:
    today = day_of(now, get_club().zone)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [now, str(EntitlementEnd.DONATED), entitlement.pk, today])
        row = cursor.fetchone()
        if row is None:
            raise refusals.PrizeGone
        if row[0]:
            cursor.execute(
                "UPDATE rewards_reward SET stock_left = stock_left + 1"
                " WHERE id = %s AND stock_left IS NOT NULL",
                [entitlement.reward_id],
            )
