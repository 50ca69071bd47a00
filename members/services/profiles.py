"""Changes to the record of a member."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.words import list_columns, list_shown
from members.contacts import clean_email, clean_phone
from members.enums import MemberStatus
from members.models import AudienceMember, Club, Member, User
from members.models.member import BIRTHDAY_PARTS
from members.purposes import SENSITIVE
from members.selectors.club import get_club, is_currency_in_use
from members.selectors.consents import has_agreed
from members.services.conduct import check_actor
from members.services.memberships import AlreadyMember

CONTACTS = frozenset({"email", "phone"})
OWN = frozenset(
    {
        "family_name",
        "given_name",
        "family_name_reading",
        "given_name_reading",
        "display_name",
        "gender",
        *BIRTHDAY_PARTS,
        "household_size",
        "child_birth_years",
        "income_band",
        "interests",
        "preferences",
        "traits",
        "locale",
        "zone",
        "mourning_ends_on",
    }
)
EDITABLE = OWN | CONTACTS
FIRST_CHILD_YEAR = 1920


class InvalidProfile(DomainError):
    code = "invalid_profile"
    message = _("The record would not be right: %(reason)s")


class BirthdayLocked(DomainError):
    code = "birthday_locked"
    field = "birth_month"
    message = _("Your birthday is noted already. If it is wrong, ask us to correct it.")


class CurrencyInUse(DomainError):
    code = "currency_in_use"
    field = "currency"
    message = _("Members have bought in this currency: every amount would mean something else.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    field = "reason"
    message = _("A birthday on record is corrected with a reason only: write why.")


class SensitiveConsentNeeded(DomainError):
    code = "sensitive_consent_needed"
    field = "traits"
    message = _("Such details are kept with the member's consent to “Sensitive details” only.")


class RecordGone(DomainError):
    code = "record_gone"
    status = 409
    message = _("This record went up in another one, or was erased: there is nothing to change.")


def check_editable(member: Member) -> None:
    """Raises RecordGone where the record is no longer a person's own."""
    if member.status in (MemberStatus.MERGED, MemberStatus.ERASED):
        raise RecordGone


@keeps_refusals
@transaction.atomic
def update_member(
    member: Member,
    changes: dict[str, Any],
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
    as_staff: bool = False,
) -> Member:
    """Change names, birthday, language, what the person told of themselves, or the contacts.

    Each part of a birthday is locked once it is noted: its member can't change it, staff with a
    ``reason`` can. On one's own record only what is OWN may change, and that on the members'
    pages (not ``as_staff``): contacts are proved at the login. Details that may be sensitive
    (``traits``) need the consent to these. The audit row names the fields, not their values.

    Raises InvalidProfile, InvalidEmail, InvalidPhone, BirthdayLocked, ReasonNeeded, OwnRecord,
    SensitiveConsentNeeded or RecordGone; a field that is not EDITABLE is a programming error.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValueError(f"Not editable: {', '.join(sorted(unknown))}")
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    check_editable(member)
    changes = _clean(changes, now)
    changed = [name for name, value in changes.items() if getattr(member, name) != value]
    if not changed:
        return member
    if as_staff or not OWN.issuperset(changed):
        check_actor(member, by=by, act="member.update")
    _check_birthday(member, changed, by, reason)
    if "traits" in changed and changes["traits"] and not has_agreed(member, SENSITIVE):
        raise SensitiveConsentNeeded
    for name in changed:
        setattr(member, name, changes[name])
    try:
        member.clean_fields(exclude={f.name for f in Member._meta.fields} - set(changed))
        member.validate_constraints()
    except ValidationError as error:
        raise InvalidProfile(reason=" ".join(error.messages)) from error
    if set(BIRTHDAY_PARTS) & set(changed):
        _check_day_exists(member, now)
    member.save(update_fields=changed)
    record_audit(
        "member.updated",
        member,
        by=by,
        now=now,
        changes={"fields": sorted(changed)},
        note=reason,
    )
    return member


def _clean(changes, now):
    """One spelling of contacts and lists."""
    changes = dict(changes)
    if changes.get("email"):
        changes["email"] = clean_email(changes["email"])
    if changes.get("phone"):
        changes["phone"] = clean_phone(changes["phone"], get_club().country)
    for name in ("interests", "preferences", "child_birth_years"):
        if name in changes:
            changes[name] = sorted(changes[name] or [])
    years = changes.get("child_birth_years", [])
    if any(not FIRST_CHILD_YEAR <= year <= now.year + 1 for year in years):
        raise InvalidProfile(reason=_("a child's year of birth can't be right."))
    return changes


def _check_birthday(member, changed, by, reason):
    locked = [name for name in changed if name in BIRTHDAY_PARTS and getattr(member, name)]
    if not locked or by is None:
        return
    if member.user_id == by.pk:
        raise BirthdayLocked
    if not reason.strip():
        raise ReasonNeeded


def _check_day_exists(member, now):
    """What the table's own constraints can't know: leap years, and that the day has come."""
    year, month, day = member.birth_year, member.birth_month, member.birth_day
    try:
        born = dt.date(year or 2000, month or 1, day or 1)
    except ValueError:
        born = None
    if born is None or (year and born > now.date() + dt.timedelta(days=1)):
        raise InvalidProfile(reason=_("there is no such birthday."))


@keeps_refusals
@transaction.atomic
def close_member(member: Member, *, by: User | None, now: dt.datetime) -> Member:
    """End a membership: it leaves every audience and may not earn or spend. Reversible.

    Raises OwnRecord: nobody ends their own in the back office.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    check_actor(member, by=by, act="member.close")
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
    """Change the club's own facts. Raises InvalidProfile, and CurrencyInUse once anything was
    bought: amounts are kept as bare numbers. Its zone counts from now on only.
    """
    club, _created = Club.objects.select_for_update(no_key=True).get_or_create(pk=1)
    changed = {name: value for name, value in changes.items() if getattr(club, name) != value}
    if not changed:
        return club
    if "currency" in changed and is_currency_in_use():
        raise CurrencyInUse
    for name, value in changed.items():
        setattr(club, name, value)
    try:
        club.full_clean(exclude=list_shown(Club))
    except ValidationError as error:
        raise InvalidProfile(reason=" ".join(error.messages)) from error
    club.save(update_fields=list_columns(Club, changed))
    record_audit("club.updated", club, by=by, now=now, changes={"fields": sorted(changed)})
    return club
