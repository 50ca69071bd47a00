"""What members used their points for: some weeks of redemptions, and what became of each."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from core.errors import DomainError
from core.time import day_of
from loyalty_site.demo.clock import awake
from loyalty_site.demo.data import read_stories, read_words
from loyalty_site.demo.people import Staff
from loyalty_site.demo.stories import ASLEEP, EXPIRING
from members.models import Member, MemberReference
from members.selectors.club import get_club
from rewards.enums import RedemptionState, RewardKind, Unit
from rewards.models import Lot, Redemption, Reward
from rewards.selectors.balances import get_balances
from rewards.selectors.rotation import list_resting
from rewards.services.catalogue.wishes import add_wish
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    end_delivery,
    end_past_validity,
    expire_redemption,
    pack_deliveries,
    redeem_reward,
    send_delivery,
    use_redemption,
)

_REDEMPTIONS = 70
_DAYS = 45
_SAVERS = 4
_LAPSED = dt.timedelta(hours=3)
_CARRIER = "Bay Courier"
_AN_HOUR = dt.timedelta(hours=1)
# (reward, days ago, what became of it), so that each page of staff has something to do.
_WANTED = (
    ("jam-trio", 16, "arrived"),
    ("tote-bag", 13, "came back"),
    ("blossom-month", 12, ""),
    ("tea-tasting", 11, ""),
    ("dawn-market-walk", 10, ""),
    ("furoshiki", 9, "arrived"),
    ("kitchen-table", 8, "paid"),
    ("enamel-mug", 6, "sent"),
    ("golden-month", 6, ""),
    ("barista-hour", 5, ""),
    ("plum-wallpapers", 5, ""),
    ("furoshiki", 4, "sent"),
    ("tea-tasting", 4, ""),
    ("audiobook-credit", 3.5, ""),
    ("kitchen-table", 3, "paid"),
    ("pickling-class", 3, ""),
    ("tea-tasting", 2.5, "cancelled"),
    ("wall-calendar", 2.2, "packed"),
    ("tea-tin", 2, "packed"),
    ("dumplings-with-kids", 1.8, ""),
    ("wall-calendar", 1.5, "to pack"),
    ("jam-trio", 1.3, "to pack"),
    ("furoshiki", 1.1, "to pack"),
    ("wall-calendar", 1.05, "to pack"),
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A press of the button to come: ``slug`` "" leaves it to chance."""

    moment: dt.datetime
    slug: str = ""
    ending: str = ""


def redeem_all_over(
    claimed: Sequence[Member], staff: Staff, *, seed: int, now: dt.datetime
) -> None:
    """Some weeks up to yesterday, in the order of time: nobody spends what they had not yet."""
    chance = random.Random(f"{seed}:redemptions")  # noqa: S311 - repeatable on purpose
    told = list_told([EXPIRING, ASLEEP])
    claimed = [member for member in claimed if member.pk not in told]
    if not claimed:
        return
    resting = list_resting(day_of(now, get_club().zone))
    rewards = {
        slug: reward
        for slug, reward in list_rewards().items()
        if not (reward.has_sessions and reward.pk in resting)  # its dates are a season away
    }
    savers = _list_savers(claimed)
    spenders = [member for member in claimed if member not in savers] or claimed
    for index, wish in enumerate(_list_wishes(chance, now)):
        if wish.slug:
            _grant_wish(wish, claimed, rewards[wish.slug], f"demo-{index}", staff)
        elif made := _redeem_by_chance(spenders, rewards, chance, f"demo-{index}", wish.moment):
            _go_on(made, staff, chance, wish.moment, now)


def list_rewards() -> dict[str, Reward]:
    return {reward.slug: reward for reward in Reward.objects.published().order_by("position", "pk")}


def list_told(kinds: Sequence[str]) -> set[int]:
    """Members whose story it would spoil."""
    codes = [code for kind, code in read_stories() if kind in kinds]
    references = MemberReference.objects.filter(external_id__in=codes)
    return set(references.values_list("member_id", flat=True))


def _list_wishes(chance: random.Random, now: dt.datetime) -> list[_Wish]:
    """At times of day when people are awake; none today, which isn't over."""
    wishes = [_Wish(awake(now - dt.timedelta(days=days)), slug, end) for slug, days, end in _WANTED]
    wishes += [
        _Wish(awake(now - dt.timedelta(minutes=chance.randrange(1440, _DAYS * 1440))))
        for _ in range(_REDEMPTIONS)
    ]
    return sorted(wishes, key=lambda wish: wish.moment)


def count_spendable(member: Member, moment: dt.datetime) -> int:
    """Points that the member had then and still has; all purchases are in the books already."""
    if moment < member.joined_at:
        return 0
    today = day_of(moment, get_club().zone)
    lots = Lot.objects.filter(member=member, unit=Unit.POINTS, available__gt=0)
    known = lots.filter(opened_at__lte=moment).exclude(expires_on__lt=today)
    then = known.aggregate(total=Sum("available"))["total"] or 0
    return min(then, get_balances(member, now=moment).available)


def _redeem_by_chance(claimed, rewards, chance, key, moment) -> Redemption | None:
    member = chance.choice(claimed)
    available = count_spendable(member, moment)
    resting = list_resting(day_of(moment, get_club().zone))
    in_reach = [
        reward
        for reward in rewards.values()
        if reward.price_points <= available
        and reward.kind != RewardKind.TIER
        and reward.pk not in resting
    ]
    return press(member, chance.choice(in_reach), key, moment) if in_reach else None


def _list_savers(claimed: Sequence[Member]) -> list[Member]:
    """Who spends nothing by chance: some must have enough for what costs most."""
    lots = Lot.objects.filter(member__in=claimed, unit=Unit.POINTS, available__gt=0)
    points = dict(lots.values_list("member").annotate(Sum("available")))
    return sorted(claimed, key=lambda each: (-points.get(each.pk, 0), each.pk))[:_SAVERS]


def _grant_wish(wish: _Wish, claimed, reward, key, staff) -> None:
    """To whoever has just enough and may, so that others keep theirs for what costs more."""
    points = {member: count_spendable(member, wish.moment) for member in claimed}
    for member in sorted(claimed, key=lambda each: (points[each], each.pk)):
        if points[member] < reward.price_points:
            continue
        if made := press(member, reward, key, wish.moment):
            _end(made, wish.ending, staff, wish.moment)
            return


def press(
    member: Member, reward: Reward, key: str, moment: dt.datetime, *, reserve: bool = False
) -> Redemption | None:
    """A press that the club would refuse is no redemption, and nothing else."""
    session = None
    if reward.has_sessions:
        session = reward.sessions.bookable(moment).order_by("starts_at").first()
    try:
        return redeem_reward(
            member,
            reward,
            key=key,
            by=member.user,
            now=moment,
            session=session,
            parcel=_parcel_of(member) if reward.kind == RewardKind.GOODS else None,
            reserve_only=reserve,
        )
    except DomainError:
        return None


def _parcel_of(member: Member) -> Parcel:
    address = member.addresses.order_by("pk").first()
    text = "1418 Main Street\nOakland, CA 94606"
    if address is not None:
        text = f"{address.street}\n{address.city}, {address.region} {address.postal_code}"
    return Parcel(member.get_full_name(), "US", text, member.phone or "")


# --- What became of it --------------------------------------------------------------------------


def _end(made: Redemption, ending: str, staff: Staff, moment: dt.datetime) -> None:
    if ending == "paid":
        confirm_redemption(made, by=staff.clerk, now=moment + dt.timedelta(minutes=12))
    elif ending == "cancelled":
        cancel_redemption(made, by=made.member.user, now=awake(moment + 5 * _AN_HOUR))
    elif ending in ("packed", "sent", "arrived", "came back"):
        pack_deliveries([made], by=staff.clerk, now=awake(moment + 6 * _AN_HOUR))
        if ending != "packed":
            _post(made, staff, awake(moment + 20 * _AN_HOUR))
        if ending in ("arrived", "came back"):
            back = ending == "came back"
            days = dt.timedelta(days=9 if back else 3)
            end_delivery(made, came_back=back, by=staff.clerk, now=moment + days)


def _post(made: Redemption, staff: Staff, moment: dt.datetime) -> None:
    send_delivery(
        made, carrier=_CARRIER, tracking_number=f"BC{made.pk:07d}US", by=staff.clerk, now=moment
    )


def _go_on(
    made: Redemption, staff: Staff, chance: random.Random, moment: dt.datetime, now: dt.datetime
) -> None:
    """Most are used, some are cancelled, a few reservations lapse; parcels travel."""
    later = min(awake(moment + dt.timedelta(hours=chance.randrange(1, 120))), now)
    if made.state == RedemptionState.RESERVED:
        if chance.random() < 0.6:
            made = confirm_redemption(made, by=staff.clerk, now=moment + dt.timedelta(minutes=12))
        else:
            expire_redemption(made.pk, now=max(made.lapses_at, moment))
            return
    kind, luck = made.reward.kind, chance.random()
    if kind == RewardKind.GOODS:
        _travel(made, staff, luck, later, now)
    elif kind == RewardKind.VOUCHER and luck < 0.62:
        use_redemption(made, by=staff.clerk, now=later)
    elif kind in (RewardKind.VOUCHER, RewardKind.EXPERIENCE) and luck > 0.93:
        cancel_redemption(made, by=made.member.user, now=later)


def _travel(made: Redemption, staff: Staff, luck: float, later: dt.datetime, now: dt.datetime):
    if now - later < dt.timedelta(days=2) or luck < 0.15:
        return  # waits to be packed
    pack_deliveries([made], by=staff.clerk, now=later)
    if luck > 0.3:
        _post(made, staff, min(awake(later + 5 * _AN_HOUR), now))


# --- Today --------------------------------------------------------------------------------------


def leave_some_open(claimed: Sequence[Member], staff: Staff, *, now: dt.datetime) -> dict[str, int]:
    """Today: one reserved until it is paid, one cancelled by the club, one that lapsed, wishes.

    Returns how many redemptions there are by state.
    """
    told = list_told([EXPIRING, ASLEEP])
    rewards = list_rewards()
    free = [member for member in claimed if member.pk not in told]
    richest = sorted(free, key=lambda each: -get_balances(each, now=now).available)[:6]
    for index, (member, slug) in enumerate(
        zip(richest, ["paring-knife", "house-coffee", "plum-wallpapers"], strict=False)
    ):
        made = press(member, rewards[slug], f"demo-open-{index}", now)
        if made and slug == "house-coffee":
            cancel_redemption(
                made, by=staff.manager, by_club=True, note=read_words()["machine_broke"], now=now
            )
    if richest:
        lapsed = press(
            richest[-1], rewards["house-coffee"], "demo-lapsed", now - _LAPSED, reserve=True
        )
        if lapsed:
            expire_redemption(lapsed.pk, now=now)
    for member in claimed[:8]:
        for slug in ("donabe", "kitchen-table", "furoshiki"):
            add_wish(member, rewards[slug], now=now)
    end_past_validity(now=now)
    states = list(Redemption.objects.values_list("state", flat=True))
    return {state: states.count(state) for state in set(states)}
