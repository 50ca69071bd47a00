"""What acts of staff tell the registries: kinds with limits, alerts, notices, roles."""

import datetime as dt

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import NoticeText, Panel
from rewards import limits, personal_data_control
from rewards.enums import AdjustmentReason, Measure
from rewards.registry import ActKind, register_act_kind, register_alert_check
from rewards.selectors.bulk import get_public_reason
from rewards.selectors.programme import get_tier_name
from rewards.selectors.surprises import WRAPPED, list_wrapped
from rewards.selectors.wording import format_points
from rewards.services import (
    adjustments,
    alerts,
    bulk,
    credit_by_hand,
    surprises,
    tier_decisions,
)


def register():
    personal_data_control.register()
    for kind in (
        adjustments.KIND,
        tier_decisions.KIND,
        *bulk.KINDS,
        *surprises.KINDS,
        credit_by_hand.KIND,
        # An act of another room, whose limits stand with these.
        ActKind("late_return", _("return after its window"), Measure.MONEY, limits.LATE_RETURN),
    ):
        register_act_kind(kind)
    register_alert_check(alerts.BUDGETS)
    for code, build in (
        (adjustments.NOTICE, _tell_adjustment),
        (credit_by_hand.NOTICE, _tell_credit),
        (tier_decisions.NOTICE, _tell_kept_tier),
        ("bulk_grant", _tell_grant),
        ("bulk_expiry", _tell_expiry),
        ("bulk_tier", _tell_tier),
    ):
        registry.register_notice_text(NoticeText(code, build))
    registry.register_notice_text(NoticeText(surprises.NOTICE, _tell_present, _build_present_url))
    registry.register_panel(
        Panel(
            "rewards.surprises", registry.MEMBER_HOME, "rewards/_gift_panel.html", build_presents,
            order=5, probe=WRAPPED,
        )
    )  # fmt: skip
    registry.register_role_permissions(
        "rewards.control",
        {
            "clerk": ["rewards.view_adjustment", "rewards.add_adjustment"],
            # Drafts what is for many; somebody with limits confirms or approves.
            "marketer": [
                "rewards.add_bulkact",
                "rewards.change_bulkact",
                "rewards.add_surprise",
                "rewards.change_surprise",
            ],
            "manager": [
                "rewards.add_adjustment",
                "rewards.change_approval",
                "rewards.add_bulkact",
                "rewards.change_bulkact",
                "rewards.add_surprise",
                "rewards.change_surprise",
                "rewards.change_alert",
                "rewards.change_standing",
            ],
            "owner": [
                "rewards.change_approval",
                "rewards.change_bulkact",
                "rewards.change_alert",
                "rewards.change_standing",
                "rewards.change_actlimit",
            ],
        },
    )


def _show_day(text):
    return date_format(dt.date.fromisoformat(text))


def _tell_adjustment(params):
    points, reason = params["points"], params["reason"]
    shown = {
        "points": format_points(abs(points)),
        "reason": AdjustmentReason(reason).label if reason in AdjustmentReason.values else reason,
    }
    if points > 0:
        return _("The club gave you %(points)s: %(reason)s.") % shown
    return _("The club deducted %(points)s: %(reason)s.") % shown


def _tell_credit(params):
    reason = params["reason"]
    shown = {
        "credit": credit_by_hand.format_credit(params["amount"]),
        "reason": AdjustmentReason(reason).label if reason in AdjustmentReason.values else reason,
    }
    return _("The club gave you %(credit)s: %(reason)s.") % shown


def build_presents(request, member, now):
    """Presents that wait to be opened; on most days there are none."""
    waiting = list_wrapped(member)
    return {"gifts": waiting.gifts, "has_more": waiting.has_more} if waiting.gifts else None


def _tell_present(params):
    return _("A surprise from the club: %(title)s") % {"title": get_public_reason(params["act"])}


def _build_present_url(params):
    return reverse("gift_detail", args=[params["gift"]])


def _tell_kept_tier(params):
    shown = {"tier": get_tier_name(params["tier_id"]), "day": _show_day(params["until"])}
    return _("%(tier)s is yours until %(day)s at least.") % shown


def _tell_grant(params):
    shown = {"points": format_points(params["points"]), "reason": get_public_reason(params["act"])}
    return _("The club gave you %(points)s. %(reason)s") % shown


def _tell_expiry(params):
    shown = {
        "points": format_points(params["points"]),
        "day": _show_day(params["until"]),
        "reason": get_public_reason(params["act"]),
    }
    return _("%(points)s of yours now live until %(day)s. %(reason)s") % shown


def _tell_tier(params):
    shown = {
        "tier": get_tier_name(params["tier_id"]),
        "day": _show_day(params["until"]),
        "reason": get_public_reason(params["act"]),
    }
    return _("%(tier)s is yours until %(day)s at least. %(reason)s") % shown
