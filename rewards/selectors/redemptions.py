"""Redemptions as members and staff see them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, ExpressionWrapper, Min, Q, QuerySet, Value, When

from core.bulk import read_together
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.enums import DeliveryState, RedemptionState, RewardKind
from rewards.models import Entitlement, Payment, Redemption, RewardSession
from rewards.selectors.entitlements import list_entitlements
from rewards.selectors.redemption_words import (
    Milestone,
    Wording,
    has_code_to_show,
    list_milestones,
    word_state,
)

TONES = 6  # of tickets

# What a redemption would give back: in all, and of lots whose last day is over by then.
_COMES_BACK = """
    SELECT l.member_id = %s, coalesce(l.expires_on < %s, false),
           sum(CASE WHEN m.target = 'held' THEN m.amount WHEN m.source = 'held' THEN -m.amount
               WHEN m.kind = 'taken' THEN m.amount
               WHEN m.kind = 'restored' THEN -m.amount ELSE 0 END)::bigint
    FROM rewards_transfer t
    JOIN rewards_lotmove m ON m.transfer_id = t.id AND m.kind IN ('held', 'taken', 'restored')
    JOIN rewards_lot l ON l.id = m.lot_id
    WHERE t.cause_type = 'redemption' AND t.cause_id = %s
      AND t.reason IN ('hold', 'capture', 'restore')
      AND NOT (m.kind = 'taken' AND m.source = 'held')
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class ShownRedemption:
    """One redemption with its words, for a list or a page."""

    redemption: Redemption
    wording: Wording
    is_current: bool
    has_code: bool

    @property
    def tone(self) -> int:
        """The colour of the ticket: that of the reward's shelf."""
        reward = self.redemption.reward
        return 1 + (reward.category_id or len(reward.kind)) % TONES


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a cancellation gives back: to the member, to others of the household, and how much of
    the member's part ends at once, since its last day is over.
    """

    own_points: int = 0
    others_points: int = 0
    lapsing_points: int = 0


@dataclass(frozen=True, slots=True)
class RedemptionPage:
    """A redemption with all that its page tells."""

    shown: ShownRedemption
    milestones: list[Milestone]
    share_points: int | None = None  # of the member, where the household paid along


def list_redemptions(member: Member, *, now: dt.datetime) -> QuerySet:
    """Those of a member, with ``is_current``: what is still good for something stands first."""
    today = day_of(now, get_club().zone)
    is_over = (
        ~Q(state__in=RedemptionState.open_states())
        | Q(state=RedemptionState.RESERVED, lapses_at__lte=now)
        | Q(confirmed_at__isnull=False, expires_on__lt=today)
        | Q(delivery__state=DeliveryState.DELIVERED)
        | Q(state=RedemptionState.FULFILLED, reward__kind=RewardKind.CREDIT)
    )
    flag: Any = Case(When(is_over, then=Value(False)), default=Value(True))
    rows = Redemption.objects.of(member).for_list()
    return rows.annotate(is_current=ExpressionWrapper(flag, BooleanField())).order_by(
        "-is_current", "-reserved_at", "-pk"
    )


# The same as ``is_current`` above, prepared.
_CURRENT = """
    SELECT r.id FROM rewards_redemption r JOIN rewards_reward w ON w.id = r.reward_id
    LEFT JOIN rewards_delivery d ON d.redemption_id = r.id
    WHERE r.member_id = %s AND r.state IN ('reserved', 'confirmed', 'fulfilled')
      AND NOT (r.state = 'reserved' AND r.lapses_at <= %s)
      AND NOT (r.confirmed_at IS NOT NULL AND coalesce(r.expires_on < %s, false))
      AND coalesce(d.state, '') <> 'delivered'
      AND NOT (r.state = 'fulfilled' AND w.kind = 'credit')
    ORDER BY r.reserved_at DESC, r.id DESC LIMIT %s
"""


# Whether there is any of what ``list_at_hand`` lists.
AT_HAND = """
    SELECT FROM rewards_entitlement
    WHERE member_id = %(member)s AND redemption_id IS NULL AND closed_at IS NULL
    UNION ALL
    SELECT FROM rewards_redemption
    WHERE member_id = %(member)s AND state IN ('reserved', 'confirmed', 'fulfilled')
"""


def list_at_hand(
    member: Member, *, now: dt.datetime, limit: int
) -> tuple[list[Entitlement], list[Redemption]]:
    """What waits to be taken, and the newest that are still good for something."""
    today = day_of(now, get_club().zone)
    (found,) = read_together([(_CURRENT, [member.pk, now, today, limit])])
    entitlements = list(list_entitlements(member, now=now)[:limit])
    if not found:
        return entitlements, []
    ids = [pk for (pk,) in found]
    return entitlements, list(list_redemptions(member, now=now).filter(pk__in=ids))


def show_redemption(redemption: Redemption, *, now: dt.datetime) -> ShownRedemption:
    """``redemption`` comes from ``list_redemptions``."""
    return ShownRedemption(
        redemption,
        word_state(redemption, now=now),
        redemption.is_current,  # type: ignore[attr-defined]  # annotated
        has_code_to_show(redemption, now=now),
    )


def get_redemption_page(member: Member, pk: int, *, now: dt.datetime) -> RedemptionPage | None:
    """One of the member's own; None where it isn't theirs."""
    redemption = list_redemptions(member, now=now).filter(pk=pk).first()
    if redemption is None:
        return None
    events = redemption.events.order_by("pk")
    share = redemption.shares.filter(member=member).values_list("share_points", flat=True).first()
    is_shared = share is not None or redemption.shares.exists()
    return RedemptionPage(
        show_redemption(redemption, now=now),
        list_milestones(redemption, events),
        (share or 0) if is_shared else None,
    )


def count_given_back(redemption: Redemption, *, now: dt.datetime) -> GivenBack:
    """What a cancellation now would give back; read without locks, for the page that asks."""
    today = day_of(now, get_club().zone)
    with connection.cursor() as cursor:
        cursor.execute(_COMES_BACK, [redemption.member_id, today, redemption.pk])
        rows = cursor.fetchall()
    own = {is_over: points for is_own, is_over, points in rows if is_own}
    others = sum(points for is_own, _is_over, points in rows if not is_own)
    return GivenBack(sum(own.values()), others, own.get(True, 0))


def get_calendar_entry(member: Member, pk: int) -> tuple[Redemption, RewardSession] | None:
    """A booking that stands or was called off, with its date."""
    rows = Redemption.objects.of(member).for_list().filter(confirmed_at__isnull=False)
    redemption = rows.filter(pk=pk, session__isnull=False).first()
    return (redemption, redemption.session) if redemption is not None else None


def get_download(member: Member, pk: int, *, now: dt.datetime) -> Redemption | None:
    """A download that the member has and may still fetch."""
    rows = Redemption.objects.of(member).for_list().filter(
        pk=pk, reward__kind=RewardKind.DOWNLOAD,
        state__in=[RedemptionState.FULFILLED, RedemptionState.USED],
    )  # fmt: skip
    redemption = rows.first()
    if redemption is None or redemption.is_past_validity(day_of(now, get_club().zone)):
        return None
    return redemption if redemption.reward.download else None


def find_member_id(pk: Any) -> int | None:
    """Whose redemption it is."""
    rows = Redemption.objects.filter(pk=pk) if str(pk).isdecimal() else Redemption.objects.none()
    return rows.values_list("member_id", flat=True).first()


def list_waiting_reservations(now: dt.datetime) -> dict[str, dt.timedelta]:
    """Since when the oldest reservation that should have let go waits, by kind."""
    oldest = {
        "redemptions": Redemption.objects.overdue(now).aggregate(at=Min("lapses_at"))["at"],
        "payments": Payment.objects.overdue(now).aggregate(at=Min("lapses_at"))["at"],
    }
    return {kind: now - moment for kind, moment in oldest.items() if moment is not None}
