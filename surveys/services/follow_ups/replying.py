"""What the club answers a member: it stands on their pages at once, and goes out as a message where
the club sends such (``campaigns`` makes one of the activity).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from members.registry import MessageFate
from members.services.activities import ActivityRow, record_batch
from members.services.notices import NoticeRow, add_notices
from surveys.enums import FollowUpEntryKind, ReplyFate
from surveys.models import FollowUpEntry
from surveys.services.follow_ups.refusals import NobodyToReplyTo
from surveys.services.follow_ups.rows import (
    lock_follow_up,
    read_words,
    set_to_work,
    write_entry,
)

REPLIED = "followup_replied"
NOTICE = "followup_replied"
SUBJECT = "surveys.followupentry"
FACT = "reply"  # under this name a message's facts hold the entry


@transaction.atomic
def reply_to_member(pk: int, text: str, *, by: Any, now: dt.datetime) -> FollowUpEntry:
    """In the member's language, as plain words. The same words twice running are one reply.

    Raises NothingSaid, NobodyToReplyTo, SomebodyElses, AlreadyClosed.
    """
    follow_up = lock_follow_up(pk, by=by)
    words = read_words(text)
    if follow_up.member is None or not follow_up.member.is_active:
        raise NobodyToReplyTo
    last = follow_up.entries.order_by("-pk").first()
    if last is not None and last.kind == FollowUpEntryKind.REPLY and last.text == words:
        return last
    set_to_work(follow_up, by=by)
    entry = write_entry(follow_up, FollowUpEntryKind.REPLY, by=by, now=now, text=words)
    member_id, facts = follow_up.member.pk, {"follow_up": follow_up.pk}
    activity = ActivityRow(member_id, REPLIED, now, SUBJECT, entry.pk, facts)
    record_batch(REPLIED, [activity], payload=[activity], now=now)
    add_notices([NoticeRow(member_id, NOTICE, now, f"{NOTICE}:{entry.pk}", facts)], now=now)
    record_audit("follow_up.replied", follow_up, by=by, now=now, changes={"entry": entry.pk})
    return entry


def hear_reply_fates(fates: Sequence[MessageFate], now: dt.datetime) -> None:
    """In the transaction that settles the messages; one that left outweighs one that didn't."""
    known = [each for each in fates if isinstance(each.subject, int)]
    for is_sent, fate in ((False, ReplyFate.NOT_SENT), (True, ReplyFate.SENT)):
        ids = [each.subject for each in known if each.is_sent is is_sent]
        if ids:
            rows = FollowUpEntry.objects.filter(pk__in=ids, kind=FollowUpEntryKind.REPLY)
            rows.exclude(fate=ReplyFate.SENT).update(fate=fate)
