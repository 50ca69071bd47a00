"""Invitations to a household: by number, by e-mail, by link; each for one person, for two weeks."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.wakes import send_once_committed
from members.contacts import clean_email
from members.links import build_url, sign
from members.models import Household, HouseholdInvitation, HouseholdMember, Member, User
from members.numbers import clean_number, is_valid_number
from members.services.households import (
    MOST_PEOPLE,
    HouseholdFull,
    InHousehold,
    check_may_agree,
    lock_member,
    lock_place,
    record_act,
)
from members.services.letters import send_letter
from members.services.notices import NoticeRow, add_notices

OPEN_INVITATIONS = 10
INVITATION_LIFE = dt.timedelta(days=14)
INVITED = "household_invited"


class InvitationGone(DomainError):
    code = "invitation_gone"
    status = 410
    message = _("This invitation is no longer open. Ask for a new one.")


class NoSuchNumber(DomainError):
    code = "no_such_number"
    field = "number"
    message = _("This is not a membership number: its check digits are wrong.")


class OwnInvitation(DomainError):
    code = "own_invitation"
    message = _("That is yourself.")


@transaction.atomic
def invite_to_household(
    head: Member,
    *,
    by: User | None,
    now: dt.datetime,
    number: str = "",
    email: str = "",
) -> HouseholdInvitation:
    """Invite a member by number, a person by e-mail, or, with neither, whoever gets the link.

    A number that belongs to nobody gets an invitation that nobody answers: it tells the asker
    nothing. Raises OnlyTheHead, HouseholdFull, NoSuchNumber, OwnInvitation or InvalidEmail.
    """
    place = lock_place(head, as_head=True)
    household = place.household
    waiting = household.invitations.open(now).count()
    if household.places.active().count() + waiting >= MOST_PEOPLE or waiting >= OPEN_INVITATIONS:
        raise HouseholdFull(most=MOST_PEOPLE)
    invited = _find_by_number(number, head) if number else None
    if invited:
        household.invitations.filter(member=invited, answered_at__isnull=True).update(
            answered_at=now
        )
    invitation = HouseholdInvitation.objects.create(
        household=household,
        invited_by_member=head,
        member=invited,
        email=clean_email(email) if email else "",
        is_for_anyone=not (number or email),
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    if invited:
        add_notices(
            [NoticeRow(invited.pk, INVITED, now, f"household:{invitation.pk}",
                       {"invitation": invitation.pk, "from": head.pk})],
            now=now,
        )  # fmt: skip
    elif email:
        send_once_committed("members.tasks.send_household_invitations")
    record_act("invited", household, invited or head, by, now, invitation=invitation.pk)
    return invitation


def _find_by_number(number, head):
    digits = clean_number(number)
    if not is_valid_number(digits):
        raise NoSuchNumber
    found = Member.objects.select_related("merged_into").filter(number=digits).first()
    if found is not None and found.merged_into:
        found = found.merged_into
    if found == head:
        raise OwnInvitation
    return found if found is not None and found.is_active else None


def build_invitation_token(invitation: HouseholdInvitation) -> str:
    return sign("household", invitation.pk)


def send_household_invitations(*, now: dt.datetime) -> int:
    """Mail the links of invitations by e-mail, each once. Returns how many went out."""
    waiting = HouseholdInvitation.objects.open(now).filter(sent_at__isnull=True).exclude(email="")
    return sum(_send(pk, now) for pk in waiting.order_by("pk").values_list("pk", flat=True)[:500])


def _send(invitation_id, now):
    """The row is claimed before its mail leaves: twice at once is once."""
    own = HouseholdInvitation.objects.filter(pk=invitation_id, sent_at__isnull=True)
    if not own.update(sent_at=now):
        return False
    invitation = HouseholdInvitation.objects.select_related("invited_by_member").get(
        pk=invitation_id
    )
    inviter = invitation.invited_by_member
    return send_letter(
        "household_invitation",
        email=invitation.email,
        locale=inviter.locale,
        inviter=inviter.get_full_name(),
        url=build_url("household_invitation", build_invitation_token(invitation)),
        expires_at=invitation.expires_at,
    )


@transaction.atomic
def cancel_invitation(
    head: Member, invitation_id: int, *, by: User | None, now: dt.datetime
) -> None:
    """Take an open invitation back. Raises OnlyTheHead or InvitationGone."""
    household = lock_place(head, as_head=True).household
    ended = household.invitations.open(now).filter(pk=invitation_id).update(answered_at=now)
    if not ended:
        raise InvitationGone
    record_act("invitation_cancelled", household, head, by, now, invitation=invitation_id)


@transaction.atomic
def accept_invitation(
    invitation: HouseholdInvitation,
    member: Member,
    *,
    by: User | None,
    now: dt.datetime,
    pools_points: bool = False,
) -> HouseholdMember:
    """Join the household of the invitation; with ``pools_points`` agree to that as well.

    Raises InvitationGone, InHousehold, HouseholdFull, NotActive or TooYoungToAgree.
    """
    member = lock_member(member)
    invitation = _lock_invitation(invitation, member, now)
    household = invitation.household
    if member.household_places.active().exists():
        raise InHousehold
    if household.places.active().count() >= MOST_PEOPLE:
        raise HouseholdFull(most=MOST_PEOPLE)
    if pools_points:
        check_may_agree(member, now)
    invitation.member = member
    invitation.answered_at, invitation.is_accepted = now, True
    invitation.save(update_fields=["member", "answered_at", "is_accepted"])
    household.invitations.filter(member=member, answered_at__isnull=True).update(answered_at=now)
    place = HouseholdMember.objects.create(
        household=household,
        member=member,
        joined_at=now,
        agreed_at=now if pools_points else None,
    )
    record_act("joined", household, member, by, now, invitation=invitation.pk)
    if pools_points:
        record_act("points_pooled", household, member, by, now)
    return place


@transaction.atomic
def decline_invitation(
    invitation: HouseholdInvitation, member: Member, *, by: User | None, now: dt.datetime
) -> None:
    """Say no; an invitation for whoever has the link stays open for others.

    Raises InvitationGone.
    """
    invitation = _lock_invitation(invitation, member, now)
    if invitation.is_for_anyone:
        return
    invitation.answered_at = now
    invitation.save(update_fields=["answered_at"])
    record_act("declined", invitation.household, member, by, now, invitation=invitation.pk)


def _lock_invitation(invitation, member, now):
    Household.objects.select_for_update(no_key=True).get(pk=invitation.household_id)
    invitation = HouseholdInvitation.objects.select_related("household").get(pk=invitation.pk)
    if not invitation.is_open(now) or invitation.household.ended_at is not None:
        raise InvitationGone
    if invitation.member_id not in (None, member.pk):
        raise InvitationGone
    if invitation.member_id is None and not (invitation.email or invitation.is_for_anyone):
        raise InvitationGone  # by a number that belonged to nobody
    return invitation
