"""What members and staff did: redemptions in each state, a household, a merge, a late approval."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.errors import DomainError
from loyalty_site.demo.data import read_stories
from loyalty_site.demo.people import SOURCE, STAFF
from loyalty_site.demo.stories import EXPIRING
from members.models import Member, MemberReference, User
from members.roles import CLERK, MANAGER, OWNER
from members.services.enrolment import create_member
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household, pool_points
from members.services.logins import create_login
from members.services.merging import merge_members
from members.services.profiles import attach_login
from purchases.models import Purchase
from rewards.enums import AdjustmentReason, RefundKind, RewardKind
from rewards.models import Redemption, Reward
from rewards.selectors.balances import get_balances
from rewards.services.adjustments import adjust_points
from rewards.services.catalogue.wishes import add_wish
from rewards.services.payments import publish_rate
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    end_past_validity,
    expire_redemption,
    pack_deliveries,
    redeem_reward,
    send_delivery,
    use_redemption,
)
from rewards.services.returns import ReturnedPart, return_purchase

LOGINS = 24  # members beside those with a story who have a login, and so can redeem
_REDEMPTIONS = 70
_DAYS = 45
_LAPSED = dt.timedelta(hours=3)


@dataclass(slots=True)
class Staff:
    owner: User
    manager: User
    clerk: User


def find_staff() -> Staff:
    """The demonstration's people of the back office."""
    users = {user.email: user for user in User.objects.filter(is_staff=True)}
    emails = {role: email for role, email, _name in STAFF}
    return Staff(*(users[emails[role]] for role in (OWNER, MANAGER, CLERK)))


def make_more_logins(members: dict[str, Member], *, seed: int, now: dt.datetime) -> list[Member]:
    """Logins for some members with an e-mail address; they enter by a code."""
    chance = random.Random(f"{seed}:logins")  # noqa: S311 - repeatable on purpose
    ids = [member.pk for member in members.values()]
    claimed = Member.objects.claimed().filter(pk__in=ids).order_by("pk")
    free = list(Member.objects.unclaimed().filter(pk__in=ids, email__isnull=False).order_by("pk"))
    chosen = chance.sample(free, min(LOGINS, len(free)))
    for member in chosen:
        if User.objects.filter(email=member.email).exists():
            continue
        user = create_login(
            email=member.email,
            display_name=member.get_full_name(),
            by=None,
            now=now,
        )
        attach_login(member, user, by=None, now=now)
    return list(claimed.select_related("user"))


def set_up_payment(*, now: dt.datetime) -> None:
    """100 points pay a dollar, from 200 on, up to half of a bill."""
    publish_rate(
        starts_at=now - dt.timedelta(days=200),
        rate_points=100,
        rate_amount=100,
        minimum_points=200,
        step_points=100,
        largest_percent=50,
        by=None,
        now=now,
    )


# --- Redemptions --------------------------------------------------------------------------------


def redeem_all_over(
    claimed: list[Member], staff: Staff, *, seed: int, now: dt.datetime
) -> dict[str, int]:
    """Some weeks of redemptions, and what became of each; returns how many by state."""
    chance = random.Random(f"{seed}:redemptions")  # noqa: S311 - repeatable on purpose
    claimed = [member for member in claimed if member.pk not in _list_told([EXPIRING])]
    if not claimed:
        return {}
    rewards = list(
        Reward.objects.published().exclude(kind=RewardKind.TIER).order_by("position", "pk")
    )
    moments = sorted(
        now - dt.timedelta(minutes=chance.randrange(60, _DAYS * 1440)) for _ in range(_REDEMPTIONS)
    )
    for index, moment in enumerate(moments):
        member = chance.choice(claimed)
        available = get_balances(member, now=now).available
        in_reach = [reward for reward in rewards if reward.price_points <= available]
        if not in_reach:
            continue
        if made := _try(member, chance.choice(in_reach), f"demo-{index}", moment):
            _go_on(made, staff, chance, moment, now)
    _leave_some_open(claimed, staff, rewards, now)
    end_past_validity(now=now)
    states = Redemption.objects.values_list("state", flat=True)
    return {state: list(states).count(state) for state in set(states)}


def _list_told(kinds: Sequence[str]) -> set[int]:
    """Members whose story it would spoil."""
    codes = [code for kind, code in read_stories() if kind in kinds]
    references = MemberReference.objects.filter(external_id__in=codes)
    return set(references.values_list("member_id", flat=True))


def _try(
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


def _go_on(
    made: Redemption, staff: Staff, chance: random.Random, moment: dt.datetime, now: dt.datetime
) -> None:
    """Most are used, some are cancelled, a few reservations lapse; parcels travel."""
    later = min(moment + dt.timedelta(hours=chance.randrange(1, 120)), now)
    if made.state == "reserved":
        if chance.random() < 0.6:
            made = confirm_redemption(made, by=staff.clerk, now=moment + dt.timedelta(minutes=12))
        else:
            expire_redemption(made.pk, now=max(made.lapses_at, moment))
            return
    kind, luck = made.reward.kind, chance.random()
    if kind == RewardKind.GOODS:
        _send(made, staff, luck, later, now)
    elif kind == RewardKind.VOUCHER and luck < 0.62:
        use_redemption(made, by=staff.clerk, now=later)
    elif kind in (RewardKind.VOUCHER, RewardKind.EXPERIENCE) and luck > 0.93:
        cancel_redemption(made, by=made.member.user, now=later)


def _send(made: Redemption, staff: Staff, luck: float, later: dt.datetime, now: dt.datetime):
    if now - later < dt.timedelta(days=2) or luck < 0.15:
        return  # waits to be packed
    pack_deliveries([made], by=staff.clerk, now=later)
    if luck > 0.3:
        send_delivery(
            made,
            carrier="Bay Courier",
            tracking_number=f"BC{made.pk:07d}US",
            by=staff.clerk,
            now=min(later + dt.timedelta(hours=5), now),
        )


def _leave_some_open(claimed, staff, rewards, now) -> None:
    """Today: one reserved until it is paid, one cancelled by the club, wishes."""
    by_slug = {reward.slug: reward for reward in rewards}
    richest = sorted(claimed, key=lambda each: -get_balances(each, now=now).available)[:6]
    for index, (member, slug) in enumerate(
        zip(richest, ["paring-knife", "house-coffee", "plum-wallpapers"], strict=False)
    ):
        made = _try(member, by_slug[slug], f"demo-open-{index}", now)
        if made and slug == "house-coffee":
            cancel_redemption(
                made, by=staff.manager, by_club=True, note="The machine broke down.", now=now
            )
    lapsed = _try(richest[-1], by_slug["house-coffee"], "demo-lapsed", now - _LAPSED, reserve=True)
    if lapsed:
        expire_redemption(lapsed.pk, now=now)
    for member in claimed[:8]:
        for slug in ("donabe", "kitchen-table", "furoshiki"):
            add_wish(member, by_slug[slug], now=now)


# --- A household, a merge, an approval, a refund to store credit --------------------------------


def share_a_household(claimed: list[Member], *, now: dt.datetime) -> None:
    """Two grown-ups who can log in, of one surname where there are, put their points together."""
    adults = [member for member in claimed if member.birth_year]
    names = [member.family_name for member in adults]
    adults.sort(key=lambda member: (-names.count(member.family_name), member.family_name))
    if len(adults) < 2:
        return
    head, other = adults[:2]
    open_household(head, by=head.user, now=now)
    pool_points(head, by=head.user, now=now)
    invitation = invite_to_household(head, number=other.number, by=head.user, now=now)
    accept_invitation(invitation, other, pools_points=True, by=other.user, now=now)


def merge_a_double(members: dict[str, Member], staff: Staff, *, now: dt.datetime) -> None:
    """Somebody had enrolled twice; the clerk noticed, the manager merged."""
    ids = [member.pk for member in members.values()]
    records = Member.objects.unclaimed().filter(pk__in=ids, phone__isnull=False)
    whole = records.order_by("pk").first()
    if whole is None:
        return
    double = create_member(
        now=now - dt.timedelta(days=40),
        source=SOURCE,
        family_name=whole.family_name,
        given_name=whole.given_name,
        phone=whole.phone,
    )
    adjust_points(
        double, 60, reason=AdjustmentReason.MISSING, note="Receipt of the first visit.",
        key="demo-double", by=staff.manager, now=now,
    )  # fmt: skip
    merge_members(double, whole, by=staff.manager, reason="Enrolled twice.", now=now)


def ask_for_approval(members: dict[str, Member], staff: Staff, *, now: dt.datetime) -> None:
    """A clerk wants to give more than a clerk may; it waits for a second person."""
    member = next(iter(members.values()))
    adjust_points(
        member, 800, reason=AdjustmentReason.APOLOGY,
        note="The birthday cake went to the wrong address.",
        key="demo-approval", by=staff.clerk, now=now,
    )  # fmt: skip


def refund_to_credit(members: dict[str, Member], staff: Staff, *, now: dt.datetime) -> None:
    """The newest basket of somebody comes back in part, as store credit."""
    recent = Purchase.objects.filter(
        member__in=members.values(), purchased_at__gt=now - dt.timedelta(days=14), returns=None
    ).select_related("store", "channel", "source", "member")
    told = _list_told([kind for kind, _code in read_stories()])
    purchase = recent.exclude(member__in=told).order_by("-total_amount", "pk").first()
    if purchase is None:
        return
    line = purchase.lines.filter(amount__gt=0, quantity__gt=0).order_by("-amount", "pk").first()
    return_purchase(
        purchase, [ReturnedPart(line.position, Decimal(line.quantity))], kind=RefundKind.CREDIT,
        key="demo-refund", note="Changed their mind.", by=staff.manager, now=now,
    )  # fmt: skip


def happen(
    members: dict[str, Member], staff: Staff, *, seed: int, now: dt.datetime
) -> dict[str, int]:
    """All of it, in an order that each needs; returns redemptions by state."""
    set_up_payment(now=now)
    claimed = make_more_logins(members, seed=seed, now=now)
    share_a_household(claimed, now=now)
    states = redeem_all_over(claimed, staff, seed=seed, now=now)
    merge_a_double(members, staff, now=now)
    ask_for_approval(members, staff, now=now)
    refund_to_credit(members, staff, now=now)
    return states
