"""The first page of the back office: what waits, in a handful of indexed look-ups."""

import datetime as dt

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.time import day_of
from members.selectors.club import get_club
from members.services.work import list_waiting
from purchases.enums import ImportState, RefundState
from purchases.models import ImportJob
from purchases.selectors import count_parked_refunds, find_due_privacy_request
from rewards.models import DayClose
from rewards.selectors.alerts import list_open_alerts
from rewards.selectors.control import count_waiting_approvals

_DAYS = 7
_SLOW = dt.timedelta(minutes=10)


def add_dashboard(request, context):
    """What Unfold shows on the index: cards of this person's work, and their latest imports."""
    now = timezone.now()
    cards, closes = [], []
    if request.user.has_perm("rewards.view_dayclose"):
        closes = list(DayClose.objects.order_by("-day_on")[:_DAYS])
        cards += _build_close_cards(closes, now)
    if request.user.has_perm("members.view_workitem"):
        cards.append(_build_work_card(now))
    imports = []
    if request.user.has_perm("purchases.view_importjob"):
        imports = list(ImportJob.objects.for_list().order_by("-pk")[:5])
        cards.append(_build_import_card(imports))
    cards += _build_shop_cards(request.user, now)
    if request.user.has_perm("rewards.view_approval"):
        cards.append(_build_approval_card())
    can_see_alerts = request.user.has_perm("rewards.view_alert")
    return {
        **context,
        "cards": cards,
        "imports": imports,
        "closes": closes,
        "alerts": list_open_alerts(request.user, limit=6) if can_see_alerts else [],
        "can_search_members": request.user.has_perm("members.view_member"),
    }


def _build_close_cards(closes, now):
    yesterday = day_of(now, get_club().zone) - dt.timedelta(days=1)
    newest = closes[0] if closes else None
    behind = (yesterday - newest.day_on).days if newest else None
    url = reverse("admin:rewards_dayclose_changelist")
    if newest is None:
        return [{"title": _("Day close"), "value": _("none yet"), "url": url, "is_bad": False}]
    owed = newest.available_points + newest.pending_points + newest.held_points
    return [
        {
            "title": _("Day close"),
            "value": _("up to date")
            if behind <= 0
            else ngettext("%(days)s day behind", "%(days)s days behind", behind) % {"days": behind},
            "url": url,
            "is_bad": behind > 0,
        },
        {
            "title": _("Points owed to members on %(day)s")
            % {"day": newest.day_on.strftime("%Y-%m-%d")},
            "value": intcomma(owed),
            "url": url,
            "is_bad": False,
        },
    ]


def _build_work_card(now):
    oldest = max(list_waiting(now).values(), default=None)
    minutes = int(oldest.total_seconds() // 60) if oldest else 0
    return {
        "title": _("Work that waits"),
        "value": _("none")
        if oldest is None
        else ngettext("%(minutes)s minute", "%(minutes)s minutes", minutes) % {"minutes": minutes},
        "url": reverse("admin:members_workitem_changelist"),
        "is_bad": oldest is not None and oldest > _SLOW,
    }


def _build_approval_card():
    count = count_waiting_approvals()
    return {
        "title": _("Waiting for approval"),
        "value": _("none") if not count else intcomma(count),
        "url": reverse("admin:rewards_approval_changelist"),
        "is_bad": count > 0,
    }


def _build_shop_cards(user, now):
    """Nothing where no shop is connected or nothing waits: most clubs have none."""
    cards = []
    if user.has_perm("purchases.view_shoprefund") and (count := count_parked_refunds()):
        url = reverse("admin:purchases_shoprefund_changelist")
        cards.append(
            {
                "title": _("Refunds that wait for their order"),
                "value": intcomma(count),
                "url": f"{url}?state__exact={RefundState.PARKED}",
                "is_bad": False,
            }
        )
    may_see = user.has_perm("purchases.view_shopprivacyrequest")
    if may_see and (due := find_due_privacy_request()):
        cards.append(
            {
                "title": _("Privacy request of a shop, due on"),
                "value": due.due_on.strftime("%Y-%m-%d"),
                "url": reverse("admin:purchases_shopprivacyrequest_change", args=[due.pk]),
                "is_bad": due.due_on <= day_of(now, get_club().zone) + dt.timedelta(days=_DAYS),
            }
        )
    return cards


def _build_import_card(imports):
    running = [job for job in imports if job.state in (ImportState.WAITING, ImportState.RUNNING)]
    failed = [job for job in imports if job.state == ImportState.FAILED or job.refused_count]
    return {
        "title": _("Imports"),
        "value": ngettext("%(count)s running", "%(count)s running", len(running))
        % {"count": len(running)}
        if running
        else _("none running"),
        "url": reverse("admin:purchases_importjob_changelist"),
        "is_bad": bool(failed),
    }
