"""What members read about their redemptions on the site (see ``members.registry``)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.words import pick_word
from members.registry import NoticeText, register_notice_text
from rewards.selectors.wording import format_points

_TEXTS = {
    "reward_lapsed": _(
        "The reservation of “%(name)s” has ended, as it was not paid in time. Your points are back."
    ),
    "reward_cancelled": _("The club had to cancel “%(name)s”. Your points are back; we are sorry."),
    "reward_sent": _("“%(name)s” is on its way to you."),
}


def register() -> None:
    for code in _TEXTS:
        register_notice_text(NoticeText(code, _builder(code), _build_url))
    register_notice_text(
        NoticeText("points_shared", _tell_share, lambda params: reverse("statement"))
    )


def _builder(code: str):
    return lambda params: _TEXTS[code] % {"name": pick_word(params, "name")}


def _build_url(params: dict[str, Any]) -> str:
    return reverse("redemption_detail", args=[params["redemption"]])


def _tell_share(params: dict[str, Any]) -> str:
    shown = {"points": format_points(params["points"]), "name": pick_word(params, "name")}
    return _("%(points)s of yours went towards “%(name)s” of your household.") % shown
