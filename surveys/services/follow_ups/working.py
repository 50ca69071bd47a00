"""What staff do with a follow-up: each act is a line of its story and of the audit trail.

All raise SomebodyElses where somebody else owns it and ``by`` oversees none, and AlreadyClosed.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from members.enums import MemberStatus
from surveys.enums import FollowUpEnding, FollowUpEntryKind, FollowUpState
from surveys.models import FollowUp, FollowUpEntry
from surveys.services.follow_ups.refusals import NobodyToReplyTo, NotClosed, NotTheirs
from surveys.services.follow_ups.rows import (
    WORK,
    lock_follow_up,
    read_words,
    set_to_work,
    write_entry,
)


@transaction.atomic
def take_follow_up(pk: int, *, by: Any, now: dt.datetime) -> FollowUp:
    """It is mine from now on; again is no matter."""
    follow_up = lock_follow_up(pk, by=by)
    if follow_up.owner_id == by.pk:
        return follow_up
    before, follow_up.owner = follow_up.owner_id, by
    follow_up.save(update_fields=["owner"])
    write_entry(follow_up, FollowUpEntryKind.TAKEN, by=by, now=now)
    changes = {"owner": by.pk, "before": before}
    record_audit("follow_up.taken", follow_up, by=by, now=now, changes=changes)
    return follow_up


@transaction.atomic
def hand_over(pk: int, to: Any, *, note: str = "", by: Any, now: dt.datetime) -> FollowUp:
    """Raises NotTheirs where ``to`` can't work it."""
    follow_up = lock_follow_up(pk, by=by)
    if to is None or not to.is_active or not to.has_perm(WORK):
        raise NotTheirs
    if follow_up.owner_id == to.pk:
        return follow_up
    before, follow_up.owner = follow_up.owner_id, to
    follow_up.save(update_fields=["owner"])
    words = read_words(note) if note.strip() else ""
    write_entry(follow_up, FollowUpEntryKind.HANDED_OVER, by=by, now=now, text=words, to=to)
    changes = {"owner": to.pk, "before": before}
    record_audit("follow_up.handed_over", follow_up, by=by, now=now, changes=changes)
    return follow_up


@transaction.atomic
def begin_follow_up(pk: int, *, by: Any, now: dt.datetime) -> FollowUp:
    """In work; it is theirs where it was nobody's."""
    follow_up = lock_follow_up(pk, by=by)
    if follow_up.state == FollowUpState.WORKING:
        return follow_up
    set_to_work(follow_up, by=by)
    write_entry(follow_up, FollowUpEntryKind.BEGUN, by=by, now=now)
    record_audit("follow_up.begun", follow_up, by=by, now=now)
    return follow_up


@transaction.atomic
def add_note(pk: int, text: str, *, by: Any, now: dt.datetime) -> FollowUpEntry:
    """For colleagues; the member doesn't read it. Also of a closed one. Raises NothingSaid."""
    follow_up = lock_follow_up(pk, by=by, may_be_closed=True)
    words = read_words(text)
    entry = write_entry(follow_up, FollowUpEntryKind.NOTE, by=by, now=now, text=words)
    record_audit("follow_up.noted", follow_up, by=by, now=now)
    return entry


@transaction.atomic
def close_follow_up(pk: int, outcome: str, *, by: Any, now: dt.datetime) -> FollowUp:
    """``outcome``: what was done, for colleagues. Promotions go on. Raises NothingSaid."""
    follow_up = lock_follow_up(pk, by=by)
    words = read_words(outcome)
    follow_up.state, follow_up.closed_at = FollowUpState.CLOSED, now
    follow_up.ending, follow_up.outcome = FollowUpEnding.DONE, words
    if follow_up.owner_id is None:
        follow_up.owner = by
    follow_up.save(update_fields=["state", "closed_at", "ending", "outcome", "owner"])
    write_entry(follow_up, FollowUpEntryKind.CLOSED, by=by, now=now, text=words)
    record_audit("follow_up.closed", follow_up, by=by, now=now)
    return follow_up


@transaction.atomic
def reopen_follow_up(pk: int, *, by: Any, now: dt.datetime) -> FollowUp:
    """What was done stays in its story. Due when it was. Raises NotClosed, NobodyToReplyTo."""
    follow_up = lock_follow_up(pk, by=by, may_be_closed=True)
    if not follow_up.is_closed:
        raise NotClosed
    member = follow_up.member
    is_erased = member is not None and member.status == MemberStatus.ERASED
    if is_erased or follow_up.ending == FollowUpEnding.LEFT:
        raise NobodyToReplyTo  # its words are gone, also where it was done before
    follow_up.state, follow_up.closed_at = FollowUpState.OPEN, None
    follow_up.ending, follow_up.outcome = FollowUpEnding.NONE, ""
    follow_up.save(update_fields=["state", "closed_at", "ending", "outcome"])
    write_entry(follow_up, FollowUpEntryKind.REOPENED, by=by, now=now)
    record_audit("follow_up.reopened", follow_up, by=by, now=now)
    return follow_up
