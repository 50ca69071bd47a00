"""Records that may be one person: found set by set, judged by staff, never asked about twice."""

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.wakes import send_once_committed
from members.enums import DuplicateState
from members.models import DuplicatePair, Member, User
from members.selectors.club import get_club
from members.services.conduct import check_actor

SHARED_BY_MOST = 12  # a contact or name that more share is a till's own, or a common one
WORTH_A_LOOK = 20
_LOCK = 0x64757065

# One pass over the active members makes keys, those that a few share make pairs. A name counts in
# either order of its parts, its reading too. Weights: what speaks for one person, less what
# speaks against it (another name, another birthday: a household that shares a phone).
_FIND = """
    WITH keys AS (
        SELECT id, 'phone' AS reason, phone AS key
        FROM members_member WHERE status = 'active' AND phone IS NOT NULL
        UNION ALL
        SELECT id, 'email', CASE
            WHEN domain IN ('gmail.com', 'googlemail.com')
            THEN replace(split_part(local, '+', 1), '.', '') || '@gmail.com'
            ELSE split_part(local, '+', 1) || '@' || domain END
        FROM (
            SELECT id, split_part(folded, '@', 1) AS local, split_part(folded, '@', 2) AS domain
            FROM (
                SELECT id, lower(normalize(email, NFKC)) AS folded
                FROM members_member WHERE status = 'active' AND email IS NOT NULL
            ) AS emails
        ) AS parts
        UNION ALL
        SELECT id, 'name_birthday', concat_ws('|', writing, least(a, b), greatest(a, b), day)
        FROM (
            SELECT id, writing, members_fold(x) AS a, members_fold(y) AS b,
                   birth_month * 100 + birth_day AS day
            FROM members_member, LATERAL (VALUES
                ('name', family_name, given_name),
                ('reading', family_name_reading, given_name_reading)) AS writings (writing, x, y)
            WHERE status = 'active' AND birth_day IS NOT NULL AND x || y <> ''
        ) AS names
    ), shared AS (
        SELECT reason, key FROM keys GROUP BY reason, key HAVING count(*) BETWEEN 2 AND %(most)s
    ), pairs AS (
        SELECT one.id AS first, other.id AS second, array_agg(DISTINCT one.reason) AS reasons
        FROM shared
        JOIN keys AS one USING (reason, key)
        JOIN keys AS other USING (reason, key)
        WHERE one.id < other.id
        GROUP BY one.id, other.id
    ), weighed AS (
        SELECT pairs.first, pairs.second,
            CASE WHEN a.email <> b.email
                 THEN array_replace(reasons, 'email', 'email_variant') ELSE reasons END AS reasons,
            CASE WHEN 'phone' = ANY(reasons) THEN 40 ELSE 0 END
            + CASE WHEN 'email' = ANY(reasons) THEN 55 ELSE 0 END
            + CASE WHEN 'name_birthday' = ANY(reasons) THEN 55 ELSE 0 END
            + CASE WHEN a.birth_year = b.birth_year AND a.birth_day = b.birth_day THEN 15
                   WHEN a.birth_year <> b.birth_year OR a.birth_month <> b.birth_month
                        OR a.birth_day <> b.birth_day THEN -40 ELSE 0 END
            + CASE WHEN a.name_sort = '' OR b.name_sort = '' THEN 10
                   WHEN a.name_sort = b.name_sort THEN 30
                   WHEN 'name_birthday' = ANY(reasons) THEN 0 ELSE -25 END AS score
        FROM pairs
        JOIN members_member a ON a.id = pairs.first
        JOIN members_member b ON b.id = pairs.second
    ), found AS (
        SELECT first, second, reasons, least(score, 100) AS score
        FROM weighed WHERE score >= %(worth)s
    ), gone AS (
        DELETE FROM members_duplicatepair AS pair
        WHERE state = 'open' AND NOT EXISTS (
            SELECT FROM found WHERE found.first = pair.first_id AND found.second = pair.second_id)
    ), kept AS (
        INSERT INTO members_duplicatepair
            (first_id, second_id, reasons, score, state, found_at)
        SELECT first, second, reasons, score, 'open', %(now)s FROM found
        ON CONFLICT (first_id, second_id) DO UPDATE
            SET reasons = excluded.reasons, score = excluded.score
            WHERE members_duplicatepair.state = 'open'
              AND (members_duplicatepair.reasons, members_duplicatepair.score)
                  IS DISTINCT FROM (excluded.reasons, excluded.score)
        RETURNING xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new) FROM kept
"""


class AlreadyDecided(DomainError):
    code = "already_decided"
    status = 409
    message = _("These two were decided on already.")


@transaction.atomic
def find_duplicates(*, by: User | None, now: dt.datetime) -> int:
    """Look through all active members; returns how many pairs are new.

    Open pairs that are no longer alike go, decided ones stay as they are. Two searches at once
    are one: the second finds the first at work and leaves. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FIND, {"now": now, "most": SHARED_BY_MOST, "worth": WORTH_A_LOOK})
        (new_count,) = cursor.fetchone()
    if by is not None:
        record_audit("duplicates.searched", get_club(), by=by, now=now, changes={"new": new_count})
    return new_count


@transaction.atomic
def ask_for_search(*, by: User, now: dt.datetime) -> None:
    """Let a worker look through the members: a large club takes a minute."""
    record_audit("duplicates.search_asked", get_club(), by=by, now=now)
    send_once_committed("members.tasks.find_duplicates")


@keeps_refusals
@transaction.atomic
def set_apart(
    pair: DuplicatePair, *, by: User | None, now: dt.datetime, reason: str = ""
) -> DuplicatePair:
    """Two people after all: the search won't ask again. Raises AlreadyDecided or OwnRecord."""
    pair = _lock_pair(pair, by)
    if pair.state != DuplicateState.OPEN:
        raise AlreadyDecided
    _decide(pair, DuplicateState.DIFFERENT, by, now)
    record_audit(
        "duplicate.set_apart", pair, by=by, now=now, note=reason,
        changes={"members": [pair.first_id, pair.second_id]},
    )  # fmt: skip
    return pair


@keeps_refusals
@transaction.atomic
def reopen_pair(pair: DuplicatePair, *, by: User | None, now: dt.datetime) -> DuplicatePair:
    """Look at two again that were set apart. Raises AlreadyDecided or OwnRecord."""
    pair = _lock_pair(pair, by)
    if pair.state != DuplicateState.DIFFERENT:
        raise AlreadyDecided
    _decide(pair, DuplicateState.OPEN, None, None)
    record_audit(
        "duplicate.reopened", pair, by=by, now=now,
        changes={"members": [pair.first_id, pair.second_id]},
    )  # fmt: skip
    return pair


def note_merge(source: Member, target: Member, *, by: User | None, now: dt.datetime) -> None:
    """The two are one record now: their pair is decided, the absorbed one's others are moot."""
    for pair in DuplicatePair.objects.about(source).select_for_update(no_key=True):
        if {pair.first_id, pair.second_id} == {source.pk, target.pk}:
            _decide(pair, DuplicateState.MERGED, by, now)
        elif pair.state == DuplicateState.OPEN:
            pair.delete()


def note_undone_merge(source: Member, target: Member) -> None:
    """Two records again, and alike as before."""
    for pair in DuplicatePair.objects.about(source).filter(state=DuplicateState.MERGED):
        if {pair.first_id, pair.second_id} == {source.pk, target.pk}:
            _decide(pair, DuplicateState.OPEN, None, None)


def _lock_pair(pair, by):
    pair = DuplicatePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    check_actor(pair.first, pair.second, by=by, act="duplicate.decide")
    return pair


def _decide(pair, state, by, now):
    pair.state, pair.decided_at, pair.decided_by = state, now, by
    pair.save(update_fields=["state", "decided_at", "decided_by"])
