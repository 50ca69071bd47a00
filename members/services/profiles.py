"""Changes to the record of a member."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.contacts import clean_email, clean_phone
from members.enums import MemberStatus
from members.models import AudienceMember, Club, Member, User
from members.selectors.club import get_club
from members.services.memberships import AlreadyMember

EDITABLE = frozenset(
    {
        "family_name",
        "given_name",
        "family_name_reading",
        "given_name_reading",
        "display_name",
        "gender",
        "birth_year",
        "birth_month",
        "birth_day",
        "locale",
        "email",
        "phone",
    }
)


class InvalidProfile(DomainError):
    code = "invalid_profile"
    message = _("The record would not be right: %(reason)s")


@transaction.atomic
def update_member(
    member: Member, changes: dict[str, Any], *, by: User | None, now: dt.datetime
) -> Member:
    """Change names, birthday, gender, language or the record's contacts.

    The audit row names the fields, not their values. Raises InvalidProfile, InvalidEmail or
    InvalidPhone; a field that is not EDITABLE is a programming error.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValueError(f"Not editable: {', '.join(sorted(unknown))}")
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if changes.get("email"):
        changes = {**changes, "email": clean_email(changes["email"])}
    if changes.get("phone"):
        changes = {**changes, "phone": clean_phone(changes["phone"], get_club().country)}
    changed = [name for name, value in changes.items() if getattr(member, name) != value]
    if not changed:
        return member
    for name in changed:
        setattr(member, name, changes[name])
    try:
        member.clean_fields(exclude={f.name for f in Member._meta.fields} - set(changed))
        member.validate_constraints()
    except ValidationError as error:
        raise InvalidProfile(reason=" ".join(error.messages)) from error
    member.save(update_fields=changed)
    record_audit("member.updated", member, by=by, now=now, changes={"fields": sorted(changed)})
    return member


@transaction.atomic
def close_member(member: Member, *, by: User | None, now: dt.datetime) -> Member:
    """End a membership: it leaves every audience and may not earn or spend. Reversible."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.status != MemberStatus.ACTIVE:
        return member
    member.status = MemberStatus.CLOSED
    member.save(update_fields=["status"])
    AudienceMember.objects.filter(member=member).delete()
    record_audit("member.closed", member, by=by, now=now)
    return member


@transaction.atomic
def attach_login(member: Member, user: User, *, by: User | None, now: dt.datetime) -> Member:
    """Tie a record to a login on the club's own authority (the demonstration, support).

    Raises AlreadyMember where the login has a member, or the member a login.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.user_id or Member.objects.filter(user=user).exists():
        raise AlreadyMember
    member.user = user
    member.save(update_fields=["user"])
    record_audit("member.login_attached", member, by=by, now=now, changes={"user": user.pk})
    return member


@transaction.atomic
def update_club(changes: dict[str, Any], *, by: User | None, now: dt.datetime) -> Club:
    """Change the club's own facts. Raises InvalidProfile. Its zone counts from now on only."""
    club, _created = Club.objects.select_for_update(no_key=True).get_or_create(pk=1)
    changed = {name: value for name, value in changes.items() if getattr(club, name) != value}
    if not changed:
        return club
    for name, value in changed.items():
        setattr(club, name, value)
    try:
        club.full_clean()
    except ValidationError as error:
        raise InvalidProfile(reason=" ".join(error.messages)) from error
    club.save(update_fields=list(changed))
    record_audit("club.updated", club, by=by, now=now, changes={"fields": sorted(changed)})
    return club
