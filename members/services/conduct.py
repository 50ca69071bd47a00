"""What nobody may do, whatever their role: act on their own record."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import RefusalOnRecord
from members.models import Member, User


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
    own = Q(user=user)
    household = Q(
        household_places__left_at__isnull=True,
        household_places__household__places__left_at__isnull=True,
        household_places__household__places__member__user=user,
    )
    return set(Member.objects.filter(own | household).values_list("pk", flat=True))


def check_actor(member: Member, *, by: User | None, act: str) -> None:
    """Refuse whoever acts on their own record; ``act`` is a code for the audit trail.

    Raises OwnRecord. The system (``by`` None) has no record of its own.
    """
    if member.pk in list_own_member_ids(by):
        raise OwnRecord(subject=member, by=by, changes={"act": act})
