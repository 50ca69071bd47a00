"""Ways to earn: the public rules in force, in words, and the days on which they hold."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from core.joining import join_comma
from core.time import day_of, start_of
from core.words import shown_sql
from members.models import Member
from members.selectors.club import get_club
from rewards.enums import FirstTime, RuleKind
from rewards.models import EarningRuleVersion
from rewards.selectors.wording import (
    format_cap,
    format_count,
    format_day,
    format_days_of_month,
    format_factor,
    format_points,
    format_rate,
    format_weekdays,
    format_whole_money,
    join_words,
)

CALENDAR_DAYS = 42
NAMES_SHOWN = 4
_NAMES_OF = {
    "category_names": ("purchases_category", "{name}", "category_ids"),
    "product_names": (
        "purchases_product",
        "coalesce(nullif({name}, ''), external_id)",
        "product_ids",
    ),
    "store_names": ("purchases_store", "{name}", "store_ids"),
    "channel_names": ("purchases_channel", "{name}", "channel_ids"),
}
_IN_AUDIENCE = """
    audience_ids = '{}' OR EXISTS (
        SELECT FROM members_audiencemember am
        WHERE am.member_id = %s AND am.audience_id = ANY(audience_ids))
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One rule as a member reads it: the staff's words, then what it gives and asks."""

    name: str
    description: str
    gift: str
    conditions: list[str]
    is_now: bool
    version: EarningRuleVersion


@dataclass(slots=True)
class PointDay:
    """A day on which a rule of the calendar holds."""

    day: dt.date
    is_today: bool
    ways: list[Way] = field(default_factory=list)


def list_ways(member: Member | None, *, now: dt.datetime) -> list[Way]:
    """Public rules in force, or beginning within the calendar, that are open to the member.

    One query. Without a member, those that are open to everybody.
    """
    return find_ways(member, now=now)[0]


def find_ways(member: Member | None, *, now: dt.datetime) -> tuple[list[Way], bool]:
    """The same, and whether some rule is for certain audiences only."""
    club = get_club()
    today = day_of(now, club.zone)
    end = now + dt.timedelta(days=CALENDAR_DAYS)
    versions = [
        version
        for version in _with_names(
            EarningRuleVersion.objects.overlapping(now, end)
            .filter(rule__is_public=True)
            .select_related("rule")
            .annotate(
                is_open=RawSQL(_IN_AUDIENCE, [member.pk if member else None])  # noqa: S611 (constant)
            )
            .order_by("priority", "starts_at", "rule_id")
        )
        if version.ends_at is None or version.ends_at > now
    ]
    ways = [
        Way(
            version.rule.name_i18n,
            version.rule.description_i18n,
            describe_gift(version, club.currency),
            list_conditions(version, club.currency, today, club.zone),
            version.starts_at <= now,
            version,
        )
        for version in versions
        if version.is_open
    ]
    return ways, any(version.audience_ids for version in versions)


def put_welcome_first(ways: list[Way], *, has_bought: bool) -> list[Way]:
    """What the first purchase of all brings leads the list of a newcomer, and has left it later."""
    welcome = [way for way in ways if way.version.first_time == FirstTime.EVER]
    others = [way for way in ways if way.version.first_time != FirstTime.EVER]
    return others if has_bought else [*welcome, *others]


def _with_names(versions: QuerySet) -> QuerySet:
    names: dict[str, Any] = {
        label: RawSQL(  # noqa: S611 (names from the table above, no value from outside)
            f"ARRAY(SELECT {column.format(name=shown_sql('name'))} FROM {table} WHERE id = ANY("
            f"rewards_earningruleversion.{ids}) ORDER BY 1 LIMIT {NAMES_SHOWN})",
            [],
        )
        for label, (table, column, ids) in _NAMES_OF.items()
    }
    return versions.annotate(**names)


def describe_gift(version: EarningRuleVersion, currency: str) -> str:
    """ "1 point per $1", "100 points", "2 × points"."""
    match version.kind:
        case RuleKind.AMOUNT:
            return format_rate(version.points, version.per_amount, version.unit, currency)
        case RuleKind.FIXED:
            return format_points(version.points, version.unit)
    return _("%(factor)s × points") % {"factor": format_factor(version.multiplier_milli)}


def list_conditions(
    version: EarningRuleVersion, currency: str, today: dt.date, zone: str
) -> list[str]:
    """What a rule version asks, in short phrases; nothing where anything goes."""
    return list(_describe_conditions(version, currency, today, zone))


def _describe_conditions(version, currency, today, zone):
    if version.first_time == FirstTime.EVER:
        yield _("with your first purchase")
    elif version.first_time:
        yield _("the first time you buy it")
    if version.minimum_amount:
        amount = format_whole_money(version.minimum_amount, currency)
        yield _("from %(amount)s") % {"amount": amount}
    for label, ids in (
        ("category_names", version.category_ids),
        ("product_names", version.product_ids),
    ):
        if names := _shorten(version, label, ids):
            yield _("on %(goods)s") % {"goods": names}
    if names := _shorten(version, "store_names", version.store_ids):
        yield _("at %(stores)s") % {"stores": names}
    if names := _shorten(version, "channel_names", version.channel_ids):
        yield names
    yield from _describe_times(version)
    if version.cap_points is not None:
        cap = format_cap(version.cap_points, version.cap_period, version.unit)
        yield _("at most %(cap)s") % {"cap": cap}
    if version.expires_after_days is not None:
        yield _("usable for %(days)s days") % {"days": format_count(version.expires_after_days)}
    starts_on = day_of(version.starts_at, zone)
    if starts_on > today:
        yield _("from %(day)s") % {"day": format_day(starts_on, today)}
    if version.ends_at is not None:
        last = day_of(version.ends_at - dt.timedelta(microseconds=1), zone)
        yield _("until %(day)s") % {"day": format_day(last, today)}


def _describe_times(version):
    if version.weekdays:
        yield format_weekdays(version.weekdays)
    if version.days_of_month:
        yield format_days_of_month(version.days_of_month)
    if version.in_birthday_month:
        yield _("in your birthday month")
    first, last = version.first_hour, version.last_hour
    if first is not None and last is not None:
        yield _("from %(first)s to %(last)s") % {"first": _hour(first), "last": _hour(last)}
    elif first is not None:
        yield _("after %(hour)s") % {"hour": _hour(first)}
    elif last is not None:
        yield _("before %(hour)s") % {"hour": _hour(last)}


def _hour(hour: int) -> str:
    return time_format(dt.time(hour % 24), "TIME_FORMAT")


def _shorten(version: EarningRuleVersion, label: str, ids: Sequence[int]) -> str:
    names = getattr(version, label, None) or []
    more = len(ids) - len(names)
    if names and more > 0:
        return _("%(names)s and %(count)s more") % {
            "names": join_comma(names),
            "count": more,
        }
    return join_words(names)


# --- Calendar -----------------------------------------------------------------------------------


def list_point_days(ways: list[Way], member: Member | None, *, now: dt.datetime) -> list[PointDay]:
    """The days of the coming six weeks on which a rule of certain days holds.

    The same conditions as ``engine.earning._matches``, with the club's zone for the store's;
    a rule that holds every day is no point-day.
    """
    zone = get_club().zone
    today = day_of(now, zone)
    dated = [way for way in ways if _has_days(way.version)]
    days = []
    for offset in range(CALENDAR_DAYS):
        day = today + dt.timedelta(days=offset)
        holding = [way for way in dated if _holds_on(way.version, day, member, zone)]
        if holding:
            days.append(PointDay(day, offset == 0, holding))
    return days


def _has_days(version: EarningRuleVersion) -> bool:
    return bool(version.weekdays or version.days_of_month or version.in_birthday_month)


def _holds_on(version: EarningRuleVersion, day: dt.date, member: Member | None, zone: str) -> bool:
    if version.weekdays and day.isoweekday() not in version.weekdays:
        return False
    if version.days_of_month and day.day not in version.days_of_month:
        return False
    if version.in_birthday_month and (member is None or member.birth_month != day.month):
        return False
    if version.starts_at >= start_of(day + dt.timedelta(days=1), zone):
        return False
    return version.ends_at is None or version.ends_at > start_of(day, zone)
