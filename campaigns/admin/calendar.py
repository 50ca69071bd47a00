"""The calendar of campaigns: three months to a page, with the feasts of the chosen countries."""

import datetime as dt

from django.utils import formats, timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.feasts import COUNTRIES
from campaigns.selectors.calendar import (
    PAGE_MONTHS,
    add_months,
    build_months,
    list_club_countries,
    list_first_days,
)
from members.postal import get_country_name


def show_calendar(page, request, colours):
    """``?from=2026-11`` names the first month, ``country`` those whose feasts are shown."""
    now = timezone.now()
    earliest, latest = list_first_days(now)
    first_on = min(max(_read_month(request.GET.get("from", ""), earliest), earliest), latest)
    chosen = [code for code in request.GET.getlist("country") if code in COUNTRIES]
    if "country" not in request.GET and "shown" not in request.GET:
        chosen = list_club_countries()
    first_weekday = (formats.get_format("FIRST_DAY_OF_WEEK") - 1) % 7
    months = build_months(
        first_on, PAGE_MONTHS, countries=chosen, first_weekday=first_weekday, now=now
    )
    weekdays = [(first_weekday + place) % 7 for place in range(7)]
    language = get_language() or "en"

    def link(month_on):
        query = [("from", f"{month_on:%Y-%m}"), ("shown", "1")]
        return f"?{urlencode([*query, *(('country', code) for code in chosen)])}"

    before, after = add_months(first_on, -PAGE_MONTHS), add_months(first_on, PAGE_MONTHS)
    return page.render_page(
        request,
        "admin/campaigns/calendar.html",
        title=_("Calendar of campaigns"),
        months=months,
        weekdays=[(WEEKDAYS[day], WEEKDAYS_ABBR[day]) for day in weekdays],
        countries=[(code, get_country_name(code, language), code in chosen) for code in COUNTRIES],
        first_on=first_on,
        colours=colours,
        earlier_url=link(max(before, earliest)) if first_on > earliest else "",
        later_url=link(after) if after <= latest else "",
        today_url=link(min(max(timezone.localdate(now).replace(day=1), earliest), latest)),
    )


def _read_month(text, default):
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return default
