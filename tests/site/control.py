"""What stands in the addresses of acts of staff, for the access matrix."""

from members.models import Audience
from rewards.models import Alert
from rewards.services.adjustments import adjust_points
from rewards.services.bulk import draft_bulk


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
    return {
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
