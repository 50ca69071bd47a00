"""The segments that a new club finds ready: what they are called, what for, and whom they hold.

Numbers are for a club whose members come every few weeks; the club's own go in by the builder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.enums import SegmentSchedule

GOLD = "gold-spenders"


@dataclass(frozen=True, slots=True)
class ReadySegment:
    code: str
    name: Any
    note: Any
    definition: Mapping[str, Any]
    schedule: str = SegmentSchedule.DAILY


def _bought(op: str, value: int, **window: int) -> dict[str, Any]:
    return {
        "behaviour": "purchases.bought",
        "measure": "count",
        "window": window,
        "op": op,
        "value": value,
    }


def _is(attribute: str, op: str, value: Any = None, **more: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"attribute": attribute, "op": op, **more}
    return rule if value is None else {**rule, "value": value}


READY: tuple[ReadySegment, ...] = (
    ReadySegment(
        GOLD,
        _("Gold: the top fifth by spend"),
        _("The 20 % who spent most in the last twelve months: thank them first."),
        {"all": [_is("purchases.rank_by_spend", "lt", 20, days=365)]},
    ),
    ReadySegment(
        "at-risk",
        _("At risk"),
        _("Came often, and has not come for two months: ask what is wrong."),
        {"all": [_bought("gte", 3, last=365), _bought("eq", 0, last=60)]},
    ),
    ReadySegment(
        "new-and-keen",
        _("New and keen"),
        _("Bought twice or more in the first month as a member: tell them more."),
        {"all": [_is("members.joined", "past", 60), _bought("gte", 2, first=30)]},
    ),
    ReadySegment(
        "lapsed",
        _("Lapsed"),
        _("Bought once, but not in half a year: win them back."),
        {"all": [_bought("gte", 1), _bought("eq", 0, last=180)]},
    ),
    ReadySegment(
        "birthday-month",
        _("Birthday this month"),
        _("For a greeting, and something for the day."),
        {"all": [_is("members.birthday_this_month", "yes")]},
    ),
    ReadySegment(
        "points-expiring",
        _("Points expiring"),
        _("A hundred points or more go within thirty days: remind them in time."),
        {"all": [_is("points_expiring", "gte", 100, days=30)]},
    ),
    ReadySegment(
        "one-visit-from-a-tier",
        _("One visit from a tier"),
        _("The next visit would lift them: say so."),
        {"all": [_is("visits_to_next_tier", "lte", 1)]},
    ),
    ReadySegment(
        "high-balance-never-redeemed",
        _("Many points, never redeemed"),
        _("Has points for a reward and never took one: show what they are good for."),
        {"all": [_is("points", "gte", 500), _is("has_redeemed", "not")]},
    ),
    ReadySegment(
        "dormant-gold",
        _("Dormant gold"),
        _("Spent most over two years, and has not come for two months: call, don't mail."),
        {
            "all": [
                _is("purchases.rank_by_spend", "lt", 20, days=730),
                _bought("eq", 0, last=60),
            ]
        },
    ),
    ReadySegment(
        "joined-this-month",
        _("Joined this month"),
        _("For the welcome."),
        {"all": [_is("members.joined", "this_month")]},
    ),
    ReadySegment(
        "never-bought",
        _("Never bought"),
        _("Joined and never bought: one good reason to come."),
        {"all": [_bought("eq", 0)]},
    ),
    ReadySegment(
        "first-purchase-only",
        _("Bought once"),
        _("One purchase, between two weeks and three months ago: the second makes a customer."),
        {
            "all": [
                _bought("eq", 1),
                _bought("gte", 1, last=90),
                _bought("eq", 0, last=14),
            ]
        },
    ),
)
