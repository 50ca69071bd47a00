"""Belonging: the member of a login, new or claimed."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members import registry
from members.models import Member, User
from members.selectors.claims import list_claimable, list_verified_contacts
from members.services.activities import ActivityRow, record_batch
from members.services.enrolment import create_member

SIGNUP = "signup"
_PROFILE_FIELDS = ("family_name", "given_name", "display_name", "locale", "zone")


class AlreadyMember(DomainError):
    code = "already_member"
    status = 409
    message = _("You already have a membership. The counter can join two into one.")


@transaction.atomic
def welcome_login(
    user: User, *, now: dt.datetime, profile: dict[str, Any] | None = None
) -> Member | None:
    """Give a login that just proved its contact a membership, where that is beyond doubt.

    Returns its member; None for staff without one, and where a record waits that the person
    must claim or decline first: several share the contact, or the one record holds value.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if hasattr(user, "member"):
        return user.member
    if user.is_staff:
        return None
    waiting = list(list_claimable(user).order_by("pk")[:2])
    if not waiting:
        return open_membership(user, now=now, profile=profile)
    if len(waiting) > 1:
        return None
    member = Member.objects.select_for_update(no_key=True).get(pk=waiting[0].pk)
    if member.user_id or registry.has_value(member):
        return None
    return give_member(member, user, via="contact", now=now)


@transaction.atomic
def open_membership(
    user: User, *, now: dt.datetime, profile: dict[str, Any] | None = None
) -> Member:
    """A new member for the login, with its verified contacts. Raises AlreadyMember.

    ``profile`` may bring names, language and ``source``: what led the person here.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if hasattr(user, "member"):
        raise AlreadyMember
    emails, phone = list_verified_contacts(user)
    fields = {
        name: value for name, value in (profile or {}).items() if name in _PROFILE_FIELDS and value
    }
    if user.display_name and not (fields.get("family_name") or fields.get("given_name")):
        fields.setdefault("display_name", user.display_name)
    member = create_member(
        now=now,
        source=(profile or {}).get("source") or SIGNUP,
        user=user,
        email=user.email if user.email in emails else None,
        phone=phone,
        **fields,
    )
    record_audit("member.joined", member, by=user, now=now)
    _record_signup(member, "new", now)
    return member


def give_member(member: Member, user: User, *, via: str, now: dt.datetime) -> Member:
    """Tie a locked, unclaimed record to the login; the caller has checked the right to it."""
    emails, phone = list_verified_contacts(user)
    member.user = user
    changed = ["user"]
    if member.email is None and emails:
        member.email = user.email if user.email in emails else emails[0]
        changed.append("email")
    if member.phone is None and phone:
        member.phone = phone
        changed.append("phone")
    member.save(update_fields=changed)
    member.claim_codes.all().delete()
    record_audit("member.claimed", member, by=user, now=now, changes={"via": via})
    _record_signup(member, via, now)
    return member


def _record_signup(member, via, now):
    activity = ActivityRow(
        member.pk, SIGNUP, now, subject_type="member", subject_id=member.pk, facts={"via": via}
    )
    record_batch(SIGNUP, [activity], payload=[activity], now=now)
