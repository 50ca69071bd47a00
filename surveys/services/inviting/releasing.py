"""Whom to ask now: one attention clock per member over all surveys, under their contact lock.

What is released goes into the stream as an activity, in the same transaction; whether a message
really left, campaigns tell (``fates``). Invitations wait on the member's own pages meanwhile.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from core.bulk import Values, read_together
from core.words import pack_words
from members.services.activities import ActivityRow, record_batch
from members.services.contact import lock_contacts
from members.services.notices import NoticeRow, add_notices
from surveys.engine.attention import ON_ITS_WAY, Act, Attention, Planned, Verdict, judge
from surveys.enums import InvitationState, SkipReason, SurveyState
from surveys.models import SurveyVersion
from surveys.services.inviting.fates import NOTICE

INVITED = "survey_invited"
REMINDED = "survey_reminder"
SUBJECT = "surveys.invitation"
AT_ONCE = 1_000

# One at a time: two would wait for each other's members, and find the same ones.
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('surveys.release', 0))"
_FIND_DUE = f"""
    SELECT array_agg(DISTINCT member_id) FROM (
        SELECT member_id FROM surveys_invitation
        WHERE state = '{InvitationState.PLANNED}' AND due_at <= %s
        ORDER BY due_at LIMIT %s) d
"""
# As everywhere members come first: an erasure or a merge holds them, then their invitations.
_LOCK_MEMBERS = "SELECT FROM members_member WHERE id = ANY (%s) ORDER BY id FOR KEY SHARE"
# What came back in full is asked about no more.
_READ_PLANNED = f"""
    SELECT i.member_id, i.id, s.priority, s.clock_days, i.due_at, i.expires_at,
           CASE WHEN s.state <> '{SurveyState.OPEN}' THEN '{SkipReason.CLOSED}'
                WHEN m.status <> 'active' THEN '{SkipReason.NOT_ACTIVE}'
                WHEN r.is_back THEN '{SkipReason.RETURNED}' ELSE '' END
    FROM surveys_invitation i
    JOIN surveys_survey s ON s.id = i.survey_id
    JOIN members_member m ON m.id = i.member_id
    LEFT JOIN LATERAL (
        SELECT sum(b.total_amount) >= p.total_amount AS is_back
        FROM purchases_purchase p JOIN purchases_return b ON b.purchase_id = p.id
        WHERE p.id = (i.facts ->> 'purchase')::bigint GROUP BY p.id) r ON TRUE
    WHERE i.member_id = ANY (%s) AND i.state = '{InvitationState.PLANNED}'
    ORDER BY i.id FOR UPDATE OF i
"""
_READ_ATTENTION = f"""
    SELECT member_id, max(sent_at),
           coalesce(bool_or(sent_at IS NULL AND released_at > %s
               AND state IN ('{InvitationState.RELEASED}', '{InvitationState.OPENED}')), FALSE)
    FROM surveys_invitation
    WHERE member_id = ANY (%s) AND (sent_at IS NOT NULL OR released_at > %s) GROUP BY member_id
"""
_RELEASE = f"""
    UPDATE surveys_invitation i
    SET state = '{InvitationState.RELEASED}', released_at = %s,
        expires_at = %s::timestamptz + make_interval(days => s.expires_after_days)
    FROM surveys_survey s WHERE s.id = i.survey_id AND i.id = ANY (%s)
    RETURNING i.id, i.member_id, i.survey_id, i.facts::text
"""
_SKIP = f"""
    UPDATE surveys_invitation i SET state = '{InvitationState.SKIPPED}', reason = k.reason
    FROM unnest(%s::bigint[], %s::text[]) AS k (id, reason) WHERE i.id = k.id
"""
_WAIT = """
    UPDATE surveys_invitation i SET due_at = w.due_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS w (id, due_at) WHERE i.id = w.id
"""
_TO_REMIND = f"""
    r.reminder_due_at <= %(now)s AND r.reminded_at IS NULL AND r.expires_at > %(now)s
    AND r.state IN ('{InvitationState.SENT}', '{InvitationState.OPENED}')
    AND r.sent_at IS NOT NULL
"""
_FIND_TO_REMIND = f"""
    SELECT array_agg(id), array_agg(DISTINCT member_id) FROM (
        SELECT r.id, r.member_id FROM surveys_invitation r
        JOIN surveys_survey s ON s.id = r.survey_id AND s.state = '{SurveyState.OPEN}'
        JOIN members_member m ON m.id = r.member_id AND m.status = 'active'
        WHERE {_TO_REMIND} ORDER BY r.reminder_due_at LIMIT {AT_ONCE}) d
"""
_REMIND = f"""
    UPDATE surveys_invitation r SET reminded_at = %(now)s
    WHERE r.id = ANY (%(ids)s) AND {_TO_REMIND}
    RETURNING r.id, r.member_id, r.survey_id, r.facts::text
"""
_EXPIRE = f"""
    UPDATE surveys_invitation SET state = '{InvitationState.EXPIRED}', reminder_due_at = NULL
    WHERE id IN (
        SELECT id FROM surveys_invitation
        WHERE expires_at <= %s AND state IN (
            '{InvitationState.RELEASED}', '{InvitationState.SENT}', '{InvitationState.OPENED}')
        ORDER BY expires_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED)
"""


def release_due(*, now: dt.datetime, limit: int = 100_000) -> int:
    """Decide about every member of whom an invitation is due; returns how many were released.

    Of each member one at most; what is withheld is skipped with its reason on record, or waits
    where it still can (``surveys.engine.attention``). Nothing is done twice: one runs at a time.
    """
    released = 0
    for _round in range(max(limit // AT_ONCE, 1)):
        count = _release_some(now)
        if count is None:
            break
        released += count
    return released


@transaction.atomic
def _release_some(now: dt.datetime) -> int | None:
    """None where nothing is due, or somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(_FIND_DUE, [now, AT_ONCE])
        members = cursor.fetchone()[0]
        if not members:
            return None
    lock_contacts(members)
    since = now - ON_ITS_WAY
    _locked, planned_rows, attention_rows = read_together(
        [
            (_LOCK_MEMBERS, [members]),
            (_READ_PLANNED, [members]),
            (_READ_ATTENTION, [since, members, since]),
        ]
    )
    planned: dict[int, list[Planned]] = defaultdict(list)
    for member_id, *row in planned_rows:
        planned[member_id].append(Planned(*row))
    known = {row[0]: Attention(*row[1:]) for row in attention_rows}
    verdicts = [
        verdict
        for member_id, own in planned.items()
        for verdict in judge(own, known.get(member_id, Attention()), now=now)
    ]
    return _write(verdicts, now)


def _write(verdicts: Sequence[Verdict], now: dt.datetime) -> int:
    by_act: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_act[verdict.act].append(verdict)
    skipped, waiting = by_act[Act.SKIP], by_act[Act.WAIT]
    statements: list[tuple[str, Values]] = []
    if skipped:
        statements.append(
            (_SKIP, [[each.id for each in skipped], [str(each.reason) for each in skipped]])
        )
    if waiting:
        statements.append((_WAIT, [[each.id for each in waiting], [e.until for e in waiting]]))
    released = [each.id for each in by_act[Act.RELEASE]]
    if released:
        statements.append((_RELEASE, [now, now, released]))
    answers = read_together(statements)
    if released:
        _record(INVITED, answers[-1], now)
        _tell(answers[-1], now)
    return len(released)


def _tell(rows: Sequence[Sequence[Any]], now: dt.datetime) -> None:
    """On the members' own pages, where it waits whether or not a message leaves."""
    live = SurveyVersion.objects.live().filter(survey__in={row[2] for row in rows})
    titles = {each.survey_id: pack_words(each, "title") for each in live}
    add_notices(
        (
            NoticeRow(member, NOTICE, now, f"{NOTICE}:{pk}", {"invitation": pk, **titles[survey]})
            for pk, member, survey, _facts in rows
            if survey in titles
        ),
        now=now,
    )


def remind_due(*, now: dt.datetime) -> int:
    """Remind once whoever was written to and has not answered; returns how many."""
    reminded = 0
    while count := _remind_some(now):
        reminded += count
    return reminded


@transaction.atomic
def _remind_some(now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_TO_REMIND, {"now": now})
        ids, members = cursor.fetchone()
        if not ids:
            return 0
        cursor.execute(_LOCK_MEMBERS, [members])
        cursor.execute(_REMIND, {"now": now, "ids": ids})
        rows = cursor.fetchall()
    _record(REMINDED, rows, now)
    return len(rows)


def _record(kind: str, rows: Sequence[Sequence[Any]], now: dt.datetime) -> None:
    """Into the stream, in the same transaction; the facts are ids that words may ask for."""
    activities = [
        ActivityRow(member_id, kind, now, SUBJECT, pk, {**json.loads(facts), "survey": survey_id})
        for pk, member_id, survey_id, facts in sorted(rows, key=lambda row: row[0])
    ]
    record_batch(kind, activities, now=now)


def expire_invitations(*, now: dt.datetime) -> int:
    """Close those whose time is over; returns how many. Who began keeps what they answered."""
    count = 0
    while done := _expire_some(now):
        count += done
    return count


@transaction.atomic
def _expire_some(now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [now])
        return cursor.rowcount
