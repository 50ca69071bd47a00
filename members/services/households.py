"""Households: who belongs to one, who was invited, and whose points are pooled."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.models import Household, HouseholdMember, Member, User
from members.selectors.club import get_club
from members.selectors.guardians import is_young

MOST_PEOPLE = 8


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
    member = lock_member(member)
    if member.household_places.active().exists():
        raise InHousehold
    household = Household.objects.create(created_at=now)
    HouseholdMember.objects.create(household=household, member=member, is_head=True, joined_at=now)
    record_act("opened", household, member, by, now)
    return household


@transaction.atomic
def leave_household(member: Member, *, by: User | None, now: dt.datetime) -> None:
    """Go, at any time; the points that are one's own stay so. Raises NotInHousehold."""
    place = lock_place(member)
    _end_place(place, now)
    record_act("left", place.household, member, by, now)


@transaction.atomic
def remove_from_household(
    head: Member, place_id: int, *, by: User | None, now: dt.datetime
) -> None:
    """The head lets somebody go. Raises OnlyTheHead or NotInHousehold."""
    household = lock_place(head, as_head=True).household
    place = household.places.active().filter(pk=place_id).select_related("member").first()
    if place is None or place.is_head:
        raise NotInHousehold
    _end_place(place, now)
    record_act("removed", household, place.member, by, now)


@transaction.atomic
def pool_points(member: Member, *, by: User | None, now: dt.datetime) -> HouseholdMember:
    """Agree that the others of the household may use these points, and the other way round,
    as far as they agreed too. Raises NotInHousehold or TooYoungToAgree.
    """
    place = lock_place(member)
    if place.agreed_at is None:
        check_may_agree(place.member, now)
        place.agreed_at = now
        place.save(update_fields=["agreed_at"])
        record_act("points_pooled", place.household, member, by, now)
    return place


@transaction.atomic
def keep_points(member: Member, *, by: User | None, now: dt.datetime) -> HouseholdMember:
    """Take the agreement back: from now on everybody uses their own. Raises NotInHousehold."""
    place = lock_place(member)
    if place.agreed_at is not None:
        place.agreed_at = None
        place.save(update_fields=["agreed_at"])
        record_act("points_kept", place.household, member, by, now)
    return place


# --- Locks and small change ---------------------------------------------------------------------
# The household's row is locked before its places, so that nine can't join at once.


def lock_member(member):
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not member.is_active:
        raise NotActive
    return member


def lock_place(member, *, as_head=False):
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


def check_may_agree(member, now):
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


def record_act(act, household, member, by, now, **changes):
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
