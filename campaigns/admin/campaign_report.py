"""What a campaign's page shows of its response: figures in words, and small charts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import MessageReason
from campaigns.models import Campaign
from campaigns.selectors.reports import (
    BY_CHANNEL,
    BY_DOMAIN,
    BY_VARIANT,
    Breakdown,
    Funnel,
    Result,
    add_results,
    by_segment,
    compare,
    count_cost,
    get_funnel,
    get_lift,
    list_funnels,
    list_groups,
    list_hours,
    list_reasons,
    list_results,
    to_minor,
)
from core.money import format_money, to_decimal
from core.percent import format_percent
from members.enums import AudienceKind, Channel
from members.models import Audience
from members.selectors.club import get_club
from rewards.selectors.wording import format_count

# What a table of funnels shows: (field, heading, whether as a share of those sent, too).
COLUMNS = (
    ("sent", pgettext_lazy("messages", "Sent"), False),
    ("delivered", pgettext_lazy("messages", "Delivered"), False),
    ("opened", pgettext_lazy("messages", "Opened"), True),
    ("clicked", pgettext_lazy("messages", "Clicked"), True),
    ("unsubscribed", pgettext_lazy("messages", "Unsubscribed"), True),
    ("bounced", pgettext_lazy("messages", "Bounced"), False),
    ("complained", pgettext_lazy("messages", "Complained"), False),
)
HEADINGS = (
    *(heading for _name, heading, _share in COLUMNS),
    pgettext_lazy("messages", "Bought"),
    _("Revenue"),
    _("Cost"),
)
_MOST_SEGMENTS = 12
_MOST_DOMAINS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a breakdown: what became of its messages, and what followed them."""

    name: Any
    funnel: Funnel
    result: Result


@dataclass(frozen=True, slots=True)
class Breakdowns:
    title: Any
    parts: list[Part]


def list_breakdowns(campaign: Campaign) -> list[Breakdowns]:
    """By variant, channel, segment and domain."""
    audiences = Audience.objects.filter(kind__in=[AudienceKind.TIER, AudienceKind.SEGMENT])
    names = {
        str(audience.pk): str(audience)
        for audience in audiences.order_by("kind", "pk")[:_MOST_SEGMENTS]
    }
    channels = dict(Channel.choices)
    segments = by_segment([int(pk) for pk in names])
    return [
        Breakdowns(_("By variant"), _join(campaign, BY_VARIANT, {})),
        Breakdowns(_("By channel"), _join(campaign, BY_CHANNEL, channels)),
        Breakdowns(_("By segment"), _join(campaign, segments, names)),
        Breakdowns(_("By domain"), _join(campaign, BY_DOMAIN, {}, limit=_MOST_DOMAINS)),
    ]


def _join(campaign: Campaign, by: Breakdown, names: dict, limit: int = 100) -> list[Part]:
    results = {result.key: result for result in list_results(campaign, by)}
    funnels = list_funnels(campaign.mailing, by, most_first=by is BY_DOMAIN, limit=limit)
    return [
        Part(names.get(each.key, each.key), each, results.get(each.key, Result(each.key)))
        for each in funnels
    ]


def build_report(campaign: Campaign) -> dict[str, Any]:
    """Nothing before it has begun."""
    if campaign.started_at is None:
        return {}
    funnel = get_funnel(campaign.mailing)
    tables = list_breakdowns(campaign)
    total = add_results([part.result for part in tables[0].parts])
    currency = get_club().currency
    cost = count_cost(campaign, funnel)
    return {
        "funnel": funnel,
        "steps": _build_steps(funnel, total),
        "headings": HEADINGS,
        # One line says nothing that the whole doesn't say, but of segments.
        "tables": [
            (table.title, [(part.name, _build_cells(part, currency)) for part in table.parts])
            for place, table in enumerate(tables)
            if len(table.parts) > 1 or (place == 2 and table.parts)
        ],
        "reasons": [
            (code, MessageReason(code).label, count)
            for code, count in list_reasons(campaign.mailing)
        ],
        "revenue": format_money(total.revenue, currency),
        "clicked_revenue": format_money(total.clicked_revenue, currency),
        "total": total,
        "campaign_cost": format_money(cost, currency),
        "cost_per_buyer": format_money(round(cost / total.buyers), currency)
        if total.buyers and cost
        else "",
        "lift": _describe_lift(campaign, currency),
        "variant_lifts": _compare_variants(campaign, currency),
        "chart": _build_chart(list_hours(campaign.mailing)),
    }


# --- As a table to take along ---------------------------------------------------------------------

_FUNNEL = (
    "meant", "held_out", "messages", "waiting", "not_sent", "unknown", "sent", "delivered",
    "opened", "opened_by_machines", "clicked", "clicked_by_machines", "unsubscribed", "bounced",
    "complained", "members_sent", "members_opened", "members_clicked",
)  # fmt: skip
CSV_HEADER = (
    _("Division"), pgettext_lazy("of a division", "Part"), _("Members meant"),
    _("Members in the control group"), _("Messages planned"),
    pgettext_lazy("messages", "Still waiting"), _("Not sent"),
    pgettext_lazy("message", "Unknown"), pgettext_lazy("messages", "Sent"),
    pgettext_lazy("messages", "Delivered"), pgettext_lazy("messages", "Opened"),
    _("Opened by machines"), pgettext_lazy("messages", "Clicked"), _("Clicked by machines"),
    pgettext_lazy("messages", "Unsubscribed"), pgettext_lazy("messages", "Bounced"),
    pgettext_lazy("messages", "Complained"), _("Members sent to"), _("Members who opened"),
    _("Members who clicked"), _("Buyers"), _("Purchases"), _("Revenue"),
    _("Revenue after a click"), _("Redemptions"), _("Cost"), _("Lift per member"),
    _("Lift, at least"), _("Lift, at most"),
)  # fmt: skip


def iter_csv(campaign: Campaign) -> Iterator[list[Any]]:
    """The whole campaign, then each division of it; money as a number of the club's currency."""
    currency = get_club().currency
    tables = list_breakdowns(campaign)
    funnel = get_funnel(campaign.mailing)
    total = add_results([part.result for part in tables[0].parts])
    lift = get_lift(campaign)
    known = lift is not None and lift.is_enough
    lifts = [lift.difference, lift.low, lift.high] if lift is not None and known else []
    yield [
        *_list_cells(str(_("Whole campaign")), "", funnel, total, count_cost(campaign, funnel)),
        *(to_decimal(round(value), currency) for value in lifts),
    ]
    for table in tables:
        for part in table.parts:
            cost = to_minor(part.funnel.cost)
            yield _list_cells(str(table.title), str(part.name), part.funnel, part.result, cost)


def _list_cells(title: str, name: str, funnel: Funnel, result: Result, cost: int) -> list[Any]:
    currency = get_club().currency
    return [
        title,
        name,
        *(getattr(funnel, field) for field in _FUNNEL),
        result.buyers,
        result.purchases,
        to_decimal(result.revenue, currency),
        to_decimal(result.clicked_revenue, currency),
        result.redemptions,
        to_decimal(cost, currency),
    ]


# --- On the page ----------------------------------------------------------------------------------


def _build_cells(part: Part, currency: str) -> list[tuple[str, str]]:
    """Pairs of a figure and its share of those sent."""
    cells = []
    for name, _heading, with_share in COLUMNS:
        share = part.funnel.share(name)
        shown = format_percent(100 * share, 1) if with_share and share is not None else ""
        is_known = name != "delivered" or part.funnel.is_delivery_told
        cells.append((format_count(getattr(part.funnel, name)) if is_known else "–", shown))
    bought = part.result.buyers / part.funnel.sent if part.funnel.sent else None
    return [
        *cells,
        (
            format_count(part.result.buyers),
            format_percent(100 * bought, 1) if bought is not None else "",
        ),
        (format_money(part.result.revenue, currency), ""),
        (format_money(to_minor(part.funnel.cost), currency), ""),
    ]


def _build_steps(funnel: Funnel, total) -> list[tuple[Any, int, str, int]]:
    """(label, members, share of those meant, width of the bar in percent)."""
    delivered = (pgettext_lazy("messages", "Delivered"), funnel.members_delivered)
    steps = (
        (pgettext_lazy("messages", "Meant"), funnel.meant),
        (pgettext_lazy("messages", "Sent"), funnel.members_sent),
        *([delivered] if funnel.is_delivery_told else ()),
        (pgettext_lazy("messages", "Opened"), funnel.members_opened),
        (pgettext_lazy("messages", "Clicked"), funnel.members_clicked),
        (pgettext_lazy("messages", "Bought"), total.buyers),
    )
    most = max(funnel.meant, 1)
    return [
        (label, count, format_percent(100 * count / most, 1), round(100 * count / most))
        for label, count in steps
    ]


def _describe_lift(campaign: Campaign, currency: str) -> dict[str, Any] | None:
    """None where nobody was left out; the permanent control group serves too."""
    lift = get_lift(campaign)
    if lift is None:
        return {"is_enough": False} if campaign.holdout_percent else None
    return _put_into_words(lift, currency)


def _compare_variants(campaign: Campaign, currency: str) -> list[tuple[str, str, dict]]:
    """Each variant against the first: (variant, revenue per member, lift in words)."""
    groups = [group for group in list_groups(campaign, by_variant=True) if group.key]
    if len(groups) < 2:
        return []
    first = groups[0]
    return [
        (
            group.key,
            format_money(round(group.mean), currency),
            {} if group is first else _put_into_words(compare(group, first), currency),
        )
        for group in groups
    ]


def _put_into_words(lift, currency: str) -> dict[str, Any]:
    return {
        "is_enough": lift.is_enough,
        "is_clear": lift.is_clear,
        "difference": _format_difference(lift.difference, currency),
        "low": _format_difference(lift.low, currency),
        "high": _format_difference(lift.high, currency),
    }


def _format_difference(amount: float, currency: str) -> str:
    """A sign never stands at the end of a line without its number."""
    return format_money(round(amount), currency).replace("−", "−\u2060").replace("-", "-\u2060")


def _build_chart(hours) -> dict[str, Any] | None:
    """Columns of an SVG of 100 by 40: opened behind, clicked before it."""
    if len(hours) < 2:
        return None
    most = max(max(hour.opened, hour.clicked) for hour in hours) or 1
    width = 100 / len(hours)
    return {
        "bars": [
            {
                "x": round(place * width, 3),
                "width": round(width * 0.8, 3),
                "opened": round(40 * hour.opened / most, 2),
                "opened_y": round(40 - 40 * hour.opened / most, 2),
                "clicked": round(40 * hour.clicked / most, 2),
                "clicked_y": round(40 - 40 * hour.clicked / most, 2),
            }
            for place, hour in enumerate(hours)
        ],
        "begins": hours[0].at,
        "ends": hours[-1].at,
        "most": most,
    }
