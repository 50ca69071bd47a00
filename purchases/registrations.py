"""What this app tells the registries of ``members``."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from members import registry
from purchases.models import Line, Purchase, ReceiptClaim, ShopPrivacyRequest, WebhookBody
from purchases.selectors import list_waiting_deliveries, list_waiting_imports

# Tokens are keys to the club: only the owner's ``*.*`` makes and revokes them.
_GOODS_AND_PLACES = ("product", "category", "store", "channel")
ROLE_PERMISSIONS = {
    "clerk": [
        "purchases.view_purchase",
        "purchases.view_line",
        "purchases.view_return",
        "purchases.view_returnline",
        *(f"purchases.view_{name}" for name in _GOODS_AND_PLACES),
    ],
    "marketer": [
        "purchases.view_purchase",
        "purchases.view_line",
        "purchases.view_return",
        "purchases.view_returnline",
        *(f"purchases.view_{name}" for name in _GOODS_AND_PLACES),
    ],
    "manager": [
        "purchases.view_*",
        "purchases.add_importjob",
        *(f"purchases.{act}_{name}" for name in _GOODS_AND_PLACES for act in ("add", "change")),
        "purchases.add_source",
        "purchases.change_source",
        # To process again, to set aside, to mark as done; connections are the owner's.
        "purchases.change_webhookdelivery",
        "purchases.change_shoprefund",
        "purchases.change_shopprivacyrequest",
    ],
}


def register() -> None:
    registry.register_waiting_queue(
        "imports", list_waiting_imports, late_after=dt.timedelta(minutes=15)
    )
    registry.register_waiting_queue(
        "deliveries", list_waiting_deliveries, late_after=dt.timedelta(minutes=15)
    )
    registry.register_personal_data(
        registry.PersonalData(
            model="purchases.Purchase",
            export=export_purchases,
            erase=erase_messages,
            merge=merge_purchases,
            undo=undo_merge,
            facts=lambda member: [(_("Purchases"), Purchase.objects.of(member).count())],
            locked_first=lambda ids: Purchase.objects.filter(member__in=ids),
            why_kept=(
                "Sales are business records; without the member's own data they name nobody."
            ),
            fields=("external_id", "store", "purchased_at", "lines"),
        )
    )
    registry.register_personal_data(
        registry.PersonalData(
            model="purchases.ShopPrivacyRequest",
            export=export_privacy_requests,
            merge=merge_privacy_requests,
            undo=undo_merge_of_privacy_requests,
            why_kept=(
                "It shows when a shop passed the request on and when it was answered; it names the "
                "customer by the shop's own number alone."
            ),
            fields=("kind", "received_at", "state"),
        )
    )
    registry.register_personal_data(
        registry.PersonalData(
            model="purchases.ReceiptClaim",
            export=export_receipt_claims,
            erase=erase_receipt_claims,
            merge=merge_receipt_claims,
            undo=undo_merge_of_receipt_claims,
            fields=("purchase__external_id", "attempted_at", "refusal"),
        )
    )
    registry.register_role_permissions("purchases", ROLE_PERMISSIONS)


def export_purchases(member):
    """JSON-ready rows of all that the member bought."""
    lines: dict[int, list[dict]] = {}
    rows = Line.objects.present().filter(purchase__member=member)
    rows = rows.order_by("purchase_id", "position")
    for line in rows.values(
        "purchase_id", "product__name", "product__external_id", "quantity", "amount"
    ):
        purchase_id = line.pop("purchase_id")
        line["quantity"] = str(line["quantity"])
        lines.setdefault(purchase_id, []).append(line)
    return [
        {
            "external_id": purchase.external_id,
            "store": purchase.store.name_i18n if purchase.store else "",
            "purchased_at": purchase.purchased_at.isoformat(),
            "currency": purchase.currency,
            "total_amount": purchase.total_amount,
            "lines": lines.get(purchase.pk, []),
        }
        for purchase in Purchase.objects.of(member).for_list().order_by("purchased_at", "pk")
    ]


def erase_messages(member, now):
    """What shops wrote about the member's orders; the purchases stay."""
    WebhookBody.objects.filter(delivery__purchase__member=member).delete()


def merge_purchases(source, target, now):
    """Purchases go to the surviving member; undo needs to know which they were."""
    moved = list(Purchase.objects.of(source).order_by("pk").values_list("pk", flat=True))
    Purchase.objects.filter(pk__in=moved).update(member=target)
    return moved


def undo_merge(source, target, moved, now):
    Purchase.objects.of(target).filter(pk__in=moved).update(member=source)


def export_privacy_requests(member):
    rows = ShopPrivacyRequest.objects.filter(member=member).order_by("pk")
    return [
        {"kind": kind, "received_at": received_at.isoformat(), "state": state}
        for kind, received_at, state in rows.values_list("kind", "received_at", "state")
    ]


def merge_privacy_requests(source, target, now):
    moved = list(ShopPrivacyRequest.objects.filter(member=source).values_list("pk", flat=True))
    ShopPrivacyRequest.objects.filter(pk__in=moved).update(member=target)
    return moved


def undo_merge_of_privacy_requests(source, target, moved, now):
    ShopPrivacyRequest.objects.filter(member=target, pk__in=moved).update(member=source)


def export_receipt_claims(member):
    rows = ReceiptClaim.objects.filter(member=member).order_by("pk")
    return list(rows.values("purchase__external_id", "attempted_at", "refusal"))


def erase_receipt_claims(member, now):
    ReceiptClaim.objects.filter(member=member).delete()


def merge_receipt_claims(source, target, now):
    moved = list(ReceiptClaim.objects.filter(member=source).values_list("pk", flat=True))
    ReceiptClaim.objects.filter(pk__in=moved).update(member=target)
    return moved


def undo_merge_of_receipt_claims(source, target, moved, now):
    ReceiptClaim.objects.filter(member=target, pk__in=moved).update(member=source)
