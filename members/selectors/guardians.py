"""Young members: who needs a guardian, and whether one has said yes."""

import datetime as dt
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from members.models import Guardian, Member
from members.selectors.club import get_club


class GuardianState(StrEnum):
    NOT_NEEDED = "not_needed"
    MISSING = "missing"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class GuardianNeeded(DomainError):
    code = "guardian_needed"
    status = 403
    message = _(
        "Members under %(age)s need a parent's or guardian's consent for this. Name one on your "
        "privacy page: we ask them by mail."
    )


class GuardianSilent(GuardianNeeded):
    code = "guardian_silent"
    message = _("Your parent or guardian has not answered our mail yet.")


class GuardianRefused(GuardianNeeded):
    code = "guardian_refused"
    message = _("Your parent or guardian did not agree to this.")


def is_young(member: Member, *, now: dt.datetime) -> bool:
    """Below the club's age by the birthday on record; unknown years count as grown up.

    Where month or day are missing, the latest day of the year is assumed.
    """
    if member.birth_year is None:
        return False
    club = get_club()
    today = day_of(now, club.zone)
    age = today.year - member.birth_year
    if (today.month, today.day) < (member.birth_month or 12, member.birth_day or 31):
        age -= 1
    return age < club.get_guardian_age()


def get_guardian(member: Member) -> Guardian | None:
    """The guardian whom the member named last."""
    return Guardian.objects.current().filter(member=member).first()


def get_guardian_state(member: Member, *, now: dt.datetime) -> GuardianState:
    """Where a young member stands; no query for a grown-up one."""
    if not is_young(member, now=now):
        return GuardianState.NOT_NEEDED
    guardian = get_guardian(member)
    if guardian is None:
        return GuardianState.MISSING
    if guardian.refused_at:
        return GuardianState.REFUSED
    return GuardianState.CONFIRMED if guardian.confirmed_at else GuardianState.ASKED


def check_guardian(member: Member, *, now: dt.datetime) -> None:
    """What a young member may not do alone: agree to certain things, redeem what costs money.

    Raises GuardianNeeded, GuardianSilent or GuardianRefused.
    """
    match get_guardian_state(member, now=now):
        case GuardianState.MISSING:
            raise GuardianNeeded(age=get_club().get_guardian_age())
        case GuardianState.ASKED:
            raise GuardianSilent
        case GuardianState.REFUSED:
            raise GuardianRefused
