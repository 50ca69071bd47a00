"""What follow-ups tell the registries: what opens them, that promotions pause, notices."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from members import registry
from members.registry import NoticeText
from surveys.models import FollowUp
from surveys.registry import register_low_score_listener, register_raised_score_listener
from surveys.selectors.follow_ups import HELD, list_waiting_follow_ups
from surveys.services.follow_ups import (
    NOTICE,
    follow_low_score,
    follow_raised_score,
    hear_reply_fates,
)
from surveys.services.follow_ups.replying import FACT

CODE = "follow_ups"


def register() -> None:
    register_low_score_listener(CODE, follow_low_score)
    register_raised_score_listener(CODE, follow_raised_score)
    registry.register_promotion_hold(CODE, HELD)
    registry.register_staff_queue(CODE, list_waiting_follow_ups)
    registry.register_message_listener(FACT, hear_reply_fates)
    registry.register_notice_text(
        NoticeText(NOTICE, _tell_replied, build_url=lambda params: reverse("contact_mine"))
    )
    registry.register_viewed(
        "admin:surveys_followup_change", "surveys.FollowUp", member_of=_find_member
    )


def _tell_replied(params: dict[str, Any]) -> str:
    return _("The club has answered you.")


def _find_member(pk: Any) -> int | None:
    return FollowUp.objects.filter(pk=pk).values_list("member_id", flat=True).first()
