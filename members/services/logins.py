"""Logins: made by the club, kept in step with allauth."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.contacts import clean_email, clean_phone
from members.models import Member, User
from members.selectors.club import get_club

ABANDONED_AFTER = dt.timedelta(days=2)


class ContactTaken(DomainError):
    code = "contact_taken"
    status = 409
    message = _("Another login has this e-mail address or phone number.")


class ContactMissing(DomainError):
    code = "contact_missing"
    message = _("A login needs an e-mail address or a phone number.")


@transaction.atomic
def create_login(
    *,
    email: str | None = None,
    phone: str | None = None,
    password: str | None = None,
    display_name: str = "",
    is_staff: bool = False,
    is_superuser: bool = False,
    roles: tuple[str, ...] = (),
    by: User | None,
    now: dt.datetime,
) -> User:
    """A login whose contacts count as verified: staff, and the demonstration's members.

    ``roles`` name groups made by ``sync_roles``. Raises InvalidEmail, InvalidPhone,
    ContactMissing or ContactTaken.
    """
    if not (email or phone):
        raise ContactMissing
    email = clean_email(email) if email else None
    phone = clean_phone(phone, get_club().country) if phone else None
    user = User(
        email=email,
        phone=phone,
        phone_verified_at=now if phone else None,
        display_name=display_name,
        is_staff=is_staff,
        is_superuser=is_superuser,
        created_at=now,
    )
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            if email:
                EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    except IntegrityError as error:
        raise ContactTaken from error
    if roles:
        user.groups.set(Group.objects.filter(name__in=roles))
    record_audit(
        "login.created", user, by=by, now=now, changes={"staff": is_staff, "roles": list(roles)}
    )
    return user


@transaction.atomic
def set_phone(user: User, phone: str, *, is_verified: bool, now: dt.datetime) -> None:
    """allauth's hook: the login's number, verified or not. Raises ContactTaken."""
    user.phone = phone
    user.phone_verified_at = now if is_verified else None
    try:
        with transaction.atomic():
            user.save(update_fields=["phone", "phone_verified_at"])
    except IntegrityError as error:
        raise ContactTaken from error
    if is_verified:
        _follow(user, {"phone": phone}, now)


@transaction.atomic
def follow_email(user: User, email: str, *, now: dt.datetime) -> None:
    """The member's record takes over the address that its login just proved."""
    _follow(user, {"email": email.lower()}, now)


def _follow(user, changes, now):
    member = Member.objects.filter(user=user).exclude(**changes).first()
    if member is None:
        return
    Member.objects.filter(pk=member.pk).update(**changes)
    record_audit(
        "member.contact_followed", member, by=user, now=now, changes={"fields": list(changes)}
    )


@transaction.atomic
def delete_abandoned_logins(*, now: dt.datetime) -> int:
    """Delete sign-ups that nobody ever completed, so that their contacts are free again.

    Only logins that never logged in, have no member, no verified contact, no password, no
    social account and no staff right. Returns how many.
    """
    abandoned = User.objects.filter(
        created_at__lt=now - ABANDONED_AFTER,
        last_login__isnull=True,
        member__isnull=True,
        is_staff=False,
        phone_verified_at__isnull=True,
        socialaccount__isnull=True,
        password__startswith=UNUSABLE_PASSWORD_PREFIX,
    ).exclude(emailaddress__verified=True)
    count = 0
    for user in abandoned[:500]:
        user.delete()
        count += 1
    return count
