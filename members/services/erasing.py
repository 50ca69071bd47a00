"""Emptying a record: what is the person's goes, what the books need stays without a name.

docs/points.md 21 and docs/privacy.md say in which order and why.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import CharField, ProtectedError, QuerySet, RestrictedError
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.models import AuditEntry, AuditNote
from core.services.audit import record_audit
from members import registry
from members.enums import ErasureState, MemberStatus, RequestSource
from members.erased_keys import EMAIL, PHONE, REFERENCE, KeyHash, hash_key, write_reference
from members.models import (
    ErasedKey,
    Erasure,
    ErasureRequest,
    Member,
    MemberReference,
    User,
)
from members.models.member import PERSONAL_BLANKS
from members.services.erasure_log import log_on_commit
from members.services.holding import lock_members

logger = logging.getLogger(__name__)

ABSORBED_EMPTIED = "member.absorbed_emptied"


class AlreadyErased(DomainError):
    code = "already_erased"
    status = 410
    message = _("This record is empty already.")


class MergedAway(DomainError):
    code = "merged_away"
    status = 409
    message = _("This record went up in another: erase that one.")


class StillOpen(DomainError):
    """``reasons`` are the sentences, in the words of whoever holds the erasure up."""

    code = "still_open"
    status = 409
    message = _("Something must be finished first: %(reasons)s")

    def __init__(self, reasons: Sequence[Any]):
        self.reasons = list(reasons)
        super().__init__(reasons=" ".join(map(str, self.reasons)))


def list_open_reasons(member: Member, now: dt.datetime) -> list[Any]:
    """What must be finished before the record can be erased, in sentences."""
    return [
        reason
        for record in list_records(member)
        for entry in registry.personal_data
        if entry.blocks
        for reason in entry.blocks(record, now)
    ]


def list_records(member: Member) -> list[Member]:
    """The record and whatever went up in it: one person."""
    records = [member]
    for record in records:
        records.extend(Member.objects.filter(merged_into=record).order_by("pk"))
    return records


@transaction.atomic
def erase_member(
    member: Member,
    *,
    by: User | None,
    now: dt.datetime,
    source: str = RequestSource.STAFF,
    uid: uuid.UUID | None = None,
) -> Erasure:
    """Empty the record, with the records that went up in it and the login.

    Everything open is finished first: apps may hold the erasure up (StillOpen), and close what
    they can close at once. Then each app forfeits, deletes and blanks its own; notes of staff
    go; hashes of the contacts and of the shops' ids stay, so that no file brings them back.
    Raises AlreadyErased, MergedAway, StillOpen, RecordsBusy, or what an app refuses with.

    The row is locked against everything: a purchase that refers to it comes either before, and
    is forfeited, or afterwards (``recheck_erasures``).
    """
    records = _lock(member)
    if reasons := list_open_reasons(records[0], now):
        raise StillOpen(reasons)
    for record in records:
        _close_what_is_open(record, now)
    keys = list_keys(records)
    for record in records:
        _erase_rows(record, now)
    users = [record.user for record in records if record.user]
    _blank(records)
    for user in users:
        _delete_login(user)
    erasure = _remember(records, keys, uid=uid or uuid.uuid4(), now=now)
    requests = ErasureRequest.objects.filter(member__in=records)
    requests.exclude(reason="").update(reason="")
    requests.waiting().update(state=ErasureState.DONE, closed_at=now)
    record_audit(
        "member.erased", records[0], by=by, now=now,
        changes={"source": source, "records": [record.pk for record in records]},
    )  # fmt: skip
    log_on_commit()
    return erasure


def _lock(member: Member) -> list[Member]:
    """All rows of the person, by id; the one to erase comes first."""
    # Against everything: rows that come to refer to it wait for the end of the erasure.
    rows = Member.objects.select_related("user")
    known = {member.pk, *(record.pk for record in list_records(member))}
    locked = lock_members(known, rows)
    first = next(record for record in locked if record.pk == member.pk)
    if first.status == MemberStatus.ERASED:
        raise AlreadyErased
    if first.status == MemberStatus.MERGED:
        raise MergedAway
    # A merge may have been undone, or made, before the locks were held.
    wanted = {record.pk for record in list_records(first)}
    missing = lock_members(wanted - known, rows)
    rest = [record for record in [*locked, *missing] if record.pk in wanted - {first.pk}]
    return [first, *rest]


def _close_what_is_open(member, now):
    for entry in registry.personal_data:
        if entry.before_erase:
            entry.before_erase(member, now)


def _erase_rows(member, now):
    """Notes before the rows that they are about; then higher floors before lower ones, since
    forfeiting points may still touch audiences and notices.
    """
    _delete_notes(member)
    for entry in reversed(list(registry.personal_data)):
        if entry.erase:
            entry.erase(member, now)


def _delete_notes(member):
    """Notes on the record, and on all rows of any app that are the member's."""
    AuditNote.objects.filter(
        entry__subject_type=Member._meta.label_lower, entry__subject_id=str(member.pk)
    ).delete()
    for model in list_member_models():
        for name in list_member_keys(model):
            mine = model._base_manager.filter(**{name: member}).annotate(
                pk_text=Cast("pk", CharField())
            )
            AuditNote.objects.filter(
                entry__subject_type=model._meta.label_lower,
                entry__subject_id__in=mine.values("pk_text"),
            ).delete()


def list_member_models() -> list[Any]:
    """Models of this project with a key to Member."""
    return [
        model
        for app in settings.OWN_APPS
        for model in apps.get_app_config(app).get_models()
        if model is not Member and list_member_keys(model)
    ]


def list_member_keys(model) -> list[str]:
    """Names of the model's keys to Member, the one called ``member`` first."""
    names = [
        field.name
        for field in model._meta.local_fields
        if field.is_relation and field.related_model is Member
    ]
    return sorted(names, key=lambda name: name != "member")


def _blank(records):
    for record in records:
        blanks = {
            name: list(value) if isinstance(value, list) else value
            for name, value in PERSONAL_BLANKS.items()
        }
        values = {**blanks, "locale": "", "user": None, "merged_into": None,
                  "status": MemberStatus.ERASED}  # fmt: skip
        Member.objects.filter(pk=record.pk).update(**values)


def _delete_login(user: User) -> None:
    """Sessions end at once. A login of staff stays; so does, emptied, one that rows refer to."""
    if user.is_staff:
        return
    for session in UserSession.objects.filter(user=user):
        session.end()
    AuditNote.objects.filter(
        entry__subject_type=User._meta.label_lower, entry__subject_id=str(user.pk)
    ).delete()
    pk = user.pk
    try:
        with transaction.atomic():
            user.delete()
    except (ProtectedError, RestrictedError, DatabaseError):
        _empty_login(User.objects.get(pk=pk))


def _empty_login(user):
    for relation in (
        "emailaddress_set", "socialaccount_set", "authenticator_set", "usersession_set",
    ):  # fmt: skip
        getattr(user, relation).all().delete()
    user.email = user.phone = user.phone_verified_at = None
    user.display_name = ""
    user.is_active = False
    user.set_unusable_password()
    user.save(
        update_fields=[
            "email", "phone", "phone_verified_at", "display_name", "is_active", "password",
        ]
    )  # fmt: skip


# --- What stays ---------------------------------------------------------------------------------


def list_keys(records: Sequence[Member]) -> list[KeyHash]:
    """Everything by which a shop, a file or a till would name the person; also what an absorbed
    record was known by before it was emptied.
    """
    users = [record.user_id for record in records if record.user_id]
    emails = {record.email for record in records}
    phones = {record.phone for record in records}
    for user in User.objects.filter(pk__in=users):
        if not user.is_staff:
            emails.add(user.email)
            phones.add(user.phone)
    emails.update(
        address.lower()
        for address in EmailAddress.objects.filter(
            user__in=users, user__is_staff=False, verified=True
        ).values_list("email", flat=True)
    )
    references = MemberReference.objects.filter(member__in=records).values_list(
        "source_code", "external_id"
    )
    values = [
        *((EMAIL, email) for email in emails if email),
        *((PHONE, phone) for phone in phones if phone),
        *((REFERENCE, write_reference(*reference)) for reference in references),
    ]
    emptied = AuditEntry.objects.filter(
        action=ABSORBED_EMPTIED,
        subject_type=Member._meta.label_lower,
        subject_id__in=[str(record.pk) for record in records],
    )
    former = [
        KeyHash(*key)
        for changes in emptied.order_by("pk").values_list("changes", flat=True)
        for key in changes["keys"]
    ]
    return [*(hash_key(kind, value) for kind, value in sorted(values)), *former]


def _remember(
    records: Iterable[Member], keys: Iterable[KeyHash], *, uid: uuid.UUID, now: dt.datetime
) -> Erasure:
    members = [[record.pk, record.created_at.isoformat()] for record in records]
    erasure, _made = Erasure.objects.get_or_create(
        uid=uid, defaults={"members": members, "erased_at": now, "recorded_at": now}
    )
    add_keys(erasure, keys)
    return erasure


def add_keys(erasure: Erasure, keys: Iterable[KeyHash]) -> None:
    """Known ones stay with the erasure that came first."""
    ErasedKey.objects.bulk_create(
        [
            ErasedKey(erasure=erasure, kind=key.kind, key_id=key.key_id, key_hash=key.key_hash)
            for key in keys
        ],
        ignore_conflicts=True,
    )


def recheck_erasures(*, now: dt.datetime, limit: int = 100) -> int:
    """A day after: forfeit and delete again what was under way to the record when it was erased.

    Returns how many. One at which an app fails is tried again at the next look, and holds up none
    of the others.
    """
    count = 0
    waiting = Erasure.objects.unchecked(now - dt.timedelta(days=1))
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)[:limit]):
        try:
            count += _recheck(waiting.filter(pk=pk), now)
        except Exception:
            logger.exception("Erasure %s could not be checked again", pk)
    return count


@transaction.atomic
def _recheck(found: QuerySet[Erasure], now: dt.datetime) -> bool:
    """Whether it was there to be checked: another worker may have it."""
    erasure = found.select_for_update(skip_locked=True).first()
    if erasure is None:
        return False
    for member in list_erased(erasure):
        _close_what_is_open(member, now)
        _erase_rows(member, now)
    erasure.rechecked_at = now
    erasure.save(update_fields=["rechecked_at"])
    return True


def list_erased(erasure: Erasure) -> list[Member]:
    """The records of an erasure that are here: the same ids, made at the same instants."""
    made_at = dict(erasure.members)
    return [
        member
        for member in Member.objects.filter(pk__in=made_at).order_by("pk")
        if member.created_at.isoformat() == made_at[member.pk]
    ]
