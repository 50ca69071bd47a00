"""The first page of the back office: what waits, how the club stands, where to begin."""

import datetime as dt
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.time import day_of
from loyalty_site.admin_figures import build_figures
from loyalty_site.admin_first_steps import list_first_steps
from loyalty_site.admin_work import list_work, sees_everything
from members.selectors.club import get_club
from purchases.models import ImportJob
from rewards.selectors.alerts import list_open_alerts


class Beginning(NamedTuple):
    """Something that people come here to do, for whoever may."""

    title: Any
    icon: str
    page: str
    permission: str


BEGINNINGS = (
    Beginning(_("Open the counter"), "storefront", "counter", "rewards.use_counter"),
    Beginning(_("Enrol a member"), "person_add", "members_member_add", "members.add_member"),
    Beginning(_("New reward"), "redeem", "rewards_reward_add", "rewards.add_reward"),
    Beginning(
        _("New earning rule"), "percent", "rewards_earningrule_add", "rewards.add_earningrule"
    ),
    Beginning(
        _("Upload purchases"), "upload_file", "purchases_importjob_upload",
        "purchases.add_importjob",
    ),
)  # fmt: skip


def add_dashboard(request, context):
    """What Unfold shows on the index: this person's work, the figures that they may see.

    A fixed number of queries. Nothing is counted over a large table: queues are read along their
    indexes up to a limit, figures from what each closed day left.
    """
    now, user = timezone.now(), request.user
    work = list_work(request, now)
    figures = build_figures(
        user,
        now,
        waiting_count=sum(row.count for row in work),
        is_whole=sees_everything(user),
    )
    return {
        **context,
        "first_steps": list_first_steps(user),
        "work": work,
        "figures": figures,
        "close_behind": _count_days_behind(figures.day_on, now),
        "imports": _list_imports(user),
        "alerts": list_open_alerts(user, limit=6) if user.has_perm("rewards.view_alert") else [],
        "can_search_members": user.has_perm("members.view_member"),
        "beginnings": [
            (each, reverse(f"admin:{each.page}"))
            for each in BEGINNINGS
            if user.has_perm(each.permission)
        ],
    }


def _count_days_behind(newest_on: dt.date | None, now: dt.datetime) -> int:
    """How many days that are over nobody has closed; 0 for a club without a programme."""
    if newest_on is None:
        return 0
    return (day_of(now, get_club().zone) - newest_on).days - 1


def _list_imports(user):
    if not user.has_perm("purchases.view_importjob"):
        return []
    return list(ImportJob.objects.for_list().order_by("-pk")[:5])
