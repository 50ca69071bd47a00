"""The programme in force in plain words: for whoever wants to know before joining."""

import datetime as dt
from dataclasses import dataclass

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.joining import join_comma
from core.time import day_of
from core.words import shown
from members.selectors.club import get_club
from purchases.models import Channel
from rewards.engine.terms import Programme
from rewards.enums import ExpiryMode, TierWindow
from rewards.selectors.programme import ShownTier, get_ladder
from rewards.selectors.ways import Way, list_ways
from rewards.selectors.wording import format_count, format_factor


@dataclass(frozen=True, slots=True)
class RuleTier:
    """A rung: what it asks, what it multiplies, what comes with it."""

    tier: ShownTier
    factor: str  # "" where points count once


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything of the page, in the active language. Before a first programme, ways alone."""

    ways: list[Way]
    later_ways: list[Way]
    tiers: list[RuleTier]
    waiting: list[str]
    expiry: str
    tier_sentences: list[str]
    returns: list[str]


def get_rules(*, now: dt.datetime) -> Rules:
    """The rules as they hold now. Public ones only: what is for some is told to those."""
    zone = get_club().zone
    ways = list_ways(None, now=now)
    ladder = get_ladder(zone)
    channels = list(
        Channel.objects.order_by("return_window_days", "pk")
        .annotate(shown_name=shown("name"))
        .values_list("shown_name", "return_window_days", "returns_accepted_days")
    )
    ways_now = [way for way in ways if way.is_now]
    ways_later = [way for way in ways if not way.is_now]
    if ladder.terms is None:
        return Rules(ways_now, ways_later, [], [], "", [], [])
    programme = ladder.terms.programme_on(day_of(now, zone))
    tiers = [
        RuleTier(
            tier, format_factor(tier.multiplier_milli) if tier.multiplier_milli != 1000 else ""
        )
        for tier in ladder.shown[programme.id]
    ]
    return Rules(
        ways_now,
        ways_later,
        tiers,
        _describe_waiting([(name, days) for name, days, _accepted in channels]),
        describe_expiry(programme),
        _describe_tiers(programme),
        _describe_returns([(name, days) for name, _window, days in channels]),
    )


# --- Points -------------------------------------------------------------------------------------


def _describe_waiting(channels: list[tuple[str, int]]) -> list[str]:
    """When points become usable, channel by channel where they differ."""
    return [
        _("Usable at once: %(channels)s.") % {"channels": names}
        if days == 0
        else ngettext(
            "Usable after %(days)s day, when a return is no longer due: %(channels)s.",
            "Usable after %(days)s days, when a return is no longer due: %(channels)s.",
            days,
        )
        % {"days": format_count(days), "channels": names}
        for days, names in _by_days(channels)
    ]


def _by_days(channels: list[tuple[str, int]]) -> list[tuple[int, str]]:
    found: dict[int, list[str]] = {}
    for name, days in channels:
        found.setdefault(days, []).append(name)
    return [(days, join_comma(found[days])) for days in sorted(found)]


def describe_expiry(programme: Programme) -> str:
    """How long points can be used. Fiscal years are named by the month they begin in."""
    months = {"months": format_count(programme.expiry_months)}
    years = programme.expiry_extra_years
    match programme.expiry_mode:
        case ExpiryMode.MONTHS:
            return ngettext(
                "Points can be used for %(months)s month from the day they became usable.",
                "Points can be used for %(months)s months from the day they became usable.",
                programme.expiry_months,
            ) % months  # fmt: skip
        case ExpiryMode.INACTIVITY:
            return ngettext(
                "Points stay as long as you come by: they expire after %(months)s month without "
                "any activity.",
                "Points stay as long as you come by: they expire after %(months)s months without "
                "any activity.",
                programme.expiry_months,
            ) % months  # fmt: skip
        case ExpiryMode.CALENDAR_YEAR if years == 0:
            return _("Points can be used until the end of the year in which they became usable.")
        case ExpiryMode.CALENDAR_YEAR:
            return ngettext(
                "Points can be used until the end of the year in which they became usable, and "
                "%(years)s year more.",
                "Points can be used until the end of the year in which they became usable, and "
                "%(years)s years more.",
                years,
            ) % {"years": format_count(years)}  # fmt: skip
        case ExpiryMode.FISCAL_YEAR if years == 0:
            month = MONTHS[programme.fiscal_start_month]
            return _(
                "Points can be used until the end of the club's year, which begins in %(month)s."
            ) % {"month": month}
        case ExpiryMode.FISCAL_YEAR:
            month = MONTHS[programme.fiscal_start_month]
            return ngettext(
                "Points can be used until the end of the club's year, which begins in %(month)s, "
                "and %(years)s year more.",
                "Points can be used until the end of the club's year, which begins in %(month)s, "
                "and %(years)s years more.",
                years,
            ) % {"month": month, "years": format_count(years)}  # fmt: skip
    return _("Points don't expire.")


# --- Tiers and returns --------------------------------------------------------------------------


def _describe_tiers(programme: Programme) -> list[str]:
    grace = {"days": format_count(programme.grace_days)}
    sentences = [
        _("A tier is reached by status credits. They can't be spent; they say how much you buy."),
        _("You move up at once, on the day the credits suffice."),
        _describe_window(programme),
    ]
    if programme.tier_window != TierWindow.LIFETIME:
        sentences.append(
            ngettext(
                "If credits no longer suffice, you hear from us and keep the tier for another "
                "%(days)s day. Then it falls by one step, never more.",
                "If credits no longer suffice, you hear from us and keep the tier for another "
                "%(days)s days. Then it falls by one step, never more.",
                programme.grace_days,
            )
            % grace
        )
    return sentences


def _describe_window(programme: Programme) -> str:
    months = {"months": format_count(programme.tier_months)}
    match programme.tier_window:
        case TierWindow.LIFETIME:
            return _("All credits count, for as long as you are a member.")
        case TierWindow.CALENDAR_YEAR:
            return _("The credits of a calendar year count.")
        case TierWindow.FISCAL_YEAR:
            month = MONTHS[programme.fiscal_start_month]
            return _("The credits of the club's year count; it begins in %(month)s.") % {
                "month": month
            }
        case TierWindow.JOINING:
            return _("Credits count in periods of %(months)s months from the day you joined.") % (
                months
            )
        case TierWindow.UPGRADE:
            return _(
                "Credits count in periods of %(months)s months from the day your tier changed."
            ) % months  # fmt: skip
    return _("The credits of the last %(months)s months count.") % months


def _describe_returns(channels: list[tuple[str, int]]) -> list[str]:
    """Until when goods come back, and what becomes of their points (docs/points.md, Returns)."""
    sentences = [
        _("No returns: %(channels)s.") % {"channels": names}
        if days == 0
        else ngettext(
            "Returns within %(days)s day: %(channels)s.",
            "Returns within %(days)s days: %(channels)s.",
            days,
        )
        % {"days": format_count(days), "channels": names}
        for days, names in _by_days(channels)
    ]
    sentences.append(
        _("What you return takes back the points and status credits that it earned, no others.")
    )
    sentences.append(
        _(
            "If they are spent already, other points of yours stand in for them; what is still "
            "missing is settled by the next ones you earn. Points that had expired cost you "
            "nothing."
        )
    )
    return sentences
