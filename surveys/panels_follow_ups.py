"""Pieces that follow-ups add to pages of lower floors."""

import datetime as dt
from typing import Any

from members import registry
from members.models import Member
from members.registry import Panel
from surveys.forms_contact import ContactForm
from surveys.selectors.follow_ups import SHOWN, list_of_member


def register() -> None:
    registry.register_panel(
        Panel("surveys.staff_follow_ups", registry.STAFF_MEMBER,
              "admin/surveys/_panel_follow_ups.html", build_of_member, order=12,
              permission="surveys.view_followup")
    )  # fmt: skip
    registry.register_panel(
        Panel("surveys.contact_form", registry.CONTACT, "surveys/_contact_form.html",
              build_contact_form)
    )  # fmt: skip


def build_of_member(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """Near the top: who serves them should know that they wait for an answer."""
    rows = list_of_member(member)
    if not rows:
        return None
    shown = [(row, row.is_overdue(now)) for row in rows[:SHOWN]]
    return {"rows": shown, "has_more": len(rows) > SHOWN}


def build_contact_form(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any]:
    return {"form": ContactForm(member=member), "member": member}
