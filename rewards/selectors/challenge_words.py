"""Stamp cards as words, in the active language."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from core.money import format_money
from core.time import get_zone
from members.selectors.club import get_club
from purchases.models import Category, Channel, Product, Store
from rewards.enums import ChallengeMeasure, CountBy, DistinctOf
from rewards.selectors.wording import format_count, format_whole_money, join_words

MOST_NAMES = 3


def describe_target(version: Any, target: int | None = None) -> str:
    """ "10 stamps", "$100 spent", "5 different products"."""
    number = version.target if target is None else target
    if version.measure == ChallengeMeasure.SUM:
        return _("%(amount)s spent") % {"amount": format_whole_money(number, _currency())}
    shown = {"count": format_count(number)}
    if version.measure == ChallengeMeasure.COUNT:
        return ngettext("%(count)s stamp", "%(count)s stamps", number) % shown
    match version.distinct_of:
        case DistinctOf.PRODUCT:
            return ngettext("%(count)s product", "%(count)s different products", number) % shown
        case DistinctOf.CATEGORY:
            return ngettext("%(count)s category", "%(count)s different categories", number) % shown
        case DistinctOf.STORE:
            return ngettext("%(count)s store", "%(count)s different stores", number) % shown
    return ngettext("%(count)s day", "%(count)s different days", number) % shown


def describe_left(version: Any, left: int) -> str:
    """How much is missing: "3 more", "$12.40 more"."""
    if version.measure == ChallengeMeasure.SUM:
        return _("%(amount)s more") % {"amount": format_money(left, _currency())}
    shown = {"count": format_count(left)}
    if version.measure == ChallengeMeasure.COUNT:
        return npgettext("stamps", "%(count)s more", "%(count)s more", left) % shown
    if version.distinct_of == DistinctOf.DAY:
        return npgettext("days", "%(count)s more", "%(count)s more", left) % shown
    return npgettext("kinds", "%(count)s more", "%(count)s more", left) % shown


def describe_change(measure: str, count: int) -> str:
    """What staff give or take by hand: "+2 stamps", "−$5.00"."""
    sign = "+" if count > 0 else "−"
    if measure == ChallengeMeasure.SUM:
        return sign + format_money(abs(count), _currency())
    words = ngettext("%(count)s stamp", "%(count)s stamps", abs(count))
    return sign + words % {"count": abs(count)}


def describe_progress(version: Any, count: int, target: int) -> str:
    """ "7 of 10", "$30.00 of $100.00"."""
    if version.measure == ChallengeMeasure.SUM:
        shown = {
            "count": format_money(count, _currency()),
            "target": format_money(target, _currency()),
        }
    else:
        shown = {"count": format_count(count), "target": format_count(target)}
    return _("%(count)s of %(target)s") % shown


def list_conditions(version: Any) -> list[str]:
    """What counts, when, and how often, as short phrases."""
    return [*_say_what(version), *_say_bounds(version)]


def _say_what(version: Any) -> Iterable[str]:
    if version.measure == ChallengeMeasure.COUNT:
        if version.activity_kind != "purchase":
            yield _("a stamp each time")
        elif version.count_by == CountBy.ITEM:
            yield _("a stamp for each item")
        else:
            yield _("a stamp for each purchase")
    goods = _list_names(Product, version.product_ids) + _list_names(Category, version.category_ids)
    if goods:
        yield _shorten(goods)
    places = _list_names(Store, version.store_ids) + _list_names(Channel, version.channel_ids)
    if places:
        yield _("at %(places)s") % {"places": _shorten(places)}


def _say_bounds(version: Any) -> Iterable[str]:
    if version.minimum_amount:
        amount = format_whole_money(version.minimum_amount, _currency())
        yield _("from %(amount)s a purchase") % {"amount": amount}
    if version.day_limit:
        if version.measure == ChallengeMeasure.SUM:
            amount = format_whole_money(version.day_limit, _currency())
            yield _("at most %(amount)s a day") % {"amount": amount}
        else:
            shown = {"count": format_count(version.day_limit)}
            yield (
                ngettext(
                    "at most %(count)s stamp a day",
                    "at most %(count)s stamps a day",
                    version.day_limit,
                )
                % shown
            )
    if version.round_limit:
        shown = {"count": format_count(version.round_limit)}
        yield ngettext(
            "%(count)s card for each member", "%(count)s cards for each member",
            version.round_limit,
        ) % shown  # fmt: skip
    if version.ends_at:
        yield _("until %(day)s") % {"day": format_end(version.ends_at)}


def format_end(moment: dt.datetime) -> str:
    """The last day: an end at midnight is the day before."""
    last = localtime(moment, get_zone(get_club().zone)) - dt.timedelta(seconds=1)
    return date_format(last, "DATE_FORMAT")


def _list_names(model: Any, ids: Sequence[int]) -> list[str]:
    if not ids:
        return []
    rows = model.objects.filter(pk__in=list(ids)[: MOST_NAMES + 1]).order_by("pk")
    return [getattr(row, "shown_name", None) or getattr(row, "name_i18n", row.name) for row in rows]


def _shorten(names: list[str]) -> str:
    if len(names) > MOST_NAMES:
        return _("%(names)s and more") % {"names": join_words(names[:MOST_NAMES], last=",")}
    return join_words(names, last=_("or"))


def _currency() -> str:
    return get_club().currency
