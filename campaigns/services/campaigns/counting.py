"""The figures of campaigns, kept beside them while people still answer."""

import datetime as dt
import logging

from django.db.models import F, Q

from campaigns.models import Campaign, CampaignFigures
from campaigns.selectors.reports import (
    add_results,
    count_cost,
    get_funnel,
    get_lift,
    list_results,
)

logger = logging.getLogger(__name__)

EVERY = dt.timedelta(hours=1)
# After the last day that counts goods still come back, and late clicks.
_TAIL = dt.timedelta(days=30)
_BATCH = 20


def count_due_campaigns(*, now: dt.datetime) -> int:
    """Count anew what was counted an hour ago, until its days and those of returns are over;
    returns how many. The one that waited longest comes first.
    """
    due = (
        Campaign.objects.filter(started_at__isnull=False)
        .filter(Q(figures__isnull=True) | Q(figures__counted_at__lte=now - EVERY))
        .filter(
            Q(figures__isnull=True)
            | Q(started_at__gte=now - _TAIL - F("attribution_days") * dt.timedelta(days=1))
        )
        .select_related("mailing")
        .order_by(F("figures__counted_at").asc(nulls_first=True), "pk")[:_BATCH]
    )
    counted = 0
    for campaign in due:
        try:
            count_campaign(campaign, now=now)
        except Exception:
            logger.exception("Campaign %s could not be counted", campaign.pk)
            continue
        counted += 1
    return counted


def count_campaign(campaign: Campaign, *, now: dt.datetime) -> CampaignFigures:
    """Write down what became of it so far. No lift where there is too little to tell."""
    funnel = get_funnel(campaign.mailing)
    total = add_results(list_results(campaign))
    lift = get_lift(campaign)
    told = lift is not None and lift.is_enough
    values = {
        "counted_at": now,
        "sent_count": funnel.sent,
        "opened_count": funnel.opened,
        "clicked_count": funnel.clicked,
        "unknown_count": funnel.unknown,
        "revenue_amount": total.revenue,
        "cost_amount": count_cost(campaign, funnel),
        "lift_amount": round(lift.difference) if told and lift else None,
        "lift_low": round(lift.low) if told and lift else None,
        "lift_high": round(lift.high) if told and lift else None,
    }
    figures, _made = CampaignFigures.objects.update_or_create(campaign=campaign, defaults=values)
    return figures
