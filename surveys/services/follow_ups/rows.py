"""A follow-up under its lock, and what is written down of it."""

import datetime as dt
from typing import Any

from members.models import Member
from surveys.engine.typed import clean_words
from surveys.enums import FollowUpEntryKind, FollowUpState
from surveys.models import TEXT_LENGTH, FollowUp, FollowUpEntry
from surveys.services.follow_ups.refusals import AlreadyClosed, NothingSaid, SomebodyElses

WORK = "surveys.change_followup"
OVERSEE = "surveys.oversee_followup"


def lock_follow_up(pk: int, *, by: Any, may_be_closed: bool = False) -> FollowUp:
    """The member's row comes first, as where an answer is taken. Raises SomebodyElses,
    AlreadyClosed.
    """
    member_id = FollowUp.objects.values_list("member_id", flat=True).get(pk=pk)
    if member_id is not None:
        list(Member.objects.select_for_update(no_key=True).filter(pk=member_id).values("pk"))
    follow_up = FollowUp.objects.select_for_update(of=("self",)).get(pk=pk)
    if not can_work(follow_up, by):
        raise SomebodyElses
    if follow_up.is_closed and not may_be_closed:
        raise AlreadyClosed
    return follow_up


def can_work(follow_up: FollowUp, by: Any) -> bool:
    """Whoever oversees works all; others what is theirs or nobody's."""
    if not by.has_perm(WORK):
        return False
    return follow_up.owner_id in (None, by.pk) or by.has_perm(OVERSEE)


def read_words(text: str) -> str:
    """Raises NothingSaid."""
    words = clean_words(text)
    if not 0 < len(words) <= TEXT_LENGTH:
        raise NothingSaid
    return words


def write_entry(
    follow_up: FollowUp, kind: FollowUpEntryKind, *, by: Any, now: dt.datetime, text: str = "",
    to: Any = None,
) -> FollowUpEntry:  # fmt: skip
    return FollowUpEntry.objects.create(
        follow_up=follow_up, kind=kind, text=text, by=by, to=to, written_at=now
    )


def set_to_work(follow_up: FollowUp, *, by: Any) -> None:
    """Whoever does something with it sees to it, where nobody does."""
    follow_up.state = FollowUpState.WORKING
    if follow_up.owner_id is None:
        follow_up.owner = by
    follow_up.save(update_fields=["state", "owner"])
