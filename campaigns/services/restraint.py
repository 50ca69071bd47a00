"""Whether a message may leave: asked when it is about to, of what holds then (docs/contact.md)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from django.db import connection

from campaigns.addresses import get_address_key_sql
from campaigns.enums import MailingPurpose, MessageReason, SuppressionReason
from campaigns.reach import addresses
from core.time import day_of, get_zone
from members.enums import Channel
from members.registry import moot_subjects, promotion_holds
from members.selectors.club import get_club
from members.selectors.consents import list_withdrawn, may_contact
from members.selectors.contact import find_quiet_end, get_contact_policy
from members.services.contact import take_contacts

# By the facts that it was made with.
_SUBJECTS = """
    SELECT m.id, f.name, (m.facts ->> f.name)::bigint
    FROM campaigns_message m, unnest(%s::text[]) AS f (name)
    WHERE m.id = ANY (%s) AND jsonb_typeof(m.facts -> f.name) = 'number'
"""
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class Decision(StrEnum):
    SEND = "send"
    HOLD = "hold"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``address`` of what is sent, ``until`` of what waits, ``reason`` of what stays here now."""

    decision: Decision
    reason: str = ""
    address: str = ""
    until: dt.datetime = _NEVER


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A message that is about to leave; ``due_at`` is when it was first due."""

    id: int
    member_id: int
    mailing_id: int
    purpose: str
    channel: str
    due_at: dt.datetime
    recorded_at: dt.datetime
    stale_after_hours: int | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the database knows of one row, in the order of ``_read_facts``."""

    is_active: bool
    address: str | None
    zone: str
    mourning_ends_on: dt.date | None
    is_festive: bool
    suppressed: str | None
    is_held: bool


def judge_messages(rows: Sequence[ClaimedRow], *, now: dt.datetime) -> dict[int, Verdict]:
    """A verdict for each row, by its id. In the transaction that settles what leaves: the budget of
    contact stays locked until it ends, for the members of whom something may leave.

    For one purpose and channel about eight queries, however many rows there are.
    """
    verdicts: dict[int, Verdict] = {}
    ordered = sorted(rows, key=lambda row: (row.purpose, row.channel))
    for (purpose, channel), group in groupby(ordered, key=lambda row: (row.purpose, row.channel)):
        verdicts |= _judge(list(group), purpose, channel, now)
    return verdicts


def _judge(
    rows: list[ClaimedRow], purpose: str, channel: str, now: dt.datetime
) -> dict[int, Verdict]:
    is_marketing = purpose != MailingPurpose.SERVICE
    facts = _read_facts(rows, channel, is_marketing)
    agreed = _find_agreed({row.member_id for row in rows}, purpose, channel)
    moot = _find_moot(rows)
    verdicts, open_rows = {}, []
    for row in rows:
        reason = _find_obstacle(row, facts[row.id], row.member_id in agreed, is_marketing, now)
        if row.id in moot:
            reason = MessageReason.STALE
        if reason:
            verdicts[row.id] = Verdict(Decision.DROP, reason)
        else:
            open_rows.append(row)
    if is_marketing:
        verdicts |= _hold_in_quiet_hours(open_rows, facts, channel, now)
        open_rows = [row for row in open_rows if row.id not in verdicts]
        # The one that was due first goes first.
        open_rows.sort(key=lambda row: (row.due_at, row.id))
        room = take_contacts([row.member_id for row in open_rows], channel, now=now)
        for row, has_room in zip(open_rows, room, strict=True):
            if not has_room:
                verdicts[row.id] = Verdict(Decision.DROP, MessageReason.CAP)
    for row in open_rows:
        if row.id not in verdicts:
            address = facts[row.id].address or ""
            verdicts[row.id] = Verdict(Decision.SEND, address=address)
    return verdicts


def _find_obstacle(
    row: ClaimedRow, facts: _Facts, has_agreed: bool, is_marketing: bool, now: dt.datetime
) -> str:
    """Why it never leaves; "" where nothing stands in the way."""
    if not facts.is_active:
        return MessageReason.NOT_ACTIVE
    if _is_stale(row, now):
        return MessageReason.STALE
    if is_marketing and not has_agreed:
        return MessageReason.NO_CONSENT
    if facts.is_festive and _is_in_mourning(facts, now):
        return MessageReason.MOURNING
    if facts.is_held:
        return MessageReason.PROMOTIONS_HELD
    if not facts.address:
        is_on_site = row.channel == Channel.ON_SITE
        return MessageReason.NO_LOGIN if is_on_site else MessageReason.NO_ADDRESS
    if facts.suppressed == SuppressionReason.UNFOLLOWED:
        return MessageReason.UNFOLLOWED
    if facts.suppressed and (is_marketing or facts.suppressed != SuppressionReason.UNSUBSCRIBED):
        return MessageReason.SUPPRESSED
    return ""


def _is_in_mourning(facts: _Facts, now: dt.datetime) -> bool:
    ends = facts.mourning_ends_on
    return ends is not None and day_of(now, facts.zone) <= ends


def _is_stale(row: ClaimedRow, at: dt.datetime) -> bool:
    if row.stale_after_hours is None:
        return False
    return at > row.due_at + dt.timedelta(hours=row.stale_after_hours)


def _hold_in_quiet_hours(
    rows: Sequence[ClaimedRow], facts: dict[int, _Facts], channel: str, now: dt.datetime
) -> dict[int, Verdict]:
    """Until the quiet ends where the member lives; what would be too late by then isn't kept."""
    policy = get_contact_policy()
    if channel not in policy.quiet_channels:
        return {}
    ends = {
        zone: find_quiet_end(policy, get_zone(zone), now=now)
        for zone in {facts[row.id].zone for row in rows}
    }
    verdicts = {}
    for row in rows:
        until = ends[facts[row.id].zone]
        if until is None:
            continue
        if _is_stale(row, until):
            verdicts[row.id] = Verdict(Decision.DROP, MessageReason.STALE)
        else:
            verdicts[row.id] = Verdict(Decision.HOLD, MessageReason.QUIET_HOURS, until=until)
    return verdicts


def _find_agreed(member_ids: Collection[int], purpose: str, channel: str) -> set[int]:
    """Who agreed to this. What lies on the club's own pages waits there for who comes by, and
    needs no yes; a no holds there too.
    """
    if purpose == MailingPurpose.SERVICE:
        return set()
    if channel == Channel.ON_SITE:
        return set(member_ids) - list_withdrawn(member_ids, purpose, channel)
    return set(may_contact(member_ids, purpose, channel).values_list("pk", flat=True))


def _read_facts(rows: Sequence[ClaimedRow], channel: str, is_marketing: bool) -> dict[int, _Facts]:
    """By message, in one query."""
    address = addresses.get(channel) or "NULL::text"
    holds = "FALSE"
    if is_marketing and promotion_holds.codes():
        union = " UNION ALL ".join(f"({sql})" for sql in promotion_holds)
        holds = f"EXISTS (SELECT FROM ({union}) AS h (member_id) WHERE h.member_id = m.id)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.id, m.status = 'active', a.address, coalesce(nullif(m.zone, ''), %s),
                   m.mourning_ends_on, g.is_festive, s.reason, {holds}
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS r (id, member_id, mailing_id)
            JOIN members_member m ON m.id = r.member_id
            JOIN campaigns_mailing g ON g.id = r.mailing_id
            CROSS JOIN LATERAL (SELECT ({address}) AS address) a
            LEFT JOIN campaigns_suppression s
              ON s.channel = %s AND s.address_key = {get_address_key_sql(channel, "a.address")}
            """,
            [get_club().zone, *_columns(rows), channel],
        )
        return {row[0]: _Facts(*row[1:]) for row in cursor.fetchall()}


def _find_moot(rows: Sequence[ClaimedRow]) -> set[int]:
    """Messages of which what they are about is over, by the facts that they were made with. One
    query, and one for each kind of subject that is among them.
    """
    told: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS, [moot_subjects.codes(), [row.id for row in rows]])
        for message_id, fact, subject in cursor.fetchall():
            told[fact][subject].append(message_id)
        moot: set[int] = set()
        for fact, subjects in told.items():
            sql = f"SELECT id FROM ({moot_subjects[fact]}) AS o (id) WHERE id = ANY (%s)"
            cursor.execute(sql, [list(subjects)])
            moot.update(pk for (subject,) in cursor.fetchall() for pk in subjects[subject])
    return moot


def _columns(rows: Sequence[ClaimedRow]) -> Iterator[list[int]]:
    yield [row.id for row in rows]
    yield [row.member_id for row in rows]
    yield [row.mailing_id for row in rows]
