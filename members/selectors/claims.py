from allauth.account.models import EmailAddress
from django.db.models import Q

from members.models import Member, User
from members.models.member import MemberQuerySet


def list_verified_contacts(user: User) -> tuple[list[str], str | None]:
    """The verified e-mail addresses of a login, lower-cased, and its verified number."""
    emails = [
        email.lower()
        for email in EmailAddress.objects.filter(user=user, verified=True).values_list(
            "email", flat=True
        )
    ]
    return emails, user.phone if user.phone and user.phone_verified_at else None


def list_claimable(user: User) -> MemberQuerySet:
    """Unclaimed members whose e-mail or phone the login has proved to be its own."""
    emails, phone = list_verified_contacts(user)
    # An absent contact must never compare: phone=None would mean "has no phone".
    matches = Q(email__in=emails)
    if phone:
        matches |= Q(phone=phone)
    return Member.objects.active().unclaimed().filter(matches)
