"""What nobody may do, whatever their role: act on their own record."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import RefusalOnRecord
from members.models import HouseholdMember, Member, User


class OwnRecord(RefusalOnRecord):
    code = "own_record"
    action = "act.refused"
    message = _("This is your own membership, or one of your household: somebody else must do it.")


def list_own_member_ids(user: User | None) -> set[int]:
    """The memberships on which this person may not act: their own, and those of their household,
    whether or not these share points. One query.
    """
    if user is None:
        return set()
    own = Member.objects.filter(user=user).values_list("pk", flat=True)
    household = HouseholdMember.objects.filter(
        left_at__isnull=True,
        household__places__left_at__isnull=True,
        household__places__member__user=user,
    ).values_list("member_id", flat=True)
    return set(own.union(household))


def check_actor(*members: Member, by: User | None, act: str, **facts: Any) -> None:
    """Refuse whoever acts on their own record. ``act``, a code, and ``facts`` stand in the audit
    row of the refusal, about the record that is theirs. One query for any number of members.

    Raises OwnRecord. The system (``by`` None) has no record of its own. A service that the
    members' own pages call too is told ``as_staff`` by the back office.
    """
    own = list_own_member_ids(by)
    for member in members:
        if member.pk in own:
            raise OwnRecord(subject=member, by=by, changes={"act": act, **facts})
