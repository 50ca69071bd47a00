"""Pieces that this app itself adds to its pages."""

import datetime as dt
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from core.kept import Kept
from members import registry
from members.models import Member
from members.registry import Panel
from members.selectors.happenings import list_happenings

kept = Kept()


def register() -> None:
    registry.register_panel(
        Panel(
            "members.happenings",
            registry.LANDING,
            "members/_kept_panel.html",
            build_happenings,
            order=15,
        )
    )


def build_happenings(
    request: Any, member: Member | None, now: dt.datetime
) -> dict[str, Any] | None:
    """What's on: the same for every visitor, kept a moment as it was rendered."""
    key = ("happenings", get_language())
    html = kept.get(key)
    if html is None:
        shown = list_happenings(now=now)
        html = (
            render_to_string("members/_landing_happenings.html", {"shown": shown}) if shown else ""
        )
        kept.put(key, html)
    return {"html": html} if html else None
