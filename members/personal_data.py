"""What export, erasure and merge do with this app's own rows (see ``members.registry``)."""

from django.utils.translation import gettext_lazy as _

from members import registry
from members.models import (
    AudienceMember,
    ClaimAttempt,
    ClaimCode,
    Member,
    MemberReference,
    Notice,
)
from members.registry import ClaimFact, PersonalData


def _rows(model, *names):
    def export(member):
        return list(model.objects.filter(member=member).order_by("pk").values(*names))

    return export


def _delete(model):
    def erase(member, now):
        model.objects.filter(member=member).delete()

    return erase


def _move(model):
    """Move rows to the surviving member and remember which, for undo."""

    def merge(source, target, now):
        moved = list(
            model.objects.filter(member=source).order_by("pk").values_list("pk", flat=True)
        )
        model.objects.filter(pk__in=moved).update(member=target)
        return moved

    def undo(source, target, moved, now):
        model.objects.filter(pk__in=moved, member=target).update(member=source)

    return {"merge": merge, "undo": undo}


def register():
    registry.register_personal_data(
        PersonalData(
            "members.MemberReference",
            export=_rows(MemberReference, "source_code", "external_id", "created_at"),
            erase=_delete(MemberReference),
            **_move(MemberReference),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "members.AudienceMember",
            export=_rows(AudienceMember, "audience__slug", "added_at"),
            erase=_delete(AudienceMember),
            why_kept="A merge keeps each record's own rows: tiers are reviewed for the survivor.",
        )
    )
    registry.register_personal_data(
        PersonalData(
            "members.Activity",
            export=lambda member: list(
                member.activities.order_by("pk").values(
                    "kind", "effective_at", "recorded_at", "facts"
                )
            ),
            why_kept="Append-only ids and codes; without the record they name nobody.",
        )
    )
    registry.register_personal_data(
        PersonalData(
            "members.Notice",
            export=_rows(Notice, "code", "params", "effective_at", "read_at"),
            erase=_delete(Notice),
            why_kept="A merge leaves old notices where they were read.",
        )
    )
    registry.register_personal_data(
        PersonalData("members.ClaimCode", erase=_delete(ClaimCode), why_kept="Minutes only.")
    )
    registry.register_personal_data(
        PersonalData(
            "members.ClaimAttempt",
            export=_rows(ClaimAttempt, "attempted_at", "refusal"),
            erase=_delete(ClaimAttempt),
        )
    )
    registry.register_personal_data(
        PersonalData(
            "members.Member",
            export=_export_member,
            why_kept="The record itself is emptied by the erasure service, never deleted.",
        )
    )
    registry.register_claim_fact(
        ClaimFact(
            "birthday",
            _("Your birthday"),
            is_known=lambda member: member.birth_month is not None and member.birth_day is not None,
            matches=_matches_birthday,
            hint=_("Month and day, as in 12-31."),
        )
    )


_EXPORTED = (
    "number",
    "status",
    "family_name",
    "given_name",
    "family_name_reading",
    "given_name_reading",
    "display_name",
    "email",
    "phone",
    "gender",
    "birth_year",
    "birth_month",
    "birth_day",
    "locale",
    "source",
    "joined_at",
)


def _export_member(member):
    return list(Member.objects.filter(pk=member.pk).values(*_EXPORTED))


def _matches_birthday(member, answer, now):
    """Month and day in either writing: 12-31, 12/31, 12月31日, 1980-12-31."""
    digits = "".join(char if char.isdecimal() else " " for char in answer).split()
    numbers = [int(part) for part in digits]
    return numbers[-2:] == [member.birth_month, member.birth_day] and len(numbers) in (2, 3)
