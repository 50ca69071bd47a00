"""The key figures of the index, in words and as small charts."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.money import format_money
from core.percent import format_percent
from core.time import day_of
from loyalty_site.admin_charts import Chart, build_bars, build_line
from members.selectors.club import get_club
from rewards.selectors.figures import PERIOD, Course, Number, get_key_figures
from rewards.selectors.payments import count_worth, get_rate
from surveys.admin.result_charts import say_interval, say_value
from surveys.enums import QuestionKind
from surveys.selectors.results import get_club_nps
from surveys.selectors.results.club import DAYS as NPS_DAYS

UP, DOWN, SAME = "up", "down", "same"


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A card: ``direction`` is where it went, ``is_good`` whether that is welcome, where it is
    either; ``weeks`` are the numbers of its chart, as the table shows them.
    """

    title: Any
    value: str
    note: str
    change: str
    direction: str
    is_good: bool | None
    chart: Chart | None
    weeks: list[str]
    url: str = ""
    days: int = PERIOD  # what it is compared with began so long before


@dataclass(frozen=True, slots=True)
class ShownFigures:
    cards: list[ShownFigure]
    day_on: dt.date | None = None
    rows: list[tuple[dt.date, list[str]]] | None = None  # the table: a week's end, its numbers


def build_figures(user, now: dt.datetime, *, waiting_count: int, is_whole: bool) -> ShownFigures:
    """For whoever may see the closed days; two queries, a third now and then for the NPS.

    ``waiting_count`` is what waits for this person. What waited in the past was counted for the
    club, so only whoever sees the ``whole`` of it sees its course.
    """
    if not user.has_perm("rewards.view_dayclose"):
        return ShownFigures([])
    known = get_key_figures()
    past = known.waiting if is_whole else Course(weeks=(None,) * len(known.waiting.weeks))
    waiting = Course(waiting_count, past.before, (*past.weeks[:-1], waiting_count))
    cards = [
        _Card(_("Active members"), _("bought in the last 30 days"), known.active,
              is_up_good=True, page="members.member"),
        _Card(_("Repurchase rate"), _("bought again within 90 days"), known.repurchase,
              write=_write_percent, compare=_compare_shares, is_up_good=True,
              page="purchases.purchase"),
        _Card(_("Points issued"), _("in the last 30 days"), known.issued, draw=build_bars,
              page="rewards.transfer"),
        _Card(_("Points spent"), _("in the last 30 days"), known.spent, draw=build_bars,
              page="rewards.redemption"),
        _Card(_("Liability"), _describe_liability(known.liability, now), known.liability,
              page="rewards.dayclose"),
        _Card(_("Work waiting"), _("things to do, as listed above"), waiting,
              compare=_compare_counts, is_up_good=False),
    ]  # fmt: skip
    cards += _list_nps(user, known.day_on or day_of(now, get_club().zone))
    shown = [card.show(user) for card in cards]
    rows = [
        (week_on, [card.weeks[place] for card in shown])
        for place, week_on in enumerate(known.week_ends)
    ]
    return ShownFigures(shown, known.day_on, rows)


def _list_nps(user, last_on: dt.date) -> list["_Card"]:
    """For whoever may read answers, from the first one on."""
    if not user.has_perm("surveys.view_response"):
        return []
    nps = get_club_nps(last_on)
    if nps.now is None and nps.before is None:
        return []
    course = Course(
        None if nps.now is None else nps.now.value,
        None if nps.before is None else nps.before.value,
        nps.weeks,
    )
    note = ngettext(
        "%(count)s answer in %(days)s days", "%(count)s answers in %(days)s days",
        nps.now.count if nps.now else 0,
    ) % {"count": _write_count(nps.now.count if nps.now else 0), "days": NPS_DAYS}  # fmt: skip
    interval = say_interval(QuestionKind.NPS, nps.now)
    return [
        _Card(
            pgettext("figure", "NPS"), f"{interval} · {note}" if interval else note, course,
            write=_write_nps, compare=_compare_nps, is_up_good=True, page="surveys.survey",
            days=NPS_DAYS,
        )
    ]  # fmt: skip


def _write_nps(value: Number) -> str:
    return "–" if value is None else say_value(QuestionKind.NPS, value)


def _compare_nps(value: float, before: float) -> tuple[float, str]:
    """In whole points, as both are shown."""
    change = round(value) - round(before)
    number = _sign(change) + _write_count(abs(change))
    return change, _("%(number)s points") % {"number": number}


def _write_count(value: Number) -> str:
    return "–" if value is None else number_format(round(value), force_grouping=True)


def _write_percent(value: Number) -> str:
    if value is None:
        return "–"
    return format_percent(100 * value, 1)


def _describe_liability(liability: Course, now: dt.datetime) -> str:
    """In money where points pay; what a point costs the club elsewhere, nobody knows."""
    rate = get_rate(now)
    if rate is None or liability.value is None:
        return _("points that members hold")
    worth = format_money(count_worth(int(liability.value), rate), get_club().currency)
    return _("points that members hold, worth %(money)s") % {"money": worth}


def _compare_in_percent(value: float, before: float) -> tuple[float, str]:
    if not before:
        return (0, "") if not value else (1, f"+{_write_count(value)}")
    change = round(100 * (value - before) / abs(before))
    number = number_format(abs(change), force_grouping=True)
    return change, _("%(number)s%%") % {"number": _sign(change) + number}


def _compare_shares(value: float, before: float) -> tuple[float, str]:
    change = round(100 * (value - before), 1)
    number = _sign(change) + number_format(abs(change), decimal_pos=1)
    return change, _("%(number)s points") % {"number": number}


def _compare_counts(value: float, before: float) -> tuple[float, str]:
    change = value - before
    return change, _sign(change) + _write_count(abs(change))


def _sign(change: float) -> str:
    return "+" if change > 0 else "−" if change < 0 else ""


@dataclass(frozen=True, slots=True)
class _Card:
    title: Any
    note: Any
    course: Course
    write: Callable[[Number], str] = _write_count
    compare: Callable[[float, float], tuple[float, str]] = _compare_in_percent
    draw: Callable[[Any], Chart | None] = build_line
    is_up_good: bool | None = None
    page: str = ""
    days: int = PERIOD

    def show(self, user) -> ShownFigure:
        value, before = self.course.value, self.course.before
        direction, change = "", ""
        if value is not None and before is not None:
            moved, change = self.compare(value, before)
            direction = UP if moved > 0 else DOWN if moved < 0 else SAME
        is_good = None
        if self.is_up_good is not None and direction in (UP, DOWN):
            is_good = self.is_up_good == (direction == UP)
        return ShownFigure(
            self.title, self.write(value), self.note, change, direction, is_good,
            self.draw(self.course.weeks), [self.write(each) for each in self.course.weeks],
            self._find_url(user), self.days,
        )  # fmt: skip

    def _find_url(self, user) -> str:
        app, _dot, model = self.page.partition(".")
        if not model or not user.has_perm(f"{app}.view_{model}"):
            return ""
        return reverse(f"admin:{app}_{model}_changelist")
