"""What stands in the addresses of acts of staff, for the access matrix."""

from members.models import Audience
from rewards.enums import PrizeKind
from rewards.models import Alert, SurpriseGift
from rewards.services.adjustments import adjust_points
from rewards.services.bulk import draft_bulk
from rewards.services.challenges import create_challenge
from rewards.services.prizes import Prize
from rewards.services.surprises import draft_surprise


def control_arguments(cast, mei, now):
    """Points above the clerk's limits, a draft for everyone, a budget that is used up."""
    waiting = adjust_points(mei, 501, reason="goodwill", key="k", by=cast.users["clerk"], now=now)
    draft = draft_bulk(
        "grant", Audience.objects.get(slug="everyone"), public_reason="Sorry", points=1,
        by=cast.users["manager"], now=now,
    )  # fmt: skip
    alert = Alert.objects.create(
        check_code="rule_budget", subject_id=1, threshold=100, opened_at=now,
        facts={"used": 1, "whole": 1},
    )  # fmt: skip
    everyone = Audience.objects.get(slug="everyone")
    surprise = draft_surprise(
        everyone, title="Hello", message="For you.", prize=Prize(PrizeKind.POINTS, points=1),
        pick="all", budget=1_000, by=cast.users["manager"], now=now,
    )  # fmt: skip
    card = create_challenge(slug="card", name="Card", by=None, now=now)
    gift = SurpriseGift.objects.create(surprise=surprise, member=mei, given_at=now)
    return {
        **{f"admin:rewards_challenge_{page}": [card.pk] for page in ("edit", "publish", "end")},
        "admin:rewards_challenge_give": [mei.pk],
        "gift_detail": [gift.pk],
        "gift_opening": [gift.pk],
        "admin:rewards_surprise_terms": [surprise.pk],
        "admin:rewards_surprise_confirm": [surprise.pk],
        "admin:rewards_surprise_cancel": [surprise.pk],
        "admin:members_audience_edit": [everyone.pk],
        "admin:members_audience_add_members": [everyone.pk],
        "admin:members_audience_remove_member": [everyone.pk, mei.pk],
        "admin:rewards_adjustment_ask": [mei.pk],
        "admin:rewards_adjustment_credit": [mei.pk],
        "admin:rewards_adjustment_withdraw": [waiting.pk],
        "admin:rewards_approval_decide": [waiting.approval_id],
        "admin:rewards_standing_decide": [mei.pk],
        "admin:rewards_standing_end": [mei.pk],
        "admin:rewards_bulkact_terms": [draft.pk],
        "admin:rewards_bulkact_confirm": [draft.pk],
        "admin:rewards_bulkact_cancel": [draft.pk],
        "admin:rewards_alert_note": [alert.pk],
    }
