"""The words for what ledger entries are about (see ``rewards.selectors.causes``)."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.words import shown
from rewards.enums import Reason, Unit
from rewards.models import Adjustment, BulkAct, Payment, Redemption
from rewards.selectors.causes import CauseText, register_cause
from rewards.selectors.surprises import describe_gifts


def register():
    register_cause(
        "redemption", describe_redemptions, titles={Reason.GRANT: _("Store credit: %(about)s")}
    )
    register_cause(
        "payment",
        describe_payments,
        titles={
            Reason.HOLD: _("Set aside to pay at %(about)s"),
            Reason.CAPTURE: _("Paid with points at %(about)s"),
            (Reason.CAPTURE, Unit.MONEY): _("Paid with store credit at %(about)s"),
            Reason.RESTORE: _("Refunded by %(about)s"),
        },
    )
    register_cause("adjustment", describe_adjustments)
    register_cause("bulk", describe_bulk_acts)
    register_cause("surprise", describe_gifts)


def describe_redemptions(ids: Collection[int]) -> dict[int, CauseText]:
    rows = Redemption.objects.filter(pk__in=ids).select_related("reward").only(
        "member_id", "reward__name", "reward__i18n"
    )  # fmt: skip
    return {
        row.pk: CauseText(
            title=row.reward.name_i18n,
            url=row.get_absolute_url(),
            member_id=row.member_id,
            staff_url=reverse("admin:rewards_redemption_change", args=[row.pk]),
        )
        for row in rows
    }


def describe_payments(ids: Collection[int]) -> dict[int, CauseText]:
    """The place is the purchase's store, else whoever asked for the payment."""
    rows = Payment.objects.filter(pk__in=ids).select_related("source", "purchase__store")
    texts = {}
    for row in rows:
        store = row.purchase and row.purchase.store
        texts[row.pk] = CauseText(
            title=store.name_i18n if store else row.source.name,
            url=reverse("purchase_detail", args=[row.purchase_id]) if row.purchase_id else "",
            member_id=row.member_id,
        )
    return texts


def describe_adjustments(ids: Collection[int]) -> dict[int, CauseText]:
    rows = Adjustment.objects.filter(pk__in=ids).only("reason")
    return {row.pk: CauseText(reason=str(row.get_reason_display())) for row in rows}


def describe_bulk_acts(ids: Collection[int]) -> dict[int, CauseText]:
    rows = BulkAct.objects.filter(pk__in=ids).values_list("pk", shown("public_reason"))
    return {pk: CauseText(reason=reason) for pk, reason in rows}
