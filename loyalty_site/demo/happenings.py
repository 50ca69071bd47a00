"""What members and staff did, in its order: before today, and today."""

import datetime as dt
import random
from decimal import Decimal

from loyalty_site.demo.data import read_stories, read_words
from loyalty_site.demo.people import SOURCE, Staff
from loyalty_site.demo.privacy import (
    answer_consents,
    ask_to_be_forgotten,
    download_everything,
    forget_by_letter,
)
from loyalty_site.demo.shops import sell_online
from loyalty_site.demo.spending import leave_some_open, list_told, redeem_all_over
from loyalty_site.demo.stories import NEAR_GOLD
from loyalty_site.demo.webhooks import close_endpoints, open_endpoints
from members.models import Member, User
from members.services.enrolment import create_member
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household, pool_points
from members.services.logins import create_login
from members.services.merging import merge_members
from members.services.profiles import attach_login
from purchases.models import Purchase
from rewards.enums import AccountKind, AdjustmentReason, RefundKind, Unit
from rewards.models import Account
from rewards.services.adjustments import adjust_points
from rewards.services.payments import publish_rate
from rewards.services.returns import ReturnedPart, return_purchase

LOGINS = 24  # members beside those with a story who have a login, and so can redeem
_ANSWERING = 12  # members with a history of consents
_BY_POINTS = 12  # of them: those with most points, who can have what costs many


def make_more_logins(members: dict[str, Member], *, seed: int, now: dt.datetime) -> list[Member]:
    """Logins for some members with an e-mail address; they enter by a code."""
    chance = random.Random(f"{seed}:logins")  # noqa: S311 - repeatable on purpose
    ids = [member.pk for member in members.values()]
    claimed = Member.objects.claimed().filter(pk__in=ids).order_by("pk")
    free = list(Member.objects.unclaimed().filter(pk__in=ids, email__isnull=False).order_by("pk"))
    points = dict(
        Account.objects.filter(
            member__in=free, unit=Unit.POINTS, kind=AccountKind.AVAILABLE
        ).values_list("member_id", "balance")
    )
    free.sort(key=lambda member: (-points.get(member.pk, 0), member.pk))
    others = free[_BY_POINTS:]
    drawn = chance.sample(others, min(LOGINS - _BY_POINTS, len(others)))
    for member in [*free[:_BY_POINTS], *drawn]:
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


# --- A household, a merge, an approval, a refund to store credit --------------------------------


def share_a_household(claimed: list[Member], *, now: dt.datetime) -> list[Member]:
    """Two grown-ups who can log in, of one surname where there are, put their points together."""
    adults = [member for member in claimed if member.birth_year]
    names = [member.family_name for member in adults]
    adults.sort(key=lambda member: (-names.count(member.family_name), member.family_name))
    if len(adults) < 2:
        return []
    head, other = adults[:2]
    open_household(head, by=head.user, now=now)
    pool_points(head, by=head.user, now=now)
    invitation = invite_to_household(head, number=other.number, by=head.user, now=now)
    accept_invitation(invitation, other, pools_points=True, by=other.user, now=now)
    return [head, other]


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
        double, 60, reason=AdjustmentReason.MISSING, note=read_words()["first_receipt"],
        key="demo-double", by=staff.manager, now=now,
    )  # fmt: skip
    merge_members(double, whole, by=staff.manager, reason=read_words()["enrolled_twice"], now=now)


def ask_for_approval(members: dict[str, Member], staff: Staff, *, now: dt.datetime) -> None:
    """A clerk wants to give more than a clerk may; it waits for a second person."""
    member = next(iter(members.values()))
    adjust_points(
        member, 800, reason=AdjustmentReason.APOLOGY,
        note=read_words()["cake"],
        key="demo-approval", by=staff.clerk, now=now,
    )  # fmt: skip


def refund_to_credit(members: dict[str, Member], staff: Staff, *, now: dt.datetime) -> None:
    """The newest basket of somebody comes back in part, as store credit."""
    recent = Purchase.objects.filter(
        member__in=members.values(), purchased_at__gt=now - dt.timedelta(days=14), returns=None
    ).select_related("store", "channel", "source", "member")
    told = list_told([kind for kind, _code in read_stories()])
    purchase = recent.exclude(member__in=told).order_by("-total_amount", "pk").first()
    if purchase is None:
        return
    line = purchase.lines.filter(amount__gt=0, quantity__gt=0).order_by("-amount", "pk").first()
    return_purchase(
        purchase, [ReturnedPart(line.position, Decimal(line.quantity))], kind=RefundKind.CREDIT,
        key="demo-refund", note=read_words()["changed_mind"], by=staff.manager, now=now,
    )  # fmt: skip


def happen_before(
    members: dict[str, Member], staff: Staff, *, seed: int, now: dt.datetime
) -> list[Member]:
    """What lies in days that are over; returns the members with a login."""
    set_up_payment(now=now)
    claimed = make_more_logins(members, seed=seed, now=now)
    endpoints = open_endpoints(staff.owner, now=now)
    told = list_told([kind for kind, _code in read_stories()])
    others = [member for member in claimed if member.pk not in told]
    sell_online(others, staff.owner, staff.manager, now=now)
    redeem_all_over(claimed, staff, seed=seed, now=now)
    close_endpoints(endpoints, staff.owner, now=now)
    return claimed


def happen_today(
    members: dict[str, Member], claimed: list[Member], staff: Staff, *, now: dt.datetime
) -> dict[str, int]:
    """In an order that each needs; returns redemptions by state."""
    states = leave_some_open(claimed, staff, now=now)
    household = share_a_household(claimed, now=now)
    merge_a_double(members, staff, now=now)
    ask_for_approval(members, staff, now=now)
    refund_to_credit(members, staff, now=now)
    told = [_find_story(kind) for kind, _code in read_stories()]
    answering = [member for member in told if member is not None and member.user]
    answering += [member for member in claimed if member not in answering]
    answer_consents(answering[:_ANSWERING], staff.clerk, now=now)
    forget_by_letter(list(members.values()), staff.clerk, now=now)
    free = [each for each in claimed if each not in told and each not in household]
    if free:
        ask_to_be_forgotten(free[-1], now=now)
    if claimed:
        download_everything(_find_story(NEAR_GOLD) or claimed[0], now=now)
    return states


def _find_story(kind: str) -> Member | None:
    return Member.objects.filter(pk__in=list_told([kind])).select_related("user").first()
