"""Numbers, days and terms of the programme as words, in the active language."""

import datetime as dt
from decimal import Decimal

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.joining import joins_by_mark
from core.money import format_money, get_exponent
from rewards.enums import Period, Unit


def format_count(number: int) -> str:
    """``1204`` → "1,204"."""
    return number_format(number, force_grouping=True)


def format_points(number: int, unit: str = Unit.POINTS) -> str:
    """ "27 points", "1 status credit"."""
    shown = {"count": format_count(number)}
    if unit == Unit.STATUS:
        return ngettext("%(count)s status credit", "%(count)s status credits", number) % shown
    return ngettext("%(count)s point", "%(count)s points", number) % shown


def format_day(day: dt.date, today: dt.date | None = None) -> str:
    """Day and month; the year too where it isn't the one of ``today``."""
    same_year = today is not None and day.year == today.year
    return date_format(day, "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT")


def format_day_of_week(day: dt.date) -> str:
    """ "Friday, November 27": for a day that is near."""
    return _("%(weekday)s, %(day)s") % {
        "weekday": WEEKDAYS[day.weekday()],
        "day": date_format(day, "MONTH_DAY_FORMAT"),
    }


def format_whole_money(minor: int, currency: str) -> str:
    """ "$1" rather than "$1.00" where nothing is lost."""
    if minor % 10 ** get_exponent(currency):
        return format_money(minor, currency)
    digits = format_money(minor, currency)
    zeros = number_format(Decimal(0), decimal_pos=get_exponent(currency))[1:]
    head, found, tail = digits.rpartition(zeros) if zeros else ("", "", digits)
    return head + tail if found else digits


def format_factor(milli: int) -> str:
    """``1500`` → "1.5"."""
    return number_format(Decimal(milli).scaleb(-3).normalize(), use_l10n=True)


def format_rate(points: int, per_amount: int, unit: str, currency: str) -> str:
    """ "1 point per $1"."""
    return _("%(points)s per %(amount)s") % {
        "points": format_points(points, unit),
        "amount": format_whole_money(per_amount, currency),
    }


def format_cap(points: int, period: str, unit: str) -> str:
    """ "80 points a month"."""
    shown = {"points": format_points(points, unit)}
    match period:
        case Period.DAY:
            return _("%(points)s a day") % shown
        case Period.WEEK:
            return _("%(points)s a week") % shown
        case Period.MONTH:
            return _("%(points)s a month") % shown
        case Period.YEAR:
            return _("%(points)s a year") % shown
    return _("%(points)s in all") % shown


def join_words(words: list[str], last: str | None = None) -> str:
    """ "Tuesday and Thursday"; a list in Chinese and Japanese is joined by its own mark."""
    if joins_by_mark():
        return "、".join(words)
    return get_text_list(words, _("and") if last is None else last)


def put_in_brackets(text: str, beside: str) -> str:
    """ "2.5 (Gold 1.5)"; Chinese and Japanese write brackets as wide as a character."""
    return f"{beside}（{text}）" if joins_by_mark() else f"{beside} ({text})"


def format_weekdays(numbers: list[int]) -> str:
    """ISO weekdays (1 is Monday) as "on Tuesday and Thursday"."""
    days = [str(WEEKDAYS[number - 1]) for number in sorted(numbers)]
    return _("on %(days)s") % {"days": join_words(days)}


def format_days_of_month(numbers: list[int]) -> str:
    days = [pgettext("day of the month", "%(day)s") % {"day": day} for day in sorted(numbers)]
    return ngettext("on day %(days)s of the month", "on days %(days)s of the month", len(days)) % {
        "days": join_words(days)
    }
