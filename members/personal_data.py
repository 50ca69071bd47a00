"""What export, erasure and merge do with this app's own rows (see ``members.registry``)."""

import datetime as dt

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.models import AuditEntry, AuditNote
from core.time import day_of
from members import registry
from members.enums import ErasureState
from members.models import (
    Activity,
    AudienceMember,
    ClaimAttempt,
    ClaimCode,
    Consent,
    DataExport,
    ErasureRequest,
    Guardian,
    Member,
    MemberReference,
    Notice,
)
from members.registry import ClaimFact, NoticeText, PersonalData
from members.selectors.club import get_club
from members.services import consents
from members.services.erasure import WAITING_NOTICE
from members.services.exports import READY_NOTICE, delete_files
from members.services.guardians import ANSWERED_NOTICE


def rows_of(model, *names, order="pk"):
    """Export these columns of the member's rows."""

    def export(member):
        rows = model.objects.filter(member=member).order_by(order)
        return rows.values(*names).iterator(chunk_size=2000)

    return export


def delete_of(model):
    """Erase by deleting the member's rows."""

    def erase(member, now):
        model.objects.filter(member=member).delete()

    return erase


def move_of(model):
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
    for entry in (*_OWN, *_AGREED, *_OF_THE_LOGIN, *_BY_STAFF):
        registry.register_personal_data(entry)
    registry.register_claim_fact(
        ClaimFact(
            "birthday",
            _("Your birthday"),
            is_known=lambda member: member.birth_month is not None and member.birth_day is not None,
            matches=_matches_birthday,
            hint=_("Month and day, as in 12-31."),
        )
    )
    for code, build_text in (
        (READY_NOTICE, lambda params: _("Your download of everything is ready.")),
        (WAITING_NOTICE, _write_waiting),
        (ANSWERED_NOTICE, _write_answered),
    ):
        registry.register_notice_text(
            NoticeText(code, build_text, build_url=lambda params: reverse("privacy_mine"))
        )
    for name in ("change", "edit", "claim_code", "close", "address_new", "address_edit"):
        registry.register_viewed(f"admin:members_member_{name}", "members.Member")
    for name in ("consent_record", "erasurerequest_ask"):
        registry.register_viewed(f"admin:members_{name}", "members.Member", "member_id")


def _write_waiting(params):
    due_at = dt.datetime.fromisoformat(params["due"])
    day = date_format(day_of(due_at, get_club().zone))
    return _("You asked to be forgotten. Your membership is erased on %(day)s.") % {"day": day}


def _write_answered(params):
    if params["agrees"]:
        return _("Your parent or guardian agreed to your membership.")
    return _("Your parent or guardian did not agree. Some things are closed to you.")


# --- The record ---------------------------------------------------------------------------------

# Not the member's own facts: keys, and columns that the database makes of others.
_NOT_EXPORTED = {"id", "user", "merged_into", "name_sort", "name_words"}


def list_member_fields():
    """Every column of the record that says something, in order of the model."""
    return [field.name for field in Member._meta.concrete_fields if field.name not in _NOT_EXPORTED]


def _export_member(member):
    return list(Member.objects.filter(pk=member.pk).values(*list_member_fields()))


_OWN = (
    PersonalData(
        "members.MemberReference",
        export=rows_of(MemberReference, "source_code", "external_id", "created_at"),
        erase=delete_of(MemberReference),
        **move_of(MemberReference),
    ),
    PersonalData(
        "members.AudienceMember",
        export=rows_of(AudienceMember, "audience__name", "added_at"),
        erase=delete_of(AudienceMember),
        why_kept="A merge keeps each record's own rows: tiers are reviewed for the survivor.",
    ),
    PersonalData(
        "members.Activity",
        export=rows_of(Activity, "kind", "effective_at", "recorded_at", "facts"),
        why_kept="Append-only ids and codes; without the record they name nobody.",
    ),
    PersonalData(
        "members.Notice",
        export=rows_of(Notice, "code", "params", "effective_at", "read_at"),
        erase=delete_of(Notice),
        # Whoever follows them holds them before what follows names their members.
        locked_first=lambda ids: Notice.objects.filter(member__in=ids, is_followed=False),
        why_kept="A merge leaves old notices where they were read.",
    ),
    PersonalData("members.ClaimCode", erase=delete_of(ClaimCode), why_kept="Minutes only."),
    PersonalData(
        "members.ClaimAttempt",
        export=rows_of(ClaimAttempt, "attempted_at", "refusal"),
        erase=delete_of(ClaimAttempt),
    ),
    PersonalData(
        "members.Member",
        export=_export_member,
        count=lambda member: 1,
        why_kept="The record itself is emptied by the erasure service, never deleted.",
    ),
)


# --- What they agreed to, and asked for ---------------------------------------------------------


def _export_consents(member):
    rows = Consent.objects.filter(member=member).order_by("effective_at", "pk")
    yield from rows.values(
        "purpose", "channel", "is_given", "effective_at", "source", "wording__locale",
        "wording__version", "wording__text",
    ).iterator(chunk_size=2000)  # fmt: skip


def _erase_exports(member, now):
    """The rows stay as a trace until the policy deletes them; the files go now."""

    delete_files(DataExport.objects.filter(member=member).exclude(file=""))


def _merge_requests(source, target, now):
    """Who asked to be forgotten is forgotten whole: the request passes to the survivor."""
    waiting = ErasureRequest.objects.waiting()
    request = waiting.filter(member=source).first()
    if request is None:
        return None
    if waiting.filter(member=target).exists():
        ErasureRequest.objects.filter(pk=request.pk).update(
            state=ErasureState.CANCELLED, closed_at=now
        )
        return None
    ErasureRequest.objects.filter(pk=request.pk).update(member=target)
    return request.pk


def _undo_requests(source, target, moved, now):
    if moved is not None:
        ErasureRequest.objects.waiting().filter(pk=moved).update(member=source)


_AGREED = (
    PersonalData(
        "members.Consent",
        export=_export_consents,
        merge=consents.merge_consents,
        undo=consents.undo_merge,
        why_kept="The proof of what was agreed to; ids and codes, which name nobody.",
    ),
    PersonalData(
        "members.Guardian",
        export=rows_of(
            Guardian, "name", "email", "named_at", "asked_at", "confirmed_at", "refused_at",
            "ended_at",
        ),
        erase=delete_of(Guardian),
        why_kept="A merge leaves the guardian with the record that named them.",
    ),
    PersonalData(
        "members.DataExport",
        export=rows_of(DataExport, "requested_at", "finished_at", "expires_at", "download_count"),
        erase=_erase_exports,
        why_kept="A trace that data was asked for; the files are deleted.",
    ),
    PersonalData(
        "members.ErasureRequest",
        export=rows_of(ErasureRequest, "requested_at", "source", "due_at", "state", "reason"),
        merge=_merge_requests,
        undo=_undo_requests,
        why_kept="A trace that the club did what was asked; the reason is emptied.",
    ),
)  # fmt: skip


# --- The login; the erasure deletes it with all that hangs on it --------------------------------


def _of_login(model, *names):
    def list_rows(member):
        return model.objects.filter(user=member.user_id) if member.user_id else model.objects.none()

    return {
        "export": lambda member: list(list_rows(member).order_by("pk").values(*names)),
        "count": lambda member: list_rows(member).count(),
        "why_kept": "Deleted with the login.",
    }


def _export_login(member):
    fields = ("email", "phone", "phone_verified_at", "display_name", "created_at", "last_login")
    return (
        list(type(member.user).objects.filter(pk=member.user_id).values(*fields))
        if (member.user_id)
        else []
    )


_OF_THE_LOGIN = (
    PersonalData(
        "members.User",
        export=_export_login,
        count=lambda member: 1 if member.user_id else 0,
        why_kept="Deleted with the record; that of staff stays theirs.",
    ),
    PersonalData("account.EmailAddress", **_of_login(EmailAddress, "email", "verified", "primary")),
    PersonalData(
        "socialaccount.SocialAccount",
        **_of_login(SocialAccount, "provider", "uid", "date_joined", "last_login", "extra_data"),
    ),
    PersonalData(
        "usersessions.UserSession",
        **_of_login(UserSession, "created_at", "last_seen_at", "ip", "user_agent"),
    ),
    PersonalData(
        "mfa.Authenticator", **_of_login(Authenticator, "type", "created_at", "last_used_at")
    ),
)


# --- What staff did and wrote -------------------------------------------------------------------


def _export_audit(member):
    entries = AuditEntry.objects.about(member).order_by("pk")
    return entries.values("recorded_at", "action").iterator(chunk_size=2000)


def _list_notes(member):
    return AuditNote.objects.filter(
        entry__subject_type=member._meta.label_lower, entry__subject_id=str(member.pk)
    )


_BY_STAFF = (
    PersonalData(
        "core.AuditEntry",
        export=_export_audit,
        count=lambda member: AuditEntry.objects.about(member).count(),
        why_kept="Who did what when, as ids and codes: the club must be able to answer for it.",
    ),
    PersonalData(
        "core.AuditNote",
        export=lambda member: list(
            _list_notes(member).order_by("pk").values("entry__recorded_at", "text")
        ),
        count=lambda member: _list_notes(member).count(),
        why_kept="Deleted by the erasure, with the notes on all that is the member's.",
    ),
)


def _matches_birthday(member, answer, now):
    """Month and day in either writing: 12-31, 12/31, 12月31日, 1980-12-31."""
    digits = "".join(char if char.isdecimal() else " " for char in answer).split()
    numbers = [int(part) for part in digits]
    return numbers[-2:] == [member.birth_month, member.birth_day] and len(numbers) in (2, 3)
