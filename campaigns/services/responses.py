"""What became of messages after they left: told by providers, seen by links and pictures."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import translation
from psycopg.types.json import Jsonb

from campaigns.addresses import get_address_key_sql
from campaigns.enums import EventActor, EventKind, MailingPurpose, SuppressionReason
from campaigns.models import Link, Message, MessageEvent
from campaigns.reach import addresses
from campaigns.services.suppression import suppress_keys
from core.actors import (
    AROUND,
    SWEEP,
    Agent,
    Sighting,
    find_bursts,
    is_inside,
    judge,
    read_agent,
)
from members.enums import Channel, ConsentSource, MemberStatus
from members.models import Member
from members.services.consents import Answer, record_answers

SOFT = "is_soft"  # in the evidence of a bounce: not now, not there; the address lives
ADDRESS_KEY = "address_key"  # in the evidence: whose mail it was, where the provider says so
MOST_SEEN = 100  # of clicks and views of one message: whatever asks again and again isn't kept

_RECORD = """
    INSERT INTO campaigns_messageevent (
        message_id, kind, actor, link_id, effective_at, recorded_at, provider_id, evidence)
    SELECT m.id, r.kind, r.actor, l.id, least(r.effective_at, %s), %s, r.provider_id, r.evidence
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::text[],
                %s::jsonb[])
         AS r (message_id, kind, actor, link_number, effective_at, provider_id, evidence)
    JOIN campaigns_message m ON m.id = r.message_id
    LEFT JOIN campaigns_link l ON l.edition_id = m.edition_id AND l.number = r.link_number
    ON CONFLICT DO NOTHING
    RETURNING message_id, kind, evidence
"""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that became of a message. Of a bounce, ``evidence`` may hold ``is_soft``."""

    message_id: int
    kind: str
    actor: str
    link_number: int | None = None
    effective_at: dt.datetime | None = None
    provider_id: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def record_events(rows: Sequence[EventRow], *, now: dt.datetime) -> int:
    """Write them down in one statement; returns how many are new. One with a ``provider_id`` that
    its message has for this kind already is the same told again, and one of an unknown message
    nothing at all.

    An address that bounced for good, or from which somebody complained, is not written to any
    more; a complaint takes the consent to that purpose back, too.
    """
    if not rows:
        return 0
    columns: list[Any] = [
        [row.message_id for row in rows],
        [row.kind for row in rows],
        [row.actor for row in rows],
        [row.link_number for row in rows],
        [row.effective_at or now for row in rows],
        [row.provider_id[:120] for row in rows],
        [Jsonb(dict(row.evidence)) for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [now, now, *columns])
        new = cursor.fetchall()
    told = [(pk, kind, _read_json(evidence)) for pk, kind, evidence in new]
    dead = [each for each in told if each[1] == EventKind.BOUNCED and not each[2].get(SOFT)]
    complaints = [each for each in told if each[1] == EventKind.COMPLAINED]
    _suppress(dead, SuppressionReason.BOUNCED, now)
    _suppress(complaints, SuppressionReason.COMPLAINED, now)
    if complaints:
        _take_back({pk for pk, _kind, _evidence in complaints}, now)
    return len(new)


def _read_json(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else value


def _suppress(
    told: Sequence[tuple[int, str, Mapping[str, Any]]], reason: str, now: dt.datetime
) -> None:
    """The address that the provider names, else the one that the message was planned for, else
    that of the record.
    """
    if not told:
        return
    named = {pk: uuid.UUID(evidence[ADDRESS_KEY]) for pk, _kind, evidence in told
             if ADDRESS_KEY in evidence}  # fmt: skip
    found = []
    for pk, channel, planned, own in _read_keys([pk for pk, _kind, _evidence in told]):
        key = named.get(pk) or planned or own
        if key is not None and channel != Channel.ON_SITE:
            found.append((channel, key))
    suppress_keys(found, reason=reason, now=now)


def _read_keys(ids: Sequence[int]) -> list[tuple[int, str, uuid.UUID | None, uuid.UUID | None]]:
    """(message, channel, key that it was planned for, key of the member's address now)."""
    own = " ".join(
        f"WHEN '{code}' THEN {get_address_key_sql(code, f'({addresses[code]})')}"
        for code in addresses.codes()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT x.id, x.channel, x.address_key, CASE x.channel {own} END
            FROM campaigns_message x JOIN members_member m ON m.id = x.member_id
            WHERE x.id = ANY (%s)
            """,
            [list(ids)],
        )
        return cursor.fetchall()


def _take_back(ids: set[int], now: dt.datetime) -> None:
    """Somebody who calls a message spam doesn't agree to more of it."""
    rows = Message.objects.filter(pk__in=ids).select_related("mailing", "member")
    for message in rows.order_by("member_id"):
        withdraw_purpose(message, source=ConsentSource.SYSTEM, now=now)


def withdraw_purpose(message: Message, *, source: str, now: dt.datetime) -> bool:
    """The reader of a message wants no more of its kind by its channel. False where it was none
    that needs consent, or nobody is left who could say so.
    """
    purpose = message.mailing.purpose
    member = get_reader(message)
    if purpose == MailingPurpose.SERVICE or member.status == MemberStatus.ERASED:
        return False
    with translation.override(member.locale or None):
        answer = Answer(purpose, message.channel, False)
        record_answers(member, [answer], source=source, by=None, now=now)
    return True


def get_reader(message: Message) -> Member:
    """Whose message it is by now: a record that went up in another speaks for it no more."""
    member = message.member
    while member.merged_into is not None:
        member = member.merged_into
    return member


# --- Seen by the club's own links and pictures ----------------------------------------------------


@transaction.atomic
def record_click(
    message_id: int, number: int, *, agent: str, is_head: bool, now: dt.datetime
) -> None:
    """Link ``number`` was followed, by who calls itself ``agent``; where that shows a machine at
    work, what it did just before turns into a machine's too.
    """
    _record_sighting(message_id, EventKind.CLICKED, number, agent, is_head, now)


@transaction.atomic
def record_open(message_id: int, *, agent: str, is_head: bool, now: dt.datetime) -> None:
    """The picture of a mail was fetched."""
    _record_sighting(message_id, EventKind.OPENED, None, agent, is_head, now)


def _record_sighting(
    message_id: int, kind: str, number: int | None, agent_text: str, is_head: bool, now: dt.datetime
) -> None:
    # One after the other: of two requests at once neither would see a burst.
    message = Message.objects.select_for_update(no_key=True).filter(pk=message_id).first()
    if message is None:
        return
    before = _read_sightings(message_id, now)
    if MessageEvent.objects.filter(message=message_id, kind=kind).count() >= MOST_SEEN:
        return
    sightings = [Sighting(each.effective_at, _get_number(each)) for each in before]
    bursts = find_bursts([*sightings, Sighting(now, number)])
    agent = read_agent(agent_text)
    since = (now - message.sent_at).total_seconds() if message.sent_at else None
    judgement = judge(
        agent=agent,
        is_head=is_head,
        seconds_since_sent=since,
        is_in_burst=is_inside(now, bursts),
    )
    link = None
    if number is not None:
        link = Link.objects.filter(edition=message.edition_id, number=number).first()
    MessageEvent.objects.create(
        message=message,
        kind=kind,
        actor=judgement.actor,
        link=link,
        effective_at=now,
        recorded_at=now,
        evidence=_build_evidence(number, agent, since, judgement.why, is_head),
    )
    _correct([each for each in before if is_inside(each.effective_at, bursts)])


def _read_sightings(message_id: int, now: dt.datetime) -> list[MessageEvent]:
    """Clicks and views that a burst of now could reach back to."""
    rows = MessageEvent.objects.filter(
        message=message_id,
        kind__in=[EventKind.CLICKED, EventKind.OPENED],
        effective_at__gte=now - SWEEP - AROUND,
    )
    return list(rows.order_by("effective_at", "pk"))


def _get_number(event: MessageEvent) -> int | None:
    return event.evidence.get("link") if event.kind == EventKind.CLICKED else None


def _build_evidence(
    number: int | None, agent: Agent, since: float | None, why: str, is_head: bool
) -> dict[str, Any]:
    """Why it was taken for whose it was: coded, nothing of the program's own words."""
    evidence: dict[str, Any] = {"agent": agent.value}
    if number is not None:
        evidence["link"] = number
    if since is not None:
        evidence["seconds"] = round(since, 1)
    if why:
        evidence["why"] = why
    if is_head:
        evidence["method"] = "HEAD"
    return evidence


def _correct(events: Sequence[MessageEvent]) -> None:
    """What was taken for a person's before the rest of the burst came."""
    for event in events:
        if event.actor != EventActor.MACHINE:
            event.actor = EventActor.MACHINE
            event.evidence = {**event.evidence, "why": "burst"}
            event.save(update_fields=["actor", "evidence"])
