"""Members whom staff put into a segment, or keep out of it, through every rebuild."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Segment, SegmentMove, SegmentPick
from campaigns.services.segments import wake_builder
from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.models import AudienceMember, Member, User
from members.services.audiences import AudienceMove, move_members
from members.services.conduct import check_actor

MOST_PICKS = 500  # at once, by hand


class TooManyPicks(DomainError):
    code = "too_many_picks"
    message = _("Name at most %(most)s members at once.")


class NotActivePick(DomainError):
    code = "member_not_active"
    message = _("Only active memberships can be in a segment.")


@keeps_refusals
@transaction.atomic
def pick_members(
    segment: Segment,
    members: Sequence[Member],
    *,
    is_in: bool,
    note: str = "",
    by: User | None,
    now: dt.datetime,
) -> int:
    """Put members into a segment, or keep them out, whatever its definition says; at once, and
    through every rebuild. Returns how many picks are new or changed.

    Raises TooManyPicks, NotActivePick, and OwnRecord for who would pick themselves.
    """
    if len(members) > MOST_PICKS:
        raise TooManyPicks(most=MOST_PICKS)
    if is_in and any(not member.is_active for member in members):
        raise NotActivePick
    check_actor(*members, by=by, act="segment", segment=segment.pk)
    segment = _hold(segment)
    known = dict(
        SegmentPick.objects.filter(segment=segment, member__in=members).values_list(
            "member_id", "is_in"
        )
    )
    new = sorted({member.pk for member in members if known.get(member.pk) is not is_in})
    if not new:
        return 0
    SegmentPick.objects.bulk_create(
        [
            SegmentPick(
                segment=segment,
                member_id=pk,
                is_in=is_in,
                note=note,
                picked_at=now,
                picked_by=by,
            )
            for pk in new
        ],
        update_conflicts=True,
        unique_fields=["segment", "member"],
        update_fields=["is_in", "note", "picked_at", "picked_by"],
    )
    _move_picked(segment, new, is_in, now)
    action = "segment.picked_in" if is_in else "segment.picked_out"
    record_audit(action, segment, by=by, now=now, changes={"members": new}, note=note)
    return len(new)


@keeps_refusals
@transaction.atomic
def drop_pick(segment: Segment, member: Member, *, by: User | None, now: dt.datetime) -> None:
    """Let the definition decide again about a member, from the next rebuild on, which is asked
    for. Nothing happens where there is no pick.
    """
    check_actor(member, by=by, act="segment", segment=segment.pk)
    segment = _hold(segment)
    if SegmentPick.objects.filter(segment=segment, member=member).delete()[0]:
        changes = {"members": [member.pk]}
        record_audit("segment.pick_dropped", segment, by=by, now=now, changes=changes)
        Segment.objects.filter(pk=segment.pk).update(wanted_at=now)
        wake_builder()


def _hold(segment):
    """Not while it is being built: the build would not know of the pick."""
    return Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)


def _move_picked(segment, member_ids, is_in, now):
    rows = AudienceMember.objects.filter(audience=segment.audience_id, member__in=member_ids)
    there = set(rows.values_list("member_id", flat=True))
    moved = [pk for pk in member_ids if (pk in there) != is_in]
    moves = [AudienceMove(segment.audience_id, pk, is_added=is_in) for pk in moved]
    move_members(None, moves, now=now)
    if segment.built_at is not None:
        SegmentMove.objects.bulk_create(
            [
                SegmentMove(segment=segment, member_id=pk, is_entry=is_in, moved_at=now)
                for pk in moved
            ]
        )
    change = len(moved) if is_in else -len(moved)
    if change:
        count = max(segment.member_count + change, 0)
        Segment.objects.filter(pk=segment.pk).update(member_count=count)
