"""What a campaign's page shows of its response: figures in words, and small charts."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import MessageReason
from campaigns.models import Campaign
from campaigns.selectors.reports import (
    Funnel,
    add_results,
    compare,
    get_funnel,
    get_lift,
    list_funnels_by_channel,
    list_funnels_by_domain,
    list_funnels_by_segment,
    list_funnels_by_variant,
    list_groups,
    list_hours,
    list_reasons,
    list_results,
)
from core.money import format_money, get_exponent
from core.percent import format_percent
from members.enums import AudienceKind, Channel
from members.models import Audience
from members.selectors.club import get_club

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
_MOST_SEGMENTS = 12


def build_report(campaign: Campaign) -> dict[str, Any]:
    """Nothing before it has begun."""
    if campaign.started_at is None:
        return {}
    mailing = campaign.mailing
    funnel = get_funnel(mailing)
    variants = list_funnels_by_variant(mailing)
    results = list_results(campaign)
    total = add_results(results)
    currency = get_club().currency
    cost = campaign.budget_amount + _to_minor(funnel.cost, currency)
    return {
        "funnel": funnel,
        "steps": _build_steps(funnel, total),
        "headings": [heading for _name, heading, _share in COLUMNS],
        "tables": [
            (title, rows)
            for title, rows in (
                (_("By variant"), _build_rows(variants) if len(variants) > 1 else []),
                (_("By channel"), _name_channels(list_funnels_by_channel(mailing))),
                (_("By segment"), _list_segments(mailing)),
                (_("By domain"), _build_rows(list_funnels_by_domain(mailing))),
            )
            if rows
        ],
        "reasons": [(MessageReason(code).label, count) for code, count in list_reasons(mailing)],
        "revenue": format_money(total.revenue, currency),
        "clicked_revenue": format_money(total.clicked_revenue, currency),
        "total": total,
        "campaign_cost": format_money(cost, currency),
        "lift": _describe_lift(campaign, currency),
        "variant_lifts": _compare_variants(campaign, currency),
        "chart": _build_chart(list_hours(mailing)),
    }


def _to_minor(cost: Decimal, currency: str) -> int:
    return int(cost.scaleb(get_exponent(currency)))


def _build_steps(funnel: Funnel, total) -> list[tuple[Any, int, str, int]]:
    """(label, count, share of those meant, width of the bar in percent)."""
    steps = (
        (pgettext_lazy("messages", "Meant"), funnel.meant),
        (pgettext_lazy("messages", "Sent"), funnel.sent),
        (pgettext_lazy("messages", "Delivered"), funnel.delivered),
        (pgettext_lazy("messages", "Opened"), funnel.opened),
        (pgettext_lazy("messages", "Clicked"), funnel.clicked),
        (pgettext_lazy("messages", "Bought"), total.buyers),
    )
    most = max(funnel.meant, 1)
    return [
        (label, count, format_percent(100 * count / most, 1), round(100 * count / most))
        for label, count in steps
    ]


def _build_rows(funnels: list[Funnel], names: dict[str, Any] | None = None):
    return [
        (
            (names or {}).get(funnel.key, funnel.key),
            [
                (
                    getattr(funnel, name),
                    format_percent(100 * (funnel.share(name) or 0), 1)
                    if with_share and funnel.sent
                    else "",
                )
                for name, _heading, with_share in COLUMNS
            ],
        )
        for funnel in funnels
    ]


def _name_channels(funnels: list[Funnel]):
    if len(funnels) < 2:
        return []
    return _build_rows(funnels, {each.key: Channel(each.key).label for each in funnels})


def _list_segments(mailing):
    """Tiers and segments, by their names in the reader's language."""
    audiences = Audience.objects.filter(kind__in=[AudienceKind.TIER, AudienceKind.SEGMENT])
    names = {str(audience.pk): str(audience) for audience in audiences.order_by("kind", "pk")}
    keys = [int(pk) for pk in names][:_MOST_SEGMENTS]
    return _build_rows(list_funnels_by_segment(mailing, keys), names) if keys else []


def _describe_lift(campaign: Campaign, currency: str) -> dict[str, Any] | None:
    if not campaign.holdout_percent:
        return None
    lift = get_lift(campaign)
    return {"is_enough": False} if lift is None else _put_into_words(lift, currency)


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
        "difference": format_money(round(lift.difference), currency),
        "low": format_money(round(lift.low), currency),
        "high": format_money(round(lift.high), currency),
    }


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
