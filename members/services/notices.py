"""Notices: a code and facts now, words when they are read."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core.bulk import RowWriter
from members.models import Member, Notice

_ADD = """
    INSERT INTO members_notice (member_id, code, params, effective_at, recorded_at, key)
    SELECT member, code, params, effective, %s, key
    FROM unnest(%s::bigint[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::text[])
        AS notices (member, code, params, effective, key)
    ON CONFLICT (member_id, key) DO NOTHING
"""
_WITHDRAW = """
    DELETE FROM members_notice n
    USING unnest(%s::bigint[], %s::text[]) AS w (member_id, key)
    WHERE n.member_id = w.member_id AND n.key = w.key AND n.read_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice to add. ``key`` says which occasion it is for; a repeat is silent."""

    member_id: int
    code: str
    effective_at: dt.datetime
    key: str
    params: dict[str, Any] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def add_notices(
    notices: Iterable[NoticeRow], *, now: dt.datetime, writer: RowWriter | None = None
) -> None:
    """Add notices in one statement; with a ``writer`` at its flush, else at once."""
    rows: Sequence[NoticeRow] = sorted(notices, key=lambda row: (row.member_id, row.key))
    if not rows:
        return
    own = writer or RowWriter()
    own.execute(
        _ADD,
        [
            now,
            [row.member_id for row in rows],
            [row.code for row in rows],
            [json.dumps(row.params) for row in rows],
            [row.effective_at for row in rows],
            [row.key for row in rows],
        ],
    )
    if writer is None:
        own.flush()


@transaction.atomic(savepoint=False)
def withdraw_notices(keys: Collection[tuple[int, str]]) -> None:
    """Take back what nobody has read and is no longer so; pairs of member and key."""
    if not keys:
        return
    members, names = zip(*sorted(keys), strict=True)
    writer = RowWriter()
    writer.execute(_WITHDRAW, [list(members), list(names)])
    writer.flush()


@transaction.atomic
def read_notices(member: Member, *, now: dt.datetime, notice_id: int | None = None) -> int:
    """Mark one notice of the member, or all of them, as read. Returns how many were not."""
    notices = Notice.objects.filter(member=member).unread()
    if notice_id is not None:
        notices = notices.filter(pk=notice_id)
    return notices.update(read_at=now)


def take_unfollowed(*, limit: int) -> list[Notice]:
    """Mark up to ``limit`` notices as followed and return them, oldest first.

    Inside the caller's transaction, which does what follows from them: those that another one has
    taken are left to it. A cursor would skip notices whose transaction ends later.
    """
    ids = (
        Notice.objects.filter(is_followed=False)
        .select_for_update(skip_locked=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    found = list(ids)
    Notice.objects.filter(pk__in=found).update(is_followed=True)
    return list(Notice.objects.filter(pk__in=found).order_by("pk"))
