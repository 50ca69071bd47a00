"""Households: who belongs to one, who was invited, and whose points are pooled."""

import datetime as dt
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.contacts import clean_email
from members.links import build_url, sign
from members.models import Household, HouseholdInvitation, HouseholdMember, Member, User
from members.numbers import clean_number, is_valid_number
from members.selectors.club import get_club
from members.selectors.guardians import is_young
from members.services.letters import send_letter
from members.services.notices import NoticeRow, add_notices

MOST_PEOPLE = 8
OPEN_INVITATIONS = 10
INVITATION_LIFE = dt.timedelta(days=14)
INVITED = "household_invited"


class InHousehold(DomainError):
    code = "in_household"
    status = 409
    message = _("You belong to a household already. Leave it first.")


class NotInHousehold(DomainError):
    code = "not_in_household"
    status = 409
    message = _("You belong to no household.")


class HouseholdFull(DomainError):
    code = "household_full"
    status = 409
    message = _("A household has room for %(most)s people, invitations included.")


class OnlyTheHead(DomainError):
    code = "only_the_head"
    status = 403
    message = _("Only who leads the household may do this.")


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


class TooYoungToAgree(DomainError):
    code = "too_young_to_agree"
    status = 403
    message = _("Members under %(age)s can belong to a household, but not pool points yet.")


class NotActive(DomainError):
    code = "not_active"
    status = 409
    message = _("This membership has ended.")


# --- Beginning and belonging --------------------------------------------------------------------


@transaction.atomic
def open_household(member: Member, *, by: User | None, now: dt.datetime) -> Household:
    """A household with ``member`` as its head. Raises InHousehold or NotActive."""
    member = _lock_member(member)
    if member.household_places.active().exists():
        raise InHousehold
    household = Household.objects.create(created_at=now)
    HouseholdMember.objects.create(
        household=household, member=member, is_head=True, joined_at=now
    )
    _record("opened", household, member, by, now)
    return household


@transaction.atomic
def leave_household(member: Member, *, by: User | None, now: dt.datetime) -> None:
    """Go, at any time; the points that are one's own stay so. Raises NotInHousehold."""
    place = _lock_place(member)
    _end_place(place, now)
    _record("left", place.household, member, by, now)


@transaction.atomic
def remove_from_household(
    head: Member, place_id: int, *, by: User | None, now: dt.datetime
) -> None:
    """The head lets somebody go. Raises OnlyTheHead or NotInHousehold."""
    household = _lock_place(head, as_head=True).household
    place = household.places.active().filter(pk=place_id).select_related("member").first()
    if place is None or place.is_head:
        raise NotInHousehold
    _end_place(place, now)
    _record("removed", household, place.member, by, now)


@transaction.atomic
def pool_points(member: Member, *, by: User | None, now: dt.datetime) -> HouseholdMember:
    """Agree that the others of the household may use these points, and the other way round,
    as far as they agreed too. Raises NotInHousehold or TooYoungToAgree.
    """
    place = _lock_place(member)
    if place.agreed_at is None:
        _check_may_agree(place.member, now)
        place.agreed_at = now
        place.save(update_fields=["agreed_at"])
        _record("points_pooled", place.household, member, by, now)
    return place


@transaction.atomic
def keep_points(member: Member, *, by: User | None, now: dt.datetime) -> HouseholdMember:
    """Take the agreement back: from now on everybody uses their own. Raises NotInHousehold."""
    place = _lock_place(member)
    if place.agreed_at is not None:
        place.agreed_at = None
        place.save(update_fields=["agreed_at"])
        _record("points_kept", place.household, member, by, now)
    return place


# --- Invitations --------------------------------------------------------------------------------


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
    place = _lock_place(head, as_head=True)
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
        transaction.on_commit(
            lambda: current_app.send_task("members.tasks.send_household_invitations"),
            robust=True,
        )
    _record("invited", household, invited or head, by, now, invitation=invitation.pk)
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
    household = _lock_place(head, as_head=True).household
    ended = household.invitations.open(now).filter(pk=invitation_id).update(answered_at=now)
    if not ended:
        raise InvitationGone
    _record("invitation_cancelled", household, head, by, now, invitation=invitation_id)


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
    member = _lock_member(member)
    invitation = _lock_invitation(invitation, member, now)
    household = invitation.household
    if member.household_places.active().exists():
        raise InHousehold
    if household.places.active().count() >= MOST_PEOPLE:
        raise HouseholdFull(most=MOST_PEOPLE)
    if pools_points:
        _check_may_agree(member, now)
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
    _record("joined", household, member, by, now, invitation=invitation.pk)
    if pools_points:
        _record("points_pooled", household, member, by, now)
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
    _record("declined", invitation.household, member, by, now, invitation=invitation.pk)


# --- Locks and small change ---------------------------------------------------------------------
# The household's row is locked before its places, so that nine can't join at once.


def _lock_member(member):
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not member.is_active:
        raise NotActive
    return member


def _lock_place(member, *, as_head=False):
    """The member's place under the lock of its household. Raises NotInHousehold, OnlyTheHead."""
    place = member.household_places.active().first()
    if place is not None:
        Household.objects.select_for_update(no_key=True).get(pk=place.household_id)
        place = (
            HouseholdMember.objects.active()
            .select_related("household", "member")
            .filter(pk=place.pk)
            .first()
        )
    if place is None:
        raise NotInHousehold
    if as_head and not place.is_head:
        raise OnlyTheHead
    return place


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


def _check_may_agree(member, now):
    if is_young(member, now=now):
        raise TooYoungToAgree(age=get_club().get_guardian_age())


def _end_place(place, now):
    """The head's place goes to whoever has been there longest; with the last one it ends."""
    was_head = place.is_head
    place.left_at, place.agreed_at = now, None
    place.save(update_fields=["left_at", "agreed_at"])
    left = place.household.places.active().order_by("joined_at", "pk").first()
    if left is None:
        place.household.ended_at = now
        place.household.save(update_fields=["ended_at"])
        place.household.invitations.open(now).update(answered_at=now)
    elif was_head:
        left.is_head = True
        left.save(update_fields=["is_head"])


def _record(act, household, member, by, now, **changes):
    record_audit(
        f"household.{act}", household, by=by, now=now, changes={"member": member.pk, **changes}
    )


# --- Erasure, and two records that become one ---------------------------------------------------


def end_places(member: Member, *, now: dt.datetime) -> None:
    """Out of the household, without a word: the record is about to be emptied."""
    for place in member.household_places.active().select_related("household"):
        Household.objects.select_for_update(no_key=True).get(pk=place.household_id)
        _end_place(place, now)


def merge_places(source: Member, target: Member, now: dt.datetime) -> dict[str, Any]:
    """The survivor takes the place over, or keeps its own: then the other one ends."""
    place = source.household_places.active().select_related("household").first()
    if place is None:
        return {}
    moved = {
        "place": place.pk,
        "was_head": place.is_head,
        "agreed_at": place.agreed_at and place.agreed_at.isoformat(),
    }
    if target.household_places.active().exists():
        _end_place(place, now)
        return {**moved, "ended_at": now.isoformat()}
    place.member = target
    place.save(update_fields=["member"])
    return moved


def undo_merge(source: Member, target: Member, moved: dict[str, Any], now: dt.datetime) -> None:
    place = HouseholdMember.objects.select_related("household").get(pk=moved["place"])
    household = place.household
    if "ended_at" not in moved:
        place.member = source
        place.save(update_fields=["member"])
        return
    if source.household_places.active().exists():
        return
    ended_at = dt.datetime.fromisoformat(moved["ended_at"])
    if household.ended_at == ended_at:  # nobody else was in it
        household.ended_at = None
        household.save(update_fields=["ended_at"])
    if household.ended_at is not None or household.places.active().count() >= MOST_PEOPLE:
        return
    place.left_at = None
    place.agreed_at = moved["agreed_at"] and dt.datetime.fromisoformat(moved["agreed_at"])
    place.is_head = not household.places.active().filter(is_head=True).exists()
    place.save(update_fields=["left_at", "agreed_at", "is_head"])
