"""A batch of one mailing on one channel: taken, judged, filled in, and put into a handover, in one
transaction. Whoever dies in it leaves everything waiting.
"""

import datetime as dt
import json
import logging
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from campaigns import links
from campaigns.addresses import make_address_key
from campaigns.channels.base import Outgoing
from campaigns.enums import MailingPurpose, MessageReason, MessageState
from campaigns.models import PLAIN_VARIANT, Content
from campaigns.selectors.contexts import MessageRow, build_contexts, take_figures
from campaigns.services.fates import tell_fates
from campaigns.services.rates import find_wait, list_limited_domains, take_tokens
from campaigns.services.restraint import ClaimedRow, Decision, judge_messages
from campaigns.writing.compile import Compiled, compile_content
from campaigns.writing.errors import CannotFill, TooMuchWork, WordsRefused
from core.bulk import Values, read_together
from members.enums import Channel
from members.selectors.club import get_club

logger = logging.getLogger(__name__)

BATCH = 200
_AGAIN = dt.timedelta(minutes=1)  # a wait is never shorter, or workers would run in circles

_LIST_DUE = """
    SELECT g.id, g.purpose, g.stale_after_hours, g.priority
    FROM campaigns_mailing g
    WHERE g.state = 'running' AND %(channel)s = ANY (g.channels) AND EXISTS (
        SELECT FROM campaigns_message m
        WHERE m.mailing_id = g.id AND m.channel = %(channel)s AND m.state = 'waiting'
          AND m.due_at <= %(now)s)
    ORDER BY g.priority, g.id
"""
_CLAIM = """
    SELECT m.id, m.member_id, m.edition_id, m.variant, m.facts,
           coalesce(m.first_due_at, m.due_at), m.recorded_at, m.attempt_count, p.locale,
           m.address_key
    FROM campaigns_message m JOIN members_member p ON p.id = m.member_id
    WHERE m.mailing_id = %(mailing)s AND m.channel = %(channel)s AND m.state = 'waiting'
      AND m.due_at <= %(now)s
      AND EXISTS (SELECT FROM campaigns_mailing WHERE id = %(mailing)s AND state = 'running')
    ORDER BY m.due_at, m.id LIMIT %(limit)s
    FOR UPDATE OF m SKIP LOCKED
"""
_HOLD = """
    UPDATE campaigns_message m
    SET due_at = h.due_at, reason = h.reason, first_due_at = coalesce(m.first_due_at, m.due_at)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS h (id, due_at, reason)
    WHERE m.id = h.id
"""
_DROP = f"""
    UPDATE campaigns_message m
    SET state = '{MessageState.NOT_SENT}', reason = d.reason, detail = d.detail
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS d (id, reason, detail) WHERE m.id = d.id
"""
# Whoever has this address already keeps it.
_REKEY = """
    UPDATE campaigns_message m SET address_key = k.key
    FROM unnest(%s::bigint[], %s::uuid[]) AS k (id, key)
    WHERE m.id = k.id AND NOT EXISTS (
        SELECT FROM campaigns_message o
        WHERE o.mailing_id = m.mailing_id AND o.channel = m.channel
          AND o.occurrence = m.occurrence AND o.address_key = k.key)
    RETURNING m.id
"""
_TAKE = f"""
    UPDATE campaigns_message SET state = '{MessageState.SENDING}', reason = '' WHERE id = ANY (%s)
"""
# A message on our own pages is drawn when it is read: what it tells of stays as it was.
_KEEP = """
    UPDATE campaigns_message m SET figures = k.figures::jsonb
    FROM unnest(%s::bigint[], %s::text[]) AS k (id, figures) WHERE m.id = k.id
"""
_OPEN = """
    INSERT INTO campaigns_handover (worker, channel, message_ids, position, opened_at, beat_at)
    VALUES (%s, %s, %s, 0, %s, clock_timestamp()) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class DueMailing:
    """A running mailing of which something is due on a channel."""

    id: int
    purpose: str
    stale_after_hours: int | None
    priority: int

    @property
    def is_marketing(self) -> bool:
        return self.purpose != MailingPurpose.SERVICE


@dataclass(frozen=True, slots=True)
class Load:
    """What one connection is to hand over, in this order; ``attempts`` before, by message."""

    handover_id: int
    mailing_id: int
    outgoing: Sequence[Outgoing]
    attempts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """``row_count`` were looked at; ``load`` is None where none of them may leave now."""

    row_count: int
    load: Load | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A claimed message; ``due_at`` is when it was first due."""

    id: int
    member_id: int
    edition_id: int
    variant: str
    facts: str
    due_at: dt.datetime
    recorded_at: dt.datetime
    attempts: int
    locale: str
    address_key: uuid.UUID | None


def list_due(channel: str, *, now: dt.datetime) -> list[DueMailing]:
    """In the order of their priority."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST_DUE, {"channel": channel, "now": now})
        return [DueMailing(*row) for row in cursor.fetchall()]


@transaction.atomic
def claim_batch(
    mailing: DueMailing, channel: str, *, limit: int, worker: str, now: dt.datetime
) -> Claim:
    """Take up to ``limit`` messages that nobody else is taking, and settle at once which of them
    wait longer or never leave.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM, {"mailing": mailing.id, "channel": channel, "now": now, "limit": limit}
        )
        rows = [_Row(*row) for row in cursor.fetchall()]
    if not rows:
        return Claim(0, None)
    batch = _Batch(mailing, channel, rows, now)
    batch.judge()
    batch.keep_to_addresses()
    batch.fill()
    batch.keep_to_rates()
    return Claim(len(rows), batch.write(worker))


class _Batch:
    """Claimed rows on their way through: each ends held, dropped or among those that leave."""

    def __init__(self, mailing: DueMailing, channel: str, rows: list[_Row], now: dt.datetime):
        self.mailing, self.channel, self.now = mailing, channel, now
        self.rows = {row.id: row for row in rows}
        self.addresses: dict[int, str] = {}
        self.held: list[tuple[int, dt.datetime, str]] = []
        self.dropped: list[tuple[int, str, str]] = []
        self.outgoing: list[Outgoing] = []
        self.figures: list[tuple[int, str]] = []

    def judge(self) -> None:
        mailing = self.mailing
        verdicts = judge_messages(
            [
                ClaimedRow(
                    id=row.id,
                    member_id=row.member_id,
                    mailing_id=mailing.id,
                    purpose=mailing.purpose,
                    channel=self.channel,
                    due_at=row.due_at,
                    recorded_at=row.recorded_at,
                    stale_after_hours=mailing.stale_after_hours,
                )
                for row in self.rows.values()
            ],
            now=self.now,
        )
        for pk in self.rows:
            verdict = verdicts[pk]
            if verdict.decision == Decision.SEND:
                self.addresses[pk] = verdict.address
            elif verdict.decision == Decision.HOLD:
                self.held.append((pk, max(verdict.until, self.now + _AGAIN), verdict.reason))
            else:
                self.dropped.append((pk, verdict.reason, ""))

    def keep_to_addresses(self) -> None:
        """Where a mailing goes once per address, who has another one by now gets it there, unless
        somebody else got it there.
        """
        moved: dict[uuid.UUID, int] = {}
        for pk, address in list(self.addresses.items()):
            planned = self.rows[pk].address_key
            key = make_address_key(self.channel, address)
            if planned is not None and key != planned and moved.setdefault(key, pk) != pk:
                self._drop_same(pk)
        wanted = {pk: key for key, pk in moved.items()}
        if not wanted:
            return
        with connection.cursor() as cursor:
            cursor.execute(_REKEY, [list(wanted), list(wanted.values())])
            free = {pk for (pk,) in cursor.fetchall()}
        for pk in wanted.keys() - free:
            self._drop_same(pk)

    def _drop_same(self, pk: int) -> None:
        del self.addresses[pk]
        self.dropped.append((pk, MessageReason.SAME_ADDRESS, ""))

    def fill(self) -> None:
        compiled = dict(self._compile())
        wanted = frozenset[str]().union(*{each.variables for each in compiled.values()})
        contexts = build_contexts(
            [_describe(self.rows[pk], words.locale) for pk, words in compiled.items()],
            wanted,
            now=self.now,
        )
        for pk, words in compiled.items():
            try:
                rendered = words.fill(contexts[pk])
            except (CannotFill, TooMuchWork) as error:
                self.dropped.append((pk, MessageReason.TEMPLATE, str(error)[:200]))
                continue
            if self.channel == Channel.ON_SITE:
                figures = take_figures(contexts[pk], words.variables, words.locale)
                self.figures += [(pk, json.dumps(figures))] if figures else []
            self.outgoing.append(
                Outgoing(
                    message_id=pk,
                    member_id=self.rows[pk].member_id,
                    address=self.addresses[pk],
                    locale=words.locale,
                    rendered=rendered,
                    headers=self._build_headers(pk),
                    is_marketing=self.mailing.is_marketing,
                )
            )

    def _compile(self) -> Iterator[tuple[int, Compiled]]:
        """Each message's words in its member's language; one without words is dropped."""
        own = get_club().locale
        found: dict[tuple[int, str, str], Compiled | str] = {}
        for pk in self.addresses:
            row = self.rows[pk]
            key = row.edition_id, row.variant, row.locale or own
            if key not in found:
                found[key] = _find_words(self.channel, *key)
            words = found[key]
            if isinstance(words, str):
                self.dropped.append((pk, MessageReason.TEMPLATE, words))
            else:
                yield pk, words

    def _build_headers(self, message_id: int) -> dict[str, str]:
        """RFC 8058: one address, which a mail program posts to and a person opens."""
        if self.channel != Channel.EMAIL or not self.mailing.is_marketing:
            return {}
        url = settings.SITE_URL + links.sign_unsubscribe(message_id)
        return {
            "List-Unsubscribe": f"<{url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def keep_to_rates(self) -> None:
        """Those to a domain whose rate is used up wait until it has room again."""
        limited = list_limited_domains(self.channel) - {""}
        if not limited or not self.outgoing:
            return
        domains = [each.address.rpartition("@")[2].lower() for each in self.outgoing]
        wanted = Counter(domain for domain in domains if domain in limited)
        if not wanted:
            return
        left = take_tokens(self.channel, wanted, now=self.now)
        leaving, late = [], Counter[str]()
        for outgoing, domain in zip(self.outgoing, domains, strict=True):
            if domain not in limited:
                leaving.append(outgoing)
            elif left[domain] > 0:
                left[domain] -= 1
                leaving.append(outgoing)
            else:
                late[domain] += 1
                wait = find_wait(self.channel, domain) * late[domain]
                until = self.now + max(wait, dt.timedelta(seconds=1))
                self.held.append((outgoing.message_id, until, MessageReason.RATE))
        self.outgoing = leaving

    def write(self, worker: str) -> Load | None:
        statements: list[tuple[str, Values]] = []
        if self.held:
            statements.append((_HOLD, [list(column) for column in zip(*self.held, strict=True)]))
        if self.dropped:
            statements.append((_DROP, [list(each) for each in zip(*self.dropped, strict=True)]))
        if self.figures:
            statements.append((_KEEP, [list(each) for each in zip(*self.figures, strict=True)]))
        ids = [each.message_id for each in self.outgoing]
        if ids:
            statements.append((_TAKE, [ids]))
            statements.append((_OPEN, [worker, self.channel, ids, self.now]))
        answers = read_together(statements)
        if self.dropped:
            tell_fates([pk for pk, _reason, _detail in self.dropped], now=self.now)
        if not ids:
            return None
        return Load(
            handover_id=answers[-1][0][0],
            mailing_id=self.mailing.id,
            outgoing=self.outgoing,
            attempts={pk: self.rows[pk].attempts for pk in ids},
        )


def _describe(row: _Row, locale: str) -> MessageRow:
    facts = json.loads(row.facts) if isinstance(row.facts, str) else row.facts
    return MessageRow(row.id, row.member_id, locale, facts)


def _find_words(channel: str, edition_id: int, variant: str, locale: str) -> Compiled | str:
    """A variant's own words, else those of the plain one; a sentence where there are none."""
    rows = Content.objects.filter(edition=edition_id, channel=channel).select_related("edition")
    contents = {content.variant: content for content in rows}
    content = contents.get(variant) or contents.get(PLAIN_VARIANT)
    if content is None:
        return "no words for this channel"
    try:
        return compile_content(content, locale)
    except WordsRefused as error:
        logger.exception("The words of edition %s can't be read", edition_id)
        return str(error)[:200]
