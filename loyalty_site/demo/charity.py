"""Giving in the demonstration: four invented charities, six appeals, half a year of gifts,
and two donations on the shelves of the catalogue."""

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from core.errors import DomainError
from core.time import add_months, day_of
from loyalty_site.demo.clock import awake
from loyalty_site.demo.data import DATA, LANGUAGE, translate
from loyalty_site.demo.spending import count_spendable, list_told
from loyalty_site.demo.stories import ASLEEP, EXPIRING, NEAR_GOLD
from members.models import Member, User
from members.selectors.club import get_club
from members.services.audiences import ensure_everyone
from rewards.enums import RewardKind
from rewards.models import Appeal, AppealUpdate, Charity, MatchOffer, Reward, RewardCategory
from rewards.selectors.giving import list_totals
from rewards.services.catalogue import GateTerms, create_reward, publish_reward, set_gates
from rewards.services.giving import (
    close_periods,
    donate_points,
    donate_reward,
    mark_paid,
    publish_appeal,
    read_period,
    save_appeal,
    save_charity,
    save_match,
    set_share,
    undo_donation,
)
from rewards.services.grants import grant_points

GIFTS = 130
DAYS = 185
POSITION = 90  # of donations in the catalogue: after what one gets for oneself
TAKEN = 4  # members who gave by a donation of the catalogue
KEPT = 300  # points that stay with a member who gives
HUNDRED_AMOUNT = 80  # what a hundred points are worth, in minor units
_AMOUNTS = (20, 30, 50, 50, 100, 100, 100, 150, 200, 300)
_WANTED = {
    "village-bookshelves": 9, "winter-dinners": 5, "shore-pines": 3, "reading-lamps": 5,
    "beach-school": 4, "dry-beds": 14,
}  # fmt: skip
_PERCENT = {
    "village-bookshelves": 103, "winter-dinners": 71, "shore-pines": 38, "reading-lamps": 24,
    "beach-school": 55, "dry-beds": 62,
}  # fmt: skip


@cache
def read_giving() -> dict[str, Any]:
    return json.loads((DATA / "charity.json").read_text(encoding="utf-8"))


def list_charity_slugs() -> list[str]:
    return [entry["slug"] for entry in read_giving()["charities"]]


def list_donation_slugs() -> list[str]:
    """Of the rewards that are donations."""
    return [entry["slug"] for entry in read_giving()["rewards"]]


def get_category_slug() -> str:
    return read_giving()["category"]["slug"]


def set_up_giving(by: User | None, *, now: dt.datetime) -> None:
    """Charities, appeals, updates and the brand that matches, as of their own first days."""
    charities = {
        entry["slug"]: _make_charity(entry, index, by, now)
        for index, entry in enumerate(read_giving()["charities"], start=1)
    }
    for index, entry in enumerate(read_giving()["appeals"], start=1):
        appeal = _make_appeal(entry, charities[entry["charity"]], index, by, now)
        today = day_of(now, get_club().zone)
        for update in entry["updates"]:
            AppealUpdate.objects.create(
                appeal=appeal, day_on=today - dt.timedelta(days=update["days_ago"]),
                **_read(update, "title", "text"),
            )  # fmt: skip
        if match := entry.get("match"):
            offer = MatchOffer(
                appeal=appeal, rate_percent=match["rate"], budget_points=match["budget"],
                gift_cap_points=match["cap"], starts_at=now - dt.timedelta(days=match["begun"]),
                ends_at=now + dt.timedelta(days=match["days_left"]), **_read(match, "brand"),
            )  # fmt: skip
            save_match(offer, by=by, now=offer.starts_at)
    _put_on_shelf(by)


def _put_on_shelf(by: User | None) -> None:
    """Donations of the catalogue, each since the day after its appeal began."""
    told = read_giving()
    category = RewardCategory.objects.create(
        slug=get_category_slug(), position=POSITION, **_read(told["category"], "name")
    )
    appeals = {each.slug: each for each in Appeal.objects.all()}
    for index, entry in enumerate(told["rewards"]):
        appeal = appeals[entry["appeal"]]
        moment = appeal.starts_at + dt.timedelta(days=1)
        reward = create_reward(
            kind=RewardKind.DONATION, slug=entry["slug"], price_points=entry["price_points"],
            appeal=appeal, category=category, motif=entry["motif"], position=POSITION + index,
            by=by, now=moment, **_read(entry, "name", "summary", "description"),
            **_read(told, "how_to_use"),
        )  # fmt: skip
        set_gates(reward, [GateTerms(ensure_everyone(), moment)], by=by, now=moment)
        publish_reward(reward, by=by, now=moment)


def _make_charity(entry: dict, index: int, by: User | None, now: dt.datetime) -> Charity:
    names = ("slug", "country", "registration_number", "fundraising_permit", "motif")
    charity = Charity(
        position=index, hundred_amount=HUNDRED_AMOUNT, **{name: entry[name] for name in names},
        **_read(entry, "name", "summary", "story"),
    )  # fmt: skip
    return save_charity(charity, by=by, now=now - dt.timedelta(days=DAYS + 20))


def _make_appeal(
    entry: dict, charity: Charity, index: int, by: User | None, now: dt.datetime
) -> Appeal:
    begun, left = now - dt.timedelta(days=entry["begun"]), entry["days_left"]
    appeal = Appeal(
        charity=charity, slug=entry["slug"], motif=entry["motif"], position=index,
        goal_points=entry["goal"], is_urgent=entry["is_urgent"], starts_at=begun,
        ends_at=None if left is None else now + dt.timedelta(days=left),
        **_read(entry, "name", "summary", "story", "impact"),
    )  # fmt: skip
    save_appeal(appeal, by=by, now=begun)
    return publish_appeal(appeal, by=by, now=begun)


def _read(entry: dict, *fields: str) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for field in fields:
        words |= {field: entry[field][LANGUAGE], **translate(field, entry[field])}
    return words


# --- Gifts ---------------------------------------------------------------------------------------


def give_all_over(claimed: Sequence[Member], staff: Any, *, seed: int, now: dt.datetime) -> None:
    """Half a year of gifts in the order of time, and a settled quarter among them."""
    set_up_giving(staff.manager, now=now)
    told = list_told([EXPIRING, ASLEEP, NEAR_GOLD])
    claimed = [member for member in claimed if member.pk not in told]
    if not claimed:
        return
    chance = random.Random(f"{seed}:giving")  # noqa: S311 - repeatable on purpose
    appeals = {each.slug: each for each in Appeal.objects.select_related("charity")}
    moments = sorted(
        awake(now - dt.timedelta(days=1 + (DAYS - 1) * chance.random() ** 1.6))
        for _ in range(GIFTS)
    )
    quarter, closing = _find_quarter(now)
    is_closed = False
    for index, moment in enumerate(moments):
        if not is_closed and moment >= closing:
            is_closed = _close(quarter, staff, closing)
        _give_one(claimed, appeals, chance, f"demo-{index}", moment)
    if not is_closed:
        _close(quarter, staff, closing)
    _give_from_shelf(claimed, now)
    _set_goals(appeals, staff.manager, now)
    _promise(claimed, appeals, now)


def _give_one(claimed, appeals, chance, key: str, moment: dt.datetime) -> None:
    """A gift that the club would refuse is none, and nothing else."""
    member = chance.choice(claimed)
    slugs = [slug for slug in _WANTED if appeals[slug].is_open(moment)]
    points, is_named = chance.choice(_AMOUNTS), chance.random() < 0.6
    takes_back = chance.random() < 0.04
    if not slugs:
        return
    slug = chance.choices(slugs, [_WANTED[slug] for slug in slugs])[0]
    try:
        _see_to_points(member, points, key, moment)
        made = donate_points(
            member, appeals[slug], points, key=key, is_named=is_named, by=member.user, now=moment
        )
        if takes_back:
            undo_donation(made, by=member.user, now=moment + dt.timedelta(minutes=9))
    except DomainError:
        return


def _give_from_shelf(claimed: Sequence[Member], now: dt.datetime) -> None:
    """Yesterday some took a donation of the catalogue."""
    moment = awake(now - dt.timedelta(hours=22))
    reward = Reward.objects.get(slug=list_donation_slugs()[0])
    for index, member in enumerate(claimed[::5][:TAKEN]):
        key = f"demo-{reward.slug}-{index}"
        try:
            _see_to_points(member, reward.price_points, key, moment)
            donate_reward(member, reward, key=key, is_named=True, by=member.user, now=moment)
        except DomainError:
            continue


def _see_to_points(member: Member, points: int, key: str, moment: dt.datetime) -> None:
    """In giving weeks the club gives members points to pass on: nobody's own story changes."""
    if count_spendable(member, moment) < points + KEPT:
        grant_points(
            member, points, expires_on=None, note="Giving weeks", key=f"{key}-to-give", by=None,
            now=moment,
        )  # fmt: skip


def _set_goals(appeals: dict[str, Appeal], by: User | None, now: dt.datetime) -> None:
    """However many members the club has, each appeal is as far as its story says."""
    for slug, percent in _PERCENT.items():
        given = list_totals(by="appeal_id").get(appeals[slug].pk, 0)
        if given:
            appeal = appeals[slug]
            appeal.goal_points = max(given * 100 // percent // 100 * 100, 100)
            save_appeal(appeal, by=by, now=now)


def _promise(claimed: Sequence[Member], appeals: dict[str, Appeal], now: dt.datetime) -> None:
    pairs: Iterator = iter(
        [("shore-pines", 5), ("winter-dinners", 10), ("reading-lamps", 1), ("shore-pines", 20)]
    )
    for member in claimed[::3]:
        slug, percent = next(pairs, ("", 0))
        if not slug:
            return
        try:
            set_share(
                member, appeals[slug], percent, is_named=True, by=member.user,
                now=now - dt.timedelta(hours=20),
            )  # fmt: skip
        except DomainError:
            continue


def _find_quarter(now: dt.datetime) -> tuple[str, dt.datetime]:
    """The last quarter that is over, and when it was closed: some days after its end."""
    today = day_of(now, get_club().zone)
    first = dt.date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    before = add_months(first, -3)
    code = f"{before.year}-Q{(before.month + 2) // 3}"
    closing = read_period(code).until() + dt.timedelta(days=3, hours=10)
    return code, min(closing, now - dt.timedelta(minutes=5))


def _close(code: str, staff: Any, moment: dt.datetime) -> bool:
    made, _refused = close_periods(read_period(code), by=staff.owner, now=moment)
    paid_on = day_of(moment, get_club().zone)
    for settlement in made:
        if settlement.amount:
            mark_paid(
                settlement, paid_on=paid_on, by=staff.owner, now=moment,
                payout_reference=f"DEMO-{code}-{settlement.charity.slug}".upper(),
            )  # fmt: skip
    return True
