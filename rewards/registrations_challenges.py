"""What stamp cards tell the registries."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members import registry
from members.models import Member
from members.registry import COUNTER, MEMBER_HOME, NoticeText, Panel
from rewards import personal_data_challenges
from rewards.enums import AdjustmentReason, Reason
from rewards.models import StampCard
from rewards.models.stamps import CARD_CAUSE
from rewards.registry import (
    CHALLENGES,
    ChallengeKind,
    register_act_kind,
    register_challenge_kind,
)
from rewards.selectors.causes import CauseText, register_cause
from rewards.selectors.challenge_words import describe_change
from rewards.selectors.challenges import (
    HAS_BOOK,
    get_challenge_name,
    get_counter_cards,
    list_begun,
)
from rewards.services.challenges import by_hand, count_batch
from rewards.services.challenges.cards import NOTICE

AT_HOME = 2


# The newest version that has begun decides whether a card still runs; what was collected stays.
IS_COLLECTING = """
    SELECT FROM rewards_challenge c JOIN rewards_challengeversion v ON v.challenge_id = c.id
    WHERE (c.ended_at IS NULL OR c.ended_at > %(now)s)
      AND v.starts_at <= %(now)s AND (v.ends_at IS NULL OR v.ends_at > %(now)s)
"""


def register() -> None:
    registry.register_room(
        registry.Room("stamps", _("Stamp cards"), "stamps", "stamp", IS_COLLECTING, order=30)
    )
    registry.register_consumer(CHALLENGES, (), count_batch)
    register_challenge_kind(ChallengeKind("purchase", _("a purchase"), ("purchase", "amendment")))
    personal_data_challenges.register()
    register_act_kind(by_hand.KIND)
    register_cause(
        CARD_CAUSE, describe_cards, titles={Reason.GRANT: _("Full stamp card: %(about)s")}
    )
    registry.register_notice_text(NoticeText(NOTICE, _tell_full, _find_page))
    registry.register_notice_text(NoticeText(by_hand.NOTICE, _tell_by_hand, _find_page))
    registry.register_panel(
        Panel(
            "rewards.stamps",
            MEMBER_HOME,
            "rewards/_stamps_panel.html",
            build_home,
            order=22,
            probe=HAS_BOOK,
        )
    )
    registry.register_panel(
        Panel("rewards.stamps_counter", COUNTER, "admin/counter/_stamps_panel.html",
              build_counter, order=20, probe=HAS_BOOK)
    )  # fmt: skip
    registry.register_role_permissions(
        "rewards.challenges",
        {
            "clerk": ["rewards.view_challenge", "rewards.add_stampgrant"],
            "marketer": ["rewards.view_challenge", "rewards.add_challenge",
                         "rewards.change_challenge"],
            "manager": ["rewards.add_challenge", "rewards.change_challenge",
                        "rewards.publish_challenge", "rewards.add_stampgrant"],
            "owner": ["rewards.change_challenge", "rewards.publish_challenge"],
        },
    )  # fmt: skip


def build_home(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """Cards that are being filled; nothing where none was begun."""
    cards = list_begun(member, now=now, limit=AT_HOME)
    return {"cards": cards} if cards else None


def build_counter(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    return get_counter_cards(member, now=now)


def describe_cards(ids) -> dict[int, CauseText]:
    rows = StampCard.objects.filter(pk__in=ids).select_related("book", "version__challenge")
    return {
        row.pk: CauseText(
            title=row.version.challenge.name_i18n,
            url=row.version.challenge.get_absolute_url(),
            member_id=row.book.member_id,
        )
        for row in rows
    }


def _tell_full(params: dict[str, Any]) -> str:
    return _("Your card “%(card)s” is full. What it gives is yours.") % {
        "card": get_challenge_name(params["challenge"])
    }


def _tell_by_hand(params: dict[str, Any]) -> str:
    reason, count = params["reason"], params["stamps"]
    shown = {
        "card": get_challenge_name(params["challenge"]),
        "stamps": describe_change(params.get("measure", ""), count),
        "reason": AdjustmentReason(reason).label if reason in AdjustmentReason.values else reason,
    }
    return _("“%(card)s”: %(stamps)s (%(reason)s).") % shown


def _find_page(params: dict[str, Any]) -> str:
    return reverse("stamps")
