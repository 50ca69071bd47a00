"""Pieces that points and tiers add to the pages of lower floors."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import get_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.joining import join_comma
from members import registry
from members.models import Member
from members.registry import Panel
from members.selectors.club import get_club
from purchases.models import Purchase
from purchases.panels import get_latest_once
from purchases.registry import PurchasePanel, Remark, register_purchase_panel, register_remark
from rewards.cards import build_card_line, get_balances_once, get_tier_art
from rewards.selectors.awards import count_points, count_points_by_line, list_reversals
from rewards.selectors.catalogue import Wanted, list_goals, list_offers
from rewards.selectors.challenges import list_card_ways
from rewards.selectors.explanations import explain_awards, list_awards
from rewards.selectors.programme import ShownTier, kept, list_tiers
from rewards.selectors.spins_left import HAS_WHEEL
from rewards.selectors.standing import get_progress
from rewards.selectors.ways import (
    PointDay,
    Way,
    find_ways,
    list_point_days,
    list_ways,
    put_welcome_first,
)
from rewards.selectors.wording import format_count, format_points
from rewards.wheel_panel import build_wheel

ON_LANDING = 8
SOON = dt.timedelta(days=30)  # what expires within this time is worth a warning


def register() -> None:
    for code, place, template, build, order in (
        ("rewards.balance", registry.MEMBER_HOME, "rewards/_balance_panel.html", build_balance, 10),
        ("rewards.tier", registry.MEMBER_HOME, "rewards/_tier_panel.html", build_tier, 12),
        ("rewards.goals", registry.MEMBER_HOME, "rewards/_goals_panel.html", build_goals, 30),
        ("rewards.ways", registry.MEMBER_HOME, "rewards/_kept_panel.html", build_ways, 50),
        ("rewards.shelf", registry.LANDING, "rewards/_landing_rewards.html", build_shelf, 10),
        ("rewards.tiers", registry.LANDING, "rewards/_landing_tiers.html", build_tiers, 20),
        ("rewards.landing", registry.LANDING, "rewards/_landing_panel.html", build_landing, 30),
    ):
        registry.register_panel(Panel(code, place, template, build, order=order))
    wheel = Panel("rewards.wheel", registry.MEMBER_HOME, "rewards/_wheel_panel.html", build_wheel,
                  order=21, probe=HAS_WHEEL)  # fmt: skip
    registry.register_panel(wheel)
    registry.register_card_line("rewards.tier", build_card_line)
    register_remark(Remark("rewards.points", _("Points"), remark_purchases, remark_lines))
    register_purchase_panel(
        PurchasePanel("rewards.awards", "rewards/_purchase_panel.html", build_awards)
    )


# --- Member home --------------------------------------------------------------------------------


def build_balance(request: Any, member: Member, now: dt.datetime) -> dict[str, Any]:
    balances = get_balances_once(request, member, now)
    expiry = balances.expiries[0] if balances.expiries else None
    return {
        "balances": balances,
        "release": balances.releases[0] if balances.releases else None,
        "expiry": expiry,
        "is_soon": expiry is not None and expiry[0] <= balances.today + SOON,
        "currency": get_club().currency,
    }


def build_tier(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    balances = get_balances_once(request, member, now)
    progress = get_progress(balances)
    if progress is None:
        return None
    tier = progress.tier
    return {
        "progress": progress,
        "ladder": _render_ladder(tier, progress.tiers, balances.stamp),
    }


def _render_ladder(tier: ShownTier, tiers: Sequence[ShownTier], stamp: str) -> str:
    """Benefits and all tiers are the same for everybody in a tier: kept as rendered."""
    key = ("tier", stamp, tier.id, get_language())
    html = kept.get(key)
    if html is None:
        html = render_to_string("rewards/_tier_ladder.html", {"tier": tier, "tiers": tiers})
        kept.put(key, html)
    return html


def build_goals(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """Rewards within reach or nearest, what is wished for first."""
    if not member.is_active:
        return None
    available = get_balances_once(request, member, now).available
    goals = list_goals(member, now=now, available_points=available)
    return {"goals": goals} if goals else None


def build_ways(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """The same for all members of one birthday month who have bought, and for those who have
    not, so what was rendered is kept a moment; with a rule for some audiences only, each member
    has their own.
    """
    balances = get_balances_once(request, member, now)
    has_bought = bool(get_latest_once(request, member))
    key = ("ways", balances.stamp, balances.today, get_language(), member.birth_month, has_bought)
    html = kept.get(key)
    if html is None:
        html = kept.get((*key, member.pk))
    if html is None:
        ways, is_gated = find_ways(member, now=now)
        ways = put_welcome_first(ways, has_bought=has_bought)
        html = _render_ways(ways, member, balances.today, now)
        kept.put((*key, member.pk) if is_gated else key, html)
    return {"html": html} if html else None


def _render_ways(ways: list[Way], member: Member, today: dt.date, now: dt.datetime) -> str:
    if not ways:
        return ""
    days = list_point_days(ways, member, now=now)
    context = {
        "ways": [way for way in ways if way.is_now],
        "next_days": list_next_days(days),
        "weekdays": list_weekdays(),
        "weeks": build_weeks(days, today),
    }
    return render_to_string("rewards/_ways_panel.html", {"panel": context})


# --- Landing page -------------------------------------------------------------------------------


def build_shelf(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any] | None:
    """The first rewards of the catalogue, as a visitor sees them."""
    page = list_offers(None, Wanted(), now=now, available_points=None, limit=ON_LANDING)
    return {"offers": page.offers} if page.offers else None


def build_tiers(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any] | None:
    tiers = list_tiers(now)
    shown = [{"tier": tier, "art": get_tier_art(tier)} for tier in tiers]
    return {"tiers": shown} if len(tiers) > 1 else None


def build_landing(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any] | None:
    ways = [way for way in list_ways(None, now=now) if way.is_now]
    shown = [*ways, *list_card_ways(now)]
    return {"ways": shown} if shown else None


# --- Calendar -----------------------------------------------------------------------------------


def list_next_days(days: list[PointDay]) -> list[tuple[Way, PointDay]]:
    """The next day of each rule of the calendar."""
    found: dict[int, tuple[Way, PointDay]] = {}
    for day in days:
        for way in day.ways:
            found.setdefault(way.version.rule_id, (way, day))
    return list(found.values())


def list_weekdays() -> list[str]:
    """Short names of the weekdays in the order of the reader's calendar."""
    first = get_format("FIRST_DAY_OF_WEEK")  # 0 is Sunday
    names = [str(WEEKDAYS_ABBR[(first + offset - 1) % 7]) for offset in range(7)]
    # 星期一: the last character says the day, and is all that a column has room for.
    return [name.removeprefix("星期") for name in names]


def build_weeks(days: list[PointDay], today: dt.date) -> list[list[dict[str, Any]]]:
    """Whole weeks from the one of ``today`` on; past days of it are empty cells."""
    marked = {day.day: day for day in days}
    first = get_format("FIRST_DAY_OF_WEEK")
    start = today - dt.timedelta(days=(today.isoweekday() - first) % 7)
    weeks = []
    for week in range(6):
        cells = []
        for offset in range(7):
            day = start + dt.timedelta(days=7 * week + offset)
            known = marked.get(day)
            cells.append(
                {
                    "day": day,
                    "is_past": day < today,
                    "is_today": day == today,
                    "names": join_comma(way.name for way in known.ways) if known else "",
                }
            )
        weeks.append(cells)
    return weeks


# --- Purchases ----------------------------------------------------------------------------------


def remark_purchases(purchase_ids: Sequence[int]) -> dict[int, str]:
    points = count_points(purchase_ids)
    return {pk: f"+{format_points(number)}" for pk, number in points.items() if number}


def remark_lines(purchase: Purchase) -> dict[int, str]:
    points = count_points_by_line(purchase.pk)
    return {position: format_count(number) for position, number in points.items() if number}


def build_awards(request: Any, purchase: Purchase, now: dt.datetime) -> dict[str, Any] | None:
    awards = list_awards(purchase=purchase.pk, purchase_version=purchase.version)
    awards = list(awards.order_by("unit", "rule_version__priority"))
    if not awards:
        return None
    return {
        "awards": explain_awards(awards, now=now),
        "reversals": list_reversals([award.pk for award in awards]),
        "is_amended": purchase.version > 1,
    }
