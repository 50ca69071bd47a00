"""What a reward is to one member now: may they have it, at which price, how far is it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    Min,
    OuterRef,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from core.time import day_of, get_zone, start_of
from members.enums import AudienceKind
from members.models import AudienceMember, Member
from members.selectors.club import get_club
from members.selectors.gates import (
    GateClosed,
    GateNotYetOpen,
    judge_gates,
)
from rewards.engine.limits import cap_period
from rewards.enums import Period, RewardKind
from rewards.models import Redemption, Reward, RewardGate, RewardSession, Tier
from rewards.selectors.rotation import Turn
from rewards.selectors.wording import format_day, join_words

# Other members may hear of these; of a segment or a list only whoever is in it.
TOLD_KINDS = (AudienceKind.TIER, AudienceKind.CLUB, AudienceKind.PLAN, AudienceKind.EVERYONE)
# Kinds as members think of them: several, one, and the kinds that they are.
SHELVES = {
    "voucher": (_lazy("Vouchers"), _lazy("Voucher"), (RewardKind.VOUCHER, RewardKind.POOL)),
    "goods": (_lazy("Goods"), _lazy("Goods"), (RewardKind.GOODS,)),
    "experience": (_lazy("Experiences"), _lazy("Experience"), (RewardKind.EXPERIENCE,)),
    "partner": (_lazy("Partner offers"), _lazy("Partner offer"), (RewardKind.PARTNER,)),
    "credit": (_lazy("Store credit"), _lazy("Store credit"), (RewardKind.CREDIT,)),
    "tier": (_lazy("Tiers"), _lazy("Tier"), (RewardKind.TIER,)),
    "download": (_lazy("Downloads"), _lazy("Download"), (RewardKind.DOWNLOAD,)),
}
_KIND_TEXTS = {kind: one for _several, one, kinds in SHELVES.values() for kind in kinds}
TONES = 6  # of covers
FEW = 5  # from here on "only 3 left" is said, where the reward sets no number of its own
CODES_COUNTED = 100  # of a pool; beyond it there are enough
_FREE_CODES = f"""
    (SELECT count(*) FROM (
        SELECT FROM rewards_rewardcode c
        WHERE c.reward_id = rewards_reward.id AND c.redemption_id IS NULL AND c.voided_at IS NULL
          AND (c.expires_on IS NULL OR c.expires_on >= %s)
        LIMIT {CODES_COUNTED}) AS free)
"""
_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Door(StrEnum):
    """How the gates stand for a member."""

    OPEN = "open"
    EARLY = "early"  # open, and others still wait
    SOON = "soon"
    OTHERS = "others"
    OVER = "over"
    RESTING = "resting"  # another turn of its rotation


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate in words; ``color`` is that of its tier."""

    name: str
    color: str
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    is_mine: bool
    is_open: bool
    price_points: int
    price_amount: int


@dataclass(slots=True)
class Offer:
    """A reward with the answer for one member, or for a visitor (``available_points`` None).

    ``reason`` says why the door isn't open, or that it opened early; ``left`` is None where
    there are enough.
    """

    reward: Reward
    door: Door
    reason: str
    price_points: int
    price_amount: int
    gates: list[GateLine]
    left: int | None = None
    next_session_at: dt.datetime | None = None
    used_count: int = 0
    is_wished: bool = False
    is_shown: bool = True
    available_points: int | None = None

    @property
    def kind_text(self) -> Any:
        """Its kind, as members think of it."""
        return _KIND_TEXTS.get(RewardKind(self.reward.kind), "")

    @property
    def tone(self) -> int:
        """The colour of its cover: that of its shelf."""
        return 1 + (self.reward.category_id or len(self.reward.kind)) % TONES

    @property
    def is_open(self) -> bool:
        return self.door in (Door.OPEN, Door.EARLY)

    @property
    def is_early(self) -> bool:
        return self.door == Door.EARLY

    @property
    def is_sold_out(self) -> bool:
        return self.left == 0

    @property
    def limit_left(self) -> int | None:
        limit = self.reward.limit_count
        return None if limit is None else max(limit - self.used_count, 0)

    @property
    def missing_points(self) -> int:
        return max(self.price_points - (self.available_points or 0), 0)

    @property
    def remaining_points(self) -> int:
        """What stays after it."""
        return max((self.available_points or 0) - self.price_points, 0)

    @property
    def permille(self) -> int:
        """How far one is on the way to it, of a thousand."""
        if not self.missing_points:
            return 1000
        return 1000 * (self.available_points or 0) // self.price_points

    @property
    def is_within_reach(self) -> bool:
        return self.available_points is not None and not self.missing_points

    @property
    def can_be_had(self) -> bool:
        """Now, by this member; ``services.redemption`` decides at the press."""
        return (
            self.is_open and self.is_within_reach and not self.is_sold_out and self.limit_left != 0
        )

    @property
    def tiers(self) -> list[GateLine]:
        """The tiers that it is for, where it is for nobody else."""
        lines = [line for line in self.gates if line.color]
        return lines if len(lines) == len(self.gates) else []

    @property
    def stock_text(self) -> str:
        """ "Only 3 left", "Sold out"; empty where there are enough."""
        if self.left is None:
            return ""
        if self.left == 0:
            return _("Booked out") if self.reward.has_sessions else _("Sold out")
        few = FEW if self.reward.low_stock_count is None else self.reward.low_stock_count
        if self.left > few:
            return ""
        if self.reward.has_sessions:
            text = ngettext("Only %(count)s seat left", "Only %(count)s seats left", self.left)
        else:
            text = ngettext("Only %(count)s left", "Only %(count)s left", self.left)
        return text % {"count": self.left}

    @property
    def limit_text(self) -> str:
        """ "Limit: 2 a month", or that it is reached."""
        limit = self.reward.limit_count
        if limit is None:
            return ""
        shown = {"count": limit, "period": self.reward.get_limit_period_display()}
        if self.limit_left == 0:
            return _("You have reached the limit: %(count)s %(period)s") % shown
        return _("Limit: %(count)s %(period)s") % shown


# --- Building -----------------------------------------------------------------------------------


def build_offers(
    ids: Sequence[int],
    member: Member | None,
    *,
    now: dt.datetime,
    available_points: int | None,
    resting: dict[int, Turn | None] | None = None,
) -> list[Offer]:
    """The rewards of ``ids`` in that order, judged for the member; two queries however many.

    ``resting`` are those whose turn it isn't (``rewards.selectors.rotation.list_resting``).
    """
    rewards = {reward.pk: reward for reward in _with_facts(Reward.objects.all(), ids, member, now)}
    gates = _list_gates(ids, member)
    today = day_of(now, get_club().zone)
    build = partial(_build, now=now, today=today, available_points=available_points)
    resting = resting or {}
    return [
        build(rewards[pk], gates.get(pk, []), is_resting=pk in resting, turn=resting.get(pk))
        for pk in ids
        if pk in rewards
    ]


def _with_facts(rewards: Any, ids: Sequence[int], member: Member | None, now: dt.datetime) -> Any:
    """What has to be counted of each reward, in the query that reads them."""
    club = get_club()
    today = day_of(now, club.zone)
    bookable = RewardSession.objects.bookable(now).filter(reward=OuterRef("pk")).order_by()
    facts: dict[str, Any] = {
        "seats_left": Subquery(
            bookable.values("reward").annotate(count=Sum("seats_left")).values("count")
        ),
        "next_session_at": Subquery(
            bookable.values("reward").annotate(first=Min("starts_at")).values("first")
        ),
        "codes_left": RawSQL(_FREE_CODES, [today]),  # noqa: S611 (a constant)
    }
    if member is not None:
        counting = (
            Redemption.objects.counting()
            .filter(member=member, reward=OuterRef("pk"), reserved_at__gte=_since(today, club.zone))
            .order_by()
            .values("reward")
        )
        facts["used_count"] = Subquery(counting.annotate(count=Count("pk")).values("count"))
        rewards = rewards.with_wishes(member)
    return rewards.for_list().filter(pk__in=ids).annotate(**facts)


def _since(today: dt.date, zone: str) -> Case:
    """Since when redemptions count towards their reward's limit."""
    starts = {
        period: cap_period(period, today)[0] for period in Period if period != Period.LIFETIME
    }
    return Case(
        *(
            When(reward__limit_period=period, then=Value(start_of(day, zone)))
            for period, day in starts.items()
        ),
        default=Value(_EVER),
        output_field=DateTimeField(),
    )


def _list_gates(ids: Sequence[int], member: Member | None) -> dict[int, list[RewardGate]]:
    color = Tier.objects.filter(audience=OuterRef("audience")).values("color")
    rows: Any = RewardGate.objects.filter(reward__in=ids).select_related("audience")
    rows = rows.annotate(tier_color=Subquery(color, output_field=CharField()))
    if member is not None:
        mine = AudienceMember.objects.filter(audience=OuterRef("audience"), member=member)
        rows = rows.annotate(is_mine=Exists(mine))
    gates: dict[int, list[RewardGate]] = {}
    for gate in rows.order_by("opens_at", "pk"):
        if member is None:  # they would be in it as soon as they join
            gate.is_mine = gate.audience.kind == AudienceKind.EVERYONE
        gates.setdefault(gate.reward_id, []).append(gate)
    return gates


def _build(
    reward: Any,
    gates: list[Any],
    *,
    now: dt.datetime,
    today: dt.date,
    available_points: int | None,
    is_resting: bool,
    turn: Turn | None,
) -> Offer:
    lines = [
        _build_line(gate, reward, now)
        for gate in gates
        if gate.is_mine or gate.audience.kind in TOLD_KINDS
    ]
    door, reason = (
        (Door.RESTING, _describe_turn(turn, today)) if is_resting else _judge(gates, lines, now)
    )
    is_wished = getattr(reward, "is_wished", False)
    return Offer(
        reward,
        door,
        reason,
        *_find_price(reward, lines, now),
        gates=[line for line in lines if line.closes_at is None or line.closes_at > now],
        left=_count_left(reward),
        next_session_at=reward.next_session_at,
        used_count=getattr(reward, "used_count", 0) or 0,
        is_wished=is_wished,
        is_shown=bool(lines) or is_wished,
        available_points=available_points,
    )


def _find_price(reward: Reward, lines: list[GateLine], now: dt.datetime) -> tuple[int, int]:
    """Of the gate with the lowest that is open to the member, or will be; else the reward's own."""
    mine = [line for line in lines if line.is_mine]
    gates = [line for line in mine if line.is_open] or [
        line for line in mine if line.opens_at > now
    ]
    prices = ((line.price_points, line.price_amount) for line in gates)
    return min(prices, default=(reward.price_points, reward.price_amount))


def _build_line(gate: Any, reward: Reward, now: dt.datetime) -> GateLine:
    points, amount = gate.price_points, gate.price_amount
    is_everyone = gate.audience.kind == AudienceKind.EVERYONE
    return GateLine(
        name=_("Every member") if is_everyone else gate.audience.name,
        color=gate.tier_color or "",
        opens_at=gate.opens_at,
        closes_at=gate.closes_at,
        is_mine=gate.is_mine,
        is_open=gate.opens_at <= now and (gate.closes_at is None or now < gate.closes_at),
        price_points=reward.price_points if points is None else points,
        price_amount=reward.price_amount if amount is None else amount,
    )


def _count_left(reward: Any) -> int | None:
    """The scarcest of stock, seats and codes; None where nothing runs out soon."""
    counts = [reward.stock_left]
    if reward.has_sessions:
        counts.append(reward.seats_left or 0)
    if reward.has_pool and reward.codes_left < CODES_COUNTED:
        counts.append(reward.codes_left)
    return min((count for count in counts if count is not None), default=None)


# --- In words -----------------------------------------------------------------------------------


def _judge(gates: list[Any], lines: list[GateLine], now: dt.datetime) -> tuple[Door, str]:
    mine = {gate.audience_id for gate in gates if gate.is_mine}
    try:
        opening = judge_gates(mine, gates, now=now)
    except GateNotYetOpen as error:
        moment = format_moment(error.params["opens_at"], now)
        return Door.SOON, _("Opens for you on %(moment)s") % {"moment": moment}
    except GateClosed as error:
        return _describe_others(lines, now) or (Door.OVER, str(error))
    if not opening.is_early:
        return Door.OPEN, ""
    follows_at = min(gate.opens_at for gate in gates if gate.opens_at > now)
    return Door.EARLY, _("Early for you: others can have it from %(moment)s") % {
        "moment": format_moment(follows_at, now)
    }


def _describe_others(lines: list[GateLine], now: dt.datetime) -> tuple[Door, str] | None:
    """ "For Gold only", "For Gold from March 10, 9 a.m." """
    others = [
        line
        for line in lines
        if not line.is_mine and (line.closes_at is None or line.closes_at > now)
    ]
    if not others:
        return None
    names = [line.name for line in others if line.is_open]
    if names:
        return Door.OTHERS, _("For %(audiences)s only") % {"audiences": join_words(names)}
    first = others[0]
    return Door.OTHERS, _("For %(audience)s from %(moment)s") % {
        "audience": first.name,
        "moment": format_moment(first.opens_at, now),
    }


def format_moment(moment: dt.datetime, now: dt.datetime) -> str:
    """ "March 10, 9 a.m.": in the club's zone, with the year where it is another one."""
    zone = get_club().zone
    return _("%(day)s, %(time)s") % {
        "day": format_day(day_of(moment, zone), day_of(now, zone)),
        "time": time_format(localtime(moment, get_zone(zone)), "TIME_FORMAT"),
    }


def _describe_turn(turn: Turn | None, today: dt.date) -> str:
    if turn is None:
        return _("Not on show now")
    day = format_day(turn.starts_on, today)
    return _("Takes turns with others: on show again from %(day)s") % {"day": day}
