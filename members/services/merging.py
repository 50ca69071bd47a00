"""Two records of one person become one, and two again (docs/points.md 20, docs/members.md)."""

import datetime as dt
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import RowWriter
from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.wakes import send_once_committed
from members import registry
from members.enums import AudienceKind, Channel, MemberStatus
from members.models import AudienceMember, Member, MemberMerge, MergeAddition, MergeUndo, User
from members.models.member import BIRTHDAY_PARTS, PERSONAL_BLANKS, SENSITIVE_DETAILS
from members.purposes import SENSITIVE
from members.selectors.consents import get_answers
from members.services.audiences import AudienceMove, add_to_everyone, move_members
from members.services.conduct import check_actor
from members.services.duplicates import note_merge, note_undone_merge
from members.services.holding import lock_members
from members.services.notices import NoticeRow, add_notices

MERGED_NOTICE = "records_merged"
FOLLOWED_FOR = dt.timedelta(days=2)  # what is under way at a merge arrives within moments
_NAME_PARTS = ("family_name", "given_name", "family_name_reading", "given_name_reading")
# Parts that only make sense together come together.
_GROUPS: tuple[tuple[str, ...], ...] = (
    _NAME_PARTS,
    BIRTHDAY_PARTS,
    *((name,) for name in PERSONAL_BLANKS if name not in (*_NAME_PARTS, *BIRTHDAY_PARTS)),
    ("locale",),
)
_BLANKS = PERSONAL_BLANKS | {"locale": ""}


class MergeRefused(DomainError):
    code = "merge_refused"
    status = 409


class SameRecord(MergeRefused):
    code = "same_record"
    message = _("These are the same record.")


class NotMergeable(MergeRefused):
    code = "not_mergeable"
    message = _(
        "Only an active record takes another one in, and only one that was not merged or erased "
        "before."
    )


class BothHaveLogins(MergeRefused):
    code = "both_have_logins"
    message = _(
        "Both records have a login, so two people may be using them. Find out which login "
        "stays, let an owner deactivate the other one under “Logins”, then merge."
    )


class MergeReasonNeeded(MergeRefused):
    code = "merge_reason_needed"
    status = 422
    field = "reason"
    message = _("Write down how you know that they are one person.")


class UndoRefused(MergeRefused):
    code = "undo_refused"


class AlreadyUndone(UndoRefused):
    code = "already_undone"
    message = _("This merge was undone already.")


class UndoTooLate(UndoRefused):
    code = "undo_too_late"
    message = _("A merge can be undone for 30 days; these have passed.")


class UndoOutOfOrder(UndoRefused):
    code = "undo_out_of_order"
    message = _("The surviving record went up in another one since: undo that merge first.")


class RecordsGone(UndoRefused):
    code = "records_gone"
    message = _("One of the records was erased since: there is nothing to go back to.")


# --- Merging ------------------------------------------------------------------------------------


@keeps_refusals
@transaction.atomic
def merge_members(
    source: Member, target: Member, *, by: User | None, reason: str, now: dt.datetime
) -> MemberMerge:
    """``source`` goes up in ``target``: everything that it has moves, and its number leads there.

    The survivor keeps its own data, and gets from the other what it lacks; a login moves along.
    All that knows of members does its part through the registry of personal data, in this one
    transaction, under the locks of both records in the order of their ids.

    Raises SameRecord, OwnRecord, NotMergeable, BothHaveLogins, MergeReasonNeeded, RecordsBusy, or
    what a part refuses (open reservations, say).
    """
    source, target = _lock(source, target)
    if source.pk == target.pk:
        raise SameRecord
    check_actor(source, target, by=by, act="member.merge")
    if not reason.strip():
        raise MergeReasonNeeded
    if target.status != MemberStatus.ACTIVE or source.status not in (
        MemberStatus.ACTIVE,
        MemberStatus.CLOSED,
    ):
        raise NotMergeable
    logins = _choose_logins(source, target)
    moved: dict[str, Any] = {
        "status": source.status,
        "entries": _run_entries(source, target, now),
        "audiences": _move_audiences(source, target, now),
        "logins": logins,
        "filled": list_fillings(source, target),
        "joined_at": target.joined_at,
        "repointed": list(
            Member.objects.filter(merged_into=source).order_by("pk").values_list("pk", flat=True)
        ),
    }
    Member.objects.filter(pk__in=moved["repointed"]).update(merged_into=target)
    _absorb(source, target, moved)
    note_merge(source, target, by=by, now=now)
    merge = MemberMerge.objects.create(
        source=source, target=target, merged_at=now, merged_by=by, moved=_to_json(moved)
    )
    record_audit(
        "member.merged", target, by=by, now=now, note=reason,
        changes={"merge": merge.pk, "source": source.pk, "filled": sorted(moved["filled"])},
    )  # fmt: skip
    notice = NoticeRow(
        target.pk, MERGED_NOTICE, now, f"merge:{merge.pk}", {"number": source.number}
    )
    add_notices([notice], now=now)
    send_once_committed("members.tasks.follow_merges")
    return merge


def _lock(*members):
    """The records under their locks. Raises RecordsBusy."""
    # Against everything, as the login will change.
    by_id = {row.pk: row for row in lock_members({member.pk for member in members})}
    return [by_id[member.pk] for member in members]


def _choose_logins(source, target):
    """The login that stays; one that was deactivated steps back."""
    mine, theirs = source.user, target.user
    if mine and theirs and mine.is_active and theirs.is_active:
        raise BothHaveLogins
    stays = theirs
    if mine and (theirs is None or (mine.is_active and not theirs.is_active)):
        stays = mine
    return {"source": source.user_id, "target": target.user_id, "stays": stays and stays.pk}


def _run_entries(source, target, now):
    """What each part of the product moved, by the label of its model."""
    moved = {}
    for entry in registry.personal_data:
        if entry.merge is not None:
            part = entry.merge(source, target, now)
            if part:
                moved[entry.model] = part
    return moved


def _move_audiences(source, target, now):
    """Lists take the survivor in; the absorbed record leaves them and ``everyone``. Tiers and
    segments are kept by their owners.
    """
    rows = AudienceMember.objects.filter(member=source, audience__kind__in=_KINDS_MOVED)
    lists = list(
        rows.filter(audience__kind=AudienceKind.LIST).values_list("audience_id", flat=True)
    )
    own = AudienceMember.objects.filter(member=target, audience__in=lists)
    known = set(own.values_list("audience_id", flat=True))
    left = sorted(rows.values_list("audience_id", flat=True))
    entered = sorted(set(lists) - known)
    moves = [AudienceMove(audience_id, source.pk, is_added=False) for audience_id in left]
    moves += [AudienceMove(audience_id, target.pk) for audience_id in entered]
    move_members(None, moves, now=now)
    return {"left": left, "entered": entered}


_KINDS_MOVED = (AudienceKind.EVERYONE, AudienceKind.LIST)


def list_fillings(source, target):
    """Fields in which the survivor has nothing and the other something; without sensitive
    details, where either took back their consent to these.
    """
    filled = [
        name
        for group in _GROUPS
        if all(getattr(target, name) == _BLANKS[name] for name in group)
        for name in group
        if getattr(source, name) != _BLANKS[name]
    ]
    if any(name in SENSITIVE_DETAILS for name in filled):
        answers = [get_answers(member).get((SENSITIVE, Channel.ANY)) for member in (source, target)]
        if any(answer is not None and not answer.is_given for answer in answers):
            filled = [name for name in filled if name not in SENSITIVE_DETAILS]
    return filled


def _absorb(source, target, moved):
    source.status, source.merged_into, source.user = MemberStatus.MERGED, target, None
    source.save(update_fields=["status", "merged_into", "user"])
    for name in moved["filled"]:
        setattr(target, name, getattr(source, name))
    target.joined_at = min(source.joined_at, target.joined_at)
    target.user_id = moved["logins"]["stays"]
    target.save(update_fields=[*moved["filled"], "joined_at", "user"])
    source.claim_codes.all().delete()


def _to_json(value):
    """As the undo will read it."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


# --- Undoing ------------------------------------------------------------------------------------


@keeps_refusals
@transaction.atomic
def undo_merge(merge: MemberMerge, *, by: User | None, now: dt.datetime) -> MergeUndo:
    """Two records again, within 30 days: each part takes back what it moved.

    What the survivor spent or changed since stays with the survivor. Raises AlreadyUndone,
    UndoTooLate, UndoOutOfOrder, RecordsGone, OwnRecord, or what a part refuses.
    """
    source, target = _lock(merge.source, merge.target)
    merge = MemberMerge.objects.select_related("undo").get(pk=merge.pk)
    check_actor(source, target, by=by, act="member.unmerge")
    if merge.is_undone:
        raise AlreadyUndone
    if now > merge.undo_until_at:
        raise UndoTooLate
    if MemberStatus.ERASED in (source.status, target.status):
        raise RecordsGone
    if source.merged_into_id != target.pk or target.status == MemberStatus.MERGED:
        raise UndoOutOfOrder
    moved = merge.moved
    _release(source, target, moved)
    _restore_audiences(source, target, moved, now)
    Member.objects.filter(pk__in=moved["repointed"], merged_into=target).update(merged_into=source)
    for addition in merge.additions.order_by("-pk"):
        _undo_entries(source, target, addition.moved, now)
    _undo_entries(source, target, moved["entries"], now)
    note_undone_merge(source, target)
    undo = MergeUndo.objects.create(merge=merge, undone_at=now, undone_by=by)
    record_audit(
        "member.unmerged", target, by=by, now=now,
        changes={"merge": merge.pk, "source": source.pk},
    )  # fmt: skip
    return undo


def _release(source, target, moved):
    logins = moved["logins"]
    for name in moved["filled"]:
        if getattr(target, name) == getattr(source, name):
            setattr(target, name, _BLANKS[name])
    joined_at = dt.datetime.fromisoformat(moved["joined_at"])
    if target.joined_at == source.joined_at:
        target.joined_at = joined_at
    was_moved = logins["stays"] == logins["source"] and logins["source"] is not None
    is_still_there = target.user_id == logins["stays"]
    if was_moved and is_still_there:
        former = logins["target"]
        target.user_id = None if Member.objects.filter(user=former).exists() else former
    target.save(update_fields=[*moved["filled"], "joined_at", "user"])
    source.status, source.merged_into = moved["status"], None
    if logins["source"] and not Member.objects.filter(user=logins["source"]).exists():
        source.user_id = logins["source"]
    source.save(update_fields=["status", "merged_into", "user"])


def _restore_audiences(source, target, moved, now):
    audiences = moved["audiences"]
    moves = [AudienceMove(audience_id, source.pk) for audience_id in audiences["left"]]
    moves += [
        AudienceMove(audience_id, target.pk, is_added=False) for audience_id in audiences["entered"]
    ]
    writer = RowWriter()
    move_members(writer, moves, now=now)
    if source.is_active:
        add_to_everyone(writer, [source.pk], now=now)
    writer.flush()


def _undo_entries(source, target, moved, now):
    for entry in registry.personal_data:
        if entry.undo is not None and entry.model in moved:
            entry.undo(source, target, moved[entry.model], now)


# --- What arrives late --------------------------------------------------------------------------


def list_facts(member: Member) -> list[tuple[str, Any]]:
    """What each part of the product counts of a member."""
    return [
        (str(label), number)
        for entry in registry.personal_data
        if entry.facts is not None
        for label, number in entry.facts(member)
    ]


def follow_merges(*, now: dt.datetime) -> int:
    """Send after what reached an absorbed record while it was merged: a purchase that had looked
    its member up a moment before. Safe at any time; returns how many records had something.
    """
    recent = MemberMerge.objects.standing().filter(
        merged_at__gt=now - FOLLOWED_FOR, source__status=MemberStatus.MERGED
    )
    done = 0
    for merge in recent.order_by("pk"):
        if any(number for _label, number in list_facts(merge.source)):
            done += _follow(merge, now)
    return done


@transaction.atomic
def _follow(merge, now):
    source, target = _lock(merge.source, merge.target)
    merge = MemberMerge.objects.select_related("undo").get(pk=merge.pk)
    if merge.is_undone or source.merged_into_id != target.pk or not target.is_active:
        return 0
    try:
        with transaction.atomic():
            moved = _run_entries(source, target, now)
    except DomainError:  # reserved at this moment: it follows when the reservation has ended
        return 0
    addition = MergeAddition.objects.create(merge=merge, added_at=now, moved=_to_json(moved))
    record_audit(
        "member.merge_followed", target, by=None, now=now,
        changes={"merge": merge.pk, "addition": addition.pk},
    )  # fmt: skip
    return 1
