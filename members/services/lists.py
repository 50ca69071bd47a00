"""Lists of members that staff keep by hand, on record."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.enums import AudienceKind
from members.models import Audience, AudienceMember, Member, User
from members.services.audiences import AudienceMove, move_members
from members.services.conduct import check_actor

MOST = 500  # at once, by hand


class NotAList(DomainError):
    code = "not_a_list"
    message = _("This set follows its own rules: only lists are kept by hand.")


class NotActive(DomainError):
    code = "member_not_active"
    message = _("Only active memberships can be on a list.")


class TooMany(DomainError):
    code = "too_many_members"
    message = _("Name at most %(most)s members at once.")


@keeps_refusals
@transaction.atomic
def add_to_list(
    audience: Audience, members: Sequence[Member], *, by: User | None, now: dt.datetime
) -> int:
    """Put members on a list; returns how many were not there before.

    Raises NotAList, NotActive, TooMany, and OwnRecord for who would list themselves.
    """
    _check(audience, members, by)
    if any(not member.is_active for member in members):
        raise NotActive
    ids = {member.pk for member in members}
    there = AudienceMember.objects.filter(audience=audience, member__in=ids)
    new = sorted(ids - set(there.values_list("member_id", flat=True)))
    if new:
        move_members(None, [AudienceMove(audience.pk, pk) for pk in new], now=now)
        changes = {"members": new}
        record_audit("audience.members_added", audience, by=by, now=now, changes=changes)
    return len(new)


@keeps_refusals
@transaction.atomic
def remove_from_list(
    audience: Audience, member: Member, *, by: User | None, now: dt.datetime
) -> None:
    """Take a member off a list; nothing happens where they are not on it. Raises as above."""
    _check(audience, [member], by)
    rows = AudienceMember.objects.filter(audience=audience, member=member)
    if rows.exists():
        move_members(None, [AudienceMove(audience.pk, member.pk, is_added=False)], now=now)
        changes = {"members": [member.pk]}
        record_audit("audience.members_removed", audience, by=by, now=now, changes=changes)


def _check(audience: Audience, members: Sequence[Member], by: User | None) -> None:
    if audience.kind != AudienceKind.LIST:
        raise NotAList
    if len(members) > MOST:
        raise TooMany(most=MOST)
    check_actor(*members, by=by, act="audience", list=audience.pk)
