"""A campaign calendar: what was and will be said, and the feasts of the countries it is said in."""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models.functions import Coalesce

from campaigns.feasts import COUNTRIES, Feast, list_feasts
from campaigns.models import Campaign
from core.time import add_months, day_of, start_of
from members.selectors.club import get_club

# Where most readers of a language live; of English nobody can tell.
_HOMES = {"ja": ("JP",), "zh-hans": ("CN",), "zh-hant": ("TW",)}
BACK_WEEKS = 6
AHEAD_MONTHS = 12
PAGE_MONTHS = 3
MOST_CAMPAIGNS = 500


@dataclass(frozen=True, slots=True)
class Day:
    """``feasts`` go on during it, ``begins`` are those of them that begin."""

    on: dt.date
    is_outside: bool = False  # of another month
    is_today: bool = False
    campaigns: list[Campaign] = field(default_factory=list)
    begins: list[Feast] = field(default_factory=list)
    feasts: list[Feast] = field(default_factory=list)

    @property
    def has_entries(self) -> bool:
        return not self.is_outside and bool(self.campaigns or self.begins)


@dataclass(frozen=True, slots=True)
class Month:
    first_on: dt.date
    weeks: list[list[Day]]

    @property
    def has_entries(self) -> bool:
        return any(day.has_entries for week in self.weeks for day in week)


def list_club_countries() -> list[str]:
    """The club's own and those whose languages its members read, of the countries whose feasts are
    known. One query that ends at the first reader of each language.
    """
    wanted = {get_club().country}
    asked = "EXISTS (SELECT 1 FROM members_member WHERE locale = %s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([asked] * len(_HOMES))}", list(_HOMES))
        for homes, is_read in zip(_HOMES.values(), cursor.fetchone(), strict=True):
            wanted.update(homes if is_read else ())
    return [code for code in COUNTRIES if code in wanted]


def list_first_days(now: dt.datetime) -> tuple[dt.date, dt.date]:
    """The first and the last month that can be looked at, by their first days."""
    today = day_of(now, get_club().zone)
    first = (today - dt.timedelta(weeks=BACK_WEEKS)).replace(day=1)
    return first, add_months(today.replace(day=1), AHEAD_MONTHS)


def build_months(
    first_on: dt.date, count: int, *, countries: Iterable[str], first_weekday: int, now: dt.datetime
) -> list[Month]:
    """Whole weeks from ``first_weekday`` (0 is Monday) on; days of the neighbours are empty."""
    zone = get_club().zone
    today = day_of(now, zone)
    until_on = add_months(first_on, count)
    campaigns = _list_campaigns(first_on, until_on, zone)
    feasts = list_feasts(first_on, until_on - dt.timedelta(days=1), countries=countries)
    months = []
    for place in range(count):
        month_on = add_months(first_on, place)
        weeks = calendar.Calendar(first_weekday).monthdatescalendar(month_on.year, month_on.month)
        months.append(
            Month(
                month_on,
                [
                    [_build_day(on, month_on, today, campaigns, feasts) for on in week]
                    for week in weeks
                ],
            )
        )
    return months


def _build_day(
    on: dt.date,
    month_on: dt.date,
    today: dt.date,
    campaigns: dict[dt.date, list[Campaign]],
    feasts: Sequence[Feast],
) -> Day:
    if on.month != month_on.month:
        return Day(on, is_outside=True)
    during = [feast for feast in feasts if feast.first <= on <= feast.last]
    # One that began in another month is named on the first day of this one.
    begins = [feast for feast in during if feast.first == on or on.day == 1]
    return Day(on, False, on == today, campaigns.get(on, []), begins, during)


def _list_campaigns(first_on: dt.date, until_on: dt.date, zone: str):
    """By the day on which each began or is to begin, where its day is known."""
    rows = (
        Campaign.objects.select_related("mailing")
        .annotate(day_at=Coalesce("started_at", "starts_at"))
        .filter(day_at__gte=start_of(first_on, zone), day_at__lt=start_of(until_on, zone))
        .order_by("day_at", "pk")[:MOST_CAMPAIGNS]
    )
    found: dict[dt.date, list[Campaign]] = {}
    for campaign in rows:
        moment = campaign.started_at or campaign.starts_at
        if moment is not None:
            found.setdefault(day_of(moment, zone), []).append(campaign)
    return found
