"""What export, erasure and merge do with acts of staff (see ``members.registry``)."""

from members import registry
from members.registry import PersonalData
from rewards.models import (
    Adjustment,
    Approval,
    BulkActMember,
    StaffAct,
    Standing,
    SurpriseGift,
)
from rewards.services import approvals, tier_decisions

_COUNTED = "Coded facts of what staff did, for their limits; without the record they name nobody."


def register():
    registry.register_personal_data(
        PersonalData(
            "rewards.Standing",
            export=_export_standing,
            merge=tier_decisions.merge_promises,
            undo=tier_decisions.undo_promises,
            why_kept="The tier and its days: codes that belong to the ledger.",
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Approval",
            erase=approvals.forget_member,
            why_kept="Staff's own decisions; the notes go with an erasure.",
            **_move(Approval),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.Adjustment",
            export=_export_adjustments,
            erase=_forget_notes,
            why_kept="Amounts and coded reasons stay with their ledger entries.",
            **_move(Adjustment),
        )
    )
    registry.register_personal_data(
        PersonalData("rewards.StaffAct", why_kept=_COUNTED, **_move(StaffAct))
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.BulkActMember",
            export=_export_bulk_acts,
            why_kept="Who took part in an act for many: ids and points only.",
            **_move(BulkActMember, unless_beside="act"),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.SurpriseGift",
            export=_export_gifts,
            why_kept="Who was given what, and when they opened it: ids and days only.",
            # One present of a kind stays one: the record that is left keeps its own.
            **_move(SurpriseGift, unless_beside="surprise"),
        )
    )


def _export_standing(member):
    rows = Standing.objects.filter(member=member)
    return list(rows.values("tier__name", "tier_since_on", "kept_tiers"))


def _export_adjustments(member):
    rows = Adjustment.objects.filter(member=member).order_by("pk")
    return list(
        rows.values("points", "credit_amount", "reason", "note", "state", "asked_at", "posted_at")
    )


def _export_bulk_acts(member):
    rows = BulkActMember.objects.filter(member=member).order_by("pk")
    return list(rows.values("act__kind", "act__public_reason", "outcome", "points"))


def _export_gifts(member):
    rows = SurpriseGift.objects.filter(member=member).order_by("pk")
    return list(
        rows.values(
            "surprise__act__public_reason",
            "surprise__message",
            "surprise__prize_kind",
            "given_at",
            "opened_at",
        )
    )


def _forget_notes(member, now):
    Adjustment.objects.filter(member=member).update(note="")


def _move(model, unless_beside=""):
    """Rows go to the surviving member, save where that one has such a row already."""

    def merge(source, target, now):
        rows = model.objects.filter(member=source)
        if unless_beside:
            there = model.objects.filter(member=target).values(unless_beside)
            rows = rows.exclude(**{f"{unless_beside}__in": there})
        moved = list(rows.order_by("pk").values_list("pk", flat=True))
        model.objects.filter(pk__in=moved).update(member=target)
        return moved

    def undo(source, target, moved, now):
        model.objects.filter(pk__in=moved, member=target).update(member=source)

    return {"merge": merge, "undo": undo}
