"""What reviews tell the registries: a room, entries and notices in words, who may do what."""

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.joining import join_sentences
from core.words import pick_word
from members import registry
from members.registry import NoticeText
from members.selectors.club import get_club
from rewards.enums import Reason
from rewards.selectors.causes import CauseText, register_cause
from rewards.selectors.wording import format_points
from surveys.enums import ReviewRefusal
from surveys.models import Review
from surveys.selectors.reviews import list_waiting_reviews
from surveys.services.reviews import judging, replying

HAS_REVIEWS = "SELECT FROM surveys_review WHERE state = 'published'"
_JUDGES = (
    "surveys.view_review",
    "surveys.change_review",
    "surveys.moderate_review",
    "surveys.import_review",
    "surveys.view_reviewimport",
    "surveys.view_theme",
    "surveys.add_theme",
    "surveys.change_theme",
)


def register() -> None:
    registry.register_room(
        registry.Room(
            "reviews", gettext_lazy("Reviews"), "review_list", "star", HAS_REVIEWS,
            for_visitors=True, order=60, in_bar=False,
        )
    )  # fmt: skip
    registry.register_staff_queue("reviews", list_waiting_reviews)
    register_cause(
        judging.CAUSE,
        describe_reviews,
        titles={Reason.GRANT: gettext_lazy("Thanks for your review: %(about)s")},
    )
    for code, build_text in (
        (judging.PUBLISHED_NOTICE, _tell_published),
        (judging.TURNED_DOWN_NOTICE, _tell_turned_down),
        (replying.NOTICE, _tell_replied),
    ):
        registry.register_notice_text(
            NoticeText(code, build_text, build_url=lambda params: reverse("review_mine"))
        )
    registry.register_role_permissions(
        "surveys.reviews",
        {
            "clerk": ("surveys.view_review", "surveys.view_theme"),
            "marketer": _JUDGES,
            "manager": (*_JUDGES, "surveys.view_reviewterms", "surveys.change_reviewterms"),
            "owner": (*_JUDGES, "surveys.view_reviewterms", "surveys.change_reviewterms"),
        },
    )


def describe_reviews(ids: Collection[int]) -> dict[int, CauseText]:
    rows = Review.objects.filter(pk__in=ids).select_related("product")
    return {
        row.pk: CauseText(
            title=_name(row.product.name_i18n if row.product else ""),
            url=reverse("review_mine"),
            member_id=row.member_id,
            staff_url=reverse("admin:surveys_review_change", args=[row.pk]),
        )
        for row in rows
    }


def _name(product: str) -> str:
    return product or get_club().name_i18n


def _tell_published(params: dict[str, Any]) -> str:
    about = {"about": _name(pick_word(params, "name"))}
    told = _("Your review of “%(about)s” is published. Thank you!") % about
    if not params["points"]:
        return told
    points = {"points": format_points(params["points"])}
    return join_sentences([told, _("You received %(points)s for it.") % points])


def _tell_turned_down(params: dict[str, Any]) -> str:
    about = {"about": _name(pick_word(params, "name"))}
    told = _("Your review of “%(about)s” is not shown.") % about
    reason = params["refusal"]
    if reason == ReviewRefusal.OTHER or reason not in ReviewRefusal.values:
        return join_sentences([told, _("Why stands beside it.")])
    return join_sentences([told, str(ReviewRefusal(reason).label)])


def _tell_replied(params: dict[str, Any]) -> str:
    about = {"about": _name(pick_word(params, "name"))}
    return _("The club replied to your review of “%(about)s”.") % about
