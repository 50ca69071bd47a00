"""What export, erasure and merge do with redemptions and payments (see ``members.registry``)."""

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, Left
from django.utils.translation import gettext_lazy as _

from core.words import shown
from members import registry
from members.registry import PersonalData
from rewards.models import (
    Bill,
    Delivery,
    Entitlement,
    Payment,
    Redemption,
    RedemptionShare,
    SpinGrant,
    Wish,
)
from rewards.services.counter.bills import cancel_open_bills
from rewards.services.entitlements import close_entitlements
from rewards.services.redemption import close_open_redemptions

_ORDERS_KEPT = _(
    "What was ordered and paid stays in the books as codes and amounts; addresses are deleted."
)


def _move(model, *, once=""):
    """Rows go to the surviving member; one that the survivor has already stays (``once``)."""

    def merge(source, target, now):
        rows = model.objects.filter(member=source)
        if once:
            rows = rows.exclude(**{f"{once}__in": model.objects.filter(member=target).values(once)})
        moved = list(rows.order_by("pk").values_list("pk", flat=True))
        model.objects.filter(pk__in=moved).update(member=target)
        return moved

    def undo(source, target, moved, now):
        model.objects.filter(pk__in=moved, member=target).update(member=source)

    return {"merge": merge, "undo": undo}


def _merge_redemptions(source, target, now):
    """Both may have used the same key with some caller: then the one that comes adds its id."""
    taken = Redemption.objects.filter(member=target).values("key")
    again = Redemption.objects.filter(member=source, key__in=taken)
    again.update(key=Concat(Left("key", 60), Value(":"), Cast("pk", CharField())))
    return _move(Redemption)["merge"](source, target, now)


def _export_redemptions(member):
    """Rewards by the club's own name for them and, below ``reward_name``, in the reader's words."""
    return list(
        member.redemptions.order_by("pk").values(
            "reward__name",
            "state",
            "price_points",
            "price_amount",
            "reserved_at",
            "confirmed_at",
            "fulfilled_at",
            "used_at",
            "closed_at",
            "expires_on",
            "delivery__recipient",
            "delivery__phone",
            "delivery__address_text",
            "delivery__carrier",
            "delivery__tracking_number",
            reward_name=shown("reward__name"),
        )
    )


def _export_payments(member):
    return list(
        member.payments.order_by("pk").values(
            "kind", "state", "amount", "points", "refunded_amount", "external_id", "reserved_at"
        )
    )


def _erase_deliveries(member, now):
    Delivery.objects.filter(redemption__member=member).delete()


def _erase_wishes(member, now):
    Wish.objects.filter(member=member).delete()


def register():
    registry.register_personal_data(
        PersonalData(
            "rewards.Redemption",
            export=_export_redemptions,
            before_erase=close_open_redemptions,
            erase=_erase_deliveries,
            why_kept=_ORDERS_KEPT,
            **_move(Redemption) | {"merge": _merge_redemptions},
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.RedemptionShare",
            export=lambda member: list(
                member.redemption_shares.order_by("pk").values("redemption_id", "share_points")
            ),
            why_kept=_ORDERS_KEPT,
            **_move(RedemptionShare, once="redemption_id"),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Entitlement",
            export=lambda member: list(
                member.entitlements.order_by("pk").values(
                    "reward__name",
                    "given_at",
                    "expires_on",
                    "closed_at",
                    "end_reason",
                    reward_name=shown("reward__name"),
                )
            ),
            before_erase=close_entitlements,  # after the redemptions, which may give some back
            why_kept=_ORDERS_KEPT,
            **_move(Entitlement),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.SpinGrant",
            export=lambda member: list(
                member.spin_grants.order_by("pk").values(
                    "wheel__name", "source", "spin_count", "used_count", "given_at", "expires_on"
                )
            ),
            why_kept=_ORDERS_KEPT,
            **_move(SpinGrant),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Payment", export=_export_payments, why_kept=_ORDERS_KEPT, **_move(Payment)
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Bill",
            export=lambda member: list(
                member.bills.order_by("pk").values("number", "state", "total_amount", "opened_at")
            ),
            before_erase=cancel_open_bills,
            why_kept=_ORDERS_KEPT,
            locked_first=lambda ids: Bill.objects.filter(member__in=ids),
            **_move(Bill),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Wish",
            export=lambda member: list(
                member.wishes.order_by("pk").values(
                    "reward__name", "created_at", reward_name=shown("reward__name")
                )
            ),
            erase=_erase_wishes,
            **_move(Wish, once="reward_id"),
        )
    )
