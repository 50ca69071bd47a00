"""What giving tells the registries: panels, the words of its entries, who may do what."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from members import registry
from members.models import Member
from members.registry import Panel
from rewards.enums import Reason
from rewards.models import Donation
from rewards.selectors.causes import CauseText, register_cause
from rewards.selectors.giving import get_counter, list_appeals
from rewards.selectors.programme import kept

AT_HOME = 3
ON_LANDING = 4
_WRITES = (
    "rewards.add_charity",
    "rewards.change_charity",
    "rewards.add_appeal",
    "rewards.change_appeal",
    "rewards.add_appealupdate",
    "rewards.change_appealupdate",
    "rewards.delete_appealupdate",
)
_DECIDES = (
    *_WRITES,
    "rewards.delete_charity",
    "rewards.delete_appeal",
    "rewards.publish_appeal",
    "rewards.add_matchoffer",
    "rewards.change_matchoffer",
    "rewards.change_donation",
    "rewards.add_charitysettlement",
    "rewards.settle_charity",
)


IS_GIVING = """
    SELECT FROM rewards_appeal a JOIN rewards_charity c ON c.id = a.charity_id
    WHERE a.published_at IS NOT NULL AND c.retired_at IS NULL AND a.starts_at <= %(now)s
      AND (a.ends_at IS NULL OR a.ends_at > %(now)s)
"""


def register() -> None:
    registry.register_room(
        registry.Room(
            "giving", _("Giving"), "appeal_list", "charity", IS_GIVING, for_visitors=True,
            order=40,
        )
    )  # fmt: skip
    for code, place, template, build, order in (
        ("rewards.giving", registry.MEMBER_HOME, "rewards/_kept_panel.html", build_home, 35),
        ("rewards.appeals", registry.LANDING, "rewards/_kept_panel.html", build_landing, 25),
    ):
        registry.register_panel(Panel(code, place, template, build, order=order))
    register_cause(
        "donation",
        describe_donations,
        titles={
            Reason.DONATE: _("Given to: %(about)s"),
            Reason.RESTORE: _("Taken back from: %(about)s"),
        },
    )
    registry.register_role_permissions(
        "rewards.giving",
        {"marketer": _WRITES, "manager": _DECIDES, "owner": _DECIDES},
    )


def build_home(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """A few appeals, the same for all: kept a moment as they were rendered."""
    if not member.is_active:
        return None
    return _build("home", "rewards/_giving_panel.html", AT_HOME, now)


def build_landing(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any] | None:
    return _build("landing", "rewards/_landing_giving.html", ON_LANDING, now)


def _build(place: str, template: str, most: int, now: dt.datetime) -> dict[str, Any] | None:
    key = ("giving", place, get_language())
    html = kept.get(key)
    if html is None:
        html = _render(place, template, most, now)
        kept.put(key, html)
    return {"html": html} if html else None


def _render(place: str, template: str, most: int, now: dt.datetime) -> str:
    shown = [each for each in list_appeals(now=now) if each.is_open]
    if not shown:
        return ""
    panel: dict[str, Any] = {"appeals": shown[:most]}
    if place == "landing":
        panel["counter"] = get_counter()
    return render_to_string(template, {"panel": panel})


def describe_donations(ids: Collection[int]) -> dict[int, CauseText]:
    rows = Donation.objects.filter(pk__in=ids).select_related("appeal").only(
        "member_id", "appeal__name", "appeal__i18n"
    )  # fmt: skip
    return {
        row.pk: CauseText(
            title=row.appeal.name_i18n,
            url=reverse("giving_mine"),
            member_id=row.member_id,
            staff_url=reverse("admin:rewards_donation_change", args=[row.pk]),
        )
        for row in rows
    }
