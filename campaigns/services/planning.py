"""Rows of the outbox: for a campaign's million in one statement, for an automation's few likewise.

Who is in which variant or control group is a hash of a seed and the member, so that planning
again, or telling it again, finds the same. Consent, caps and quiet hours are asked at sending.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from campaigns.addresses import get_address_key_sql
from campaigns.enums import MailingState, MessageReason, MessageState, Reach
from campaigns.models import PLAIN_VARIANT, Edition, Mailing, Message
from campaigns.reach import addresses
from campaigns.services.fates import is_awaited, tell_fates
from core.errors import DomainError
from members.enums import Channel
from members.models import Member
from members.selectors.club import get_club

_OVER = (MailingState.CANCELLED, MailingState.FINISHED)


class MailingOver(DomainError):
    code = "mailing_over"
    status = 409
    message = _("This mailing is over; nobody can be added to it.")


class EditionUnfinished(DomainError):
    code = "edition_unfinished"
    status = 409
    message = _("The words are still being written; finish them first.")


@dataclass(frozen=True, slots=True)
class VariantShare:
    """A variant and how much of the recipients it gets, beside the weights of the others.
    With an ``hour`` (0 to 23) it leaves at the next such hour where the member lives.
    """

    variant: str
    weight: int = 1
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class HoldoutShare:
    """``percent`` of the members, by a hash of ``seed``, hear nothing."""

    seed: str
    percent: int


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """One message of an automation: ``facts`` are the coded facts of what brought it about."""

    mailing_id: int
    edition_id: int
    member_id: int
    occurrence: str
    due_at: dt.datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    variant: str = PLAIN_VARIANT


@dataclass(frozen=True, slots=True)
class Planned:
    """How many rows were made, by (state, reason); what stood there already is not in it."""

    counts: Mapping[tuple[str, str], int]

    @property
    def waiting_count(self) -> int:
        return self.counts.get((MessageState.WAITING, MessageReason.NONE), 0)

    @property
    def total_count(self) -> int:
        return sum(self.counts.values())


@transaction.atomic
def plan_messages(
    mailing: Mailing,
    edition: Edition,
    *,
    recipients: QuerySet[Member],
    occurrence: str,
    due_at: dt.datetime,
    variants: Sequence[VariantShare] = (),
    holdout: HoldoutShare | Sequence[HoldoutShare] | None = None,
    facts: Mapping[str, Any] | None = None,
    seed: str = "",
    now: dt.datetime,
) -> Planned:
    """One row for each recipient (and channel, where the mailing takes every one), sent or not.

    Run again, or twice at once, it only adds who is missing. Of members who share an address the
    one with the lowest id gets what goes once per address. ``seed`` divides the variants; without
    one it is the mailing's own. Raises MailingOver, EditionUnfinished.
    """
    _check_can_plan(mailing, edition)
    # Two plans of one mailing would each see their own sharers of an address.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan:{mailing.pk}"]
        )
    wanted, params = recipients.order_by().values("pk").query.sql_with_params()
    variant, variant_params = _divide(variants, seed or f"mailing-{mailing.pk}")
    due, due_params = _time(variants, due_at)
    # A semi-join: a queryset over joins may name a member twice.
    source = f"""
        SELECT m.id AS member_id, {edition.pk}::bigint AS edition_id, %s::text AS occurrence,
               {variant} AS variant, %s::jsonb AS facts, nullif(m.zone, '') AS zone
        FROM members_member m WHERE m.id IN ({wanted})
    """
    return _write(
        mailing,
        f"SELECT w.*, {due} AS due_at FROM ({source}) w",
        [*due_params, occurrence, *variant_params, Jsonb(dict(facts or {})), *params],
        holdouts=[holdout] if isinstance(holdout, HoldoutShare) else list(holdout or ()),
        is_locked=True,
        now=now,
    )


@transaction.atomic
def queue_messages(rows: Sequence[QueuedMessage], *, now: dt.datetime) -> Planned:
    """Rows for single members, as steps of automations ask for them; repeats are silent.

    A mailing that is over takes none.
    """
    counts: dict[tuple[str, str], int] = {}
    ordered = sorted(rows, key=lambda row: (row.mailing_id, row.member_id, row.occurrence))
    mailings = Mailing.objects.exclude(state__in=_OVER).in_bulk({row.mailing_id for row in rows})
    for mailing_id, group in groupby(ordered, key=lambda row: row.mailing_id):
        if mailing_id not in mailings:
            continue
        own = list(group)
        planned = _write(
            mailings[mailing_id],
            """SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[],
                                    %s::jsonb[], %s::timestamptz[])
               AS w (member_id, edition_id, occurrence, variant, facts, due_at)""",
            [
                [row.member_id for row in own],
                [row.edition_id for row in own],
                [row.occurrence for row in own],
                [row.variant for row in own],
                [Jsonb(dict(row.facts)) for row in own],
                [row.due_at for row in own],
            ],
            holdouts=[],
            is_locked=False,
            now=now,
        )
        for key, count in planned.counts.items():
            counts[key] = counts.get(key, 0) + count
        if any(state == MessageState.NOT_SENT for state, _reason in planned.counts):
            _tell_of_unreached(mailing_id, [row for row in own if is_awaited(row.facts)], now)
    return Planned(counts)


def _tell_of_unreached(mailing_id: int, rows: Sequence[QueuedMessage], now: dt.datetime) -> None:
    """Whoever waits to hear hears at once of those who can't be reached at all."""
    if rows:
        unreached = Message.objects.filter(
            mailing=mailing_id,
            member__in=[row.member_id for row in rows],
            occurrence__in=[row.occurrence for row in rows],
            state=MessageState.NOT_SENT,
        )
        tell_fates(list(unreached.values_list("pk", flat=True)), now=now)


def _check_can_plan(mailing: Mailing, edition: Edition) -> None:
    if Mailing.objects.filter(pk=mailing.pk, state__in=_OVER).exists():
        raise MailingOver
    if edition.frozen_at is None:
        raise EditionUnfinished


# --- The statement -------------------------------------------------------------------------------


def get_share_sql(member: str) -> str:
    """Where in 0 to 9,999 a member falls for the seed in the one parameter; the same as
    ``campaigns.selectors.recipients.Share``.
    """
    return f"(('x' || left(md5(%s || ':' || {member}), 8))::bit(32)::bigint %% 10000)"


def _divide(variants: Sequence[VariantShare], seed: str) -> tuple[str, list]:
    if len(variants) < 2:
        return "%s::text", [variants[0].variant if variants else PLAIN_VARIANT]
    total = sum(each.weight for each in variants)
    cases, params, reached = [], [], 0
    for each in variants[:-1]:
        reached += each.weight
        cases.append("WHEN share < %s THEN %s")
        params += [reached * 10_000 // total, each.variant]
    last = variants[-1].variant
    share = f"(SELECT {get_share_sql('m.id')} AS share)"
    sql = f"(SELECT CASE {' '.join(cases)} ELSE %s END FROM {share})"
    return sql, [*params, last, f"{seed}:variant"]


# The next such hour where the member lives: from then on, or a day later.
_NEXT_HOUR = """
    (date_trunc('day', %s::timestamptz AT TIME ZONE coalesce(w.zone, %s))
     + make_interval(hours => %s)
     + CASE WHEN (%s::timestamptz AT TIME ZONE coalesce(w.zone, %s))::time > make_time(%s, 0, 0)
            THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE coalesce(w.zone, %s)
"""


def _time(variants: Sequence[VariantShare], due_at: dt.datetime) -> tuple[str, list]:
    own = [each for each in variants if each.hour is not None]
    if not own:
        return "%s::timestamptz", [due_at]
    zone = get_club().zone
    params: list[Any] = []
    for each in own:
        params += [each.variant, due_at, zone, each.hour, due_at, zone, each.hour, zone]
    cases = " ".join(f"WHEN %s THEN {_NEXT_HOUR}" for _each in own)
    return f"CASE w.variant {cases} ELSE %s::timestamptz END", [*params, due_at]


def _write(
    mailing: Mailing,
    source: str,
    params: list,
    *,
    holdouts: Sequence[HoldoutShare],
    is_locked: bool,
    now: dt.datetime,
) -> Planned:
    """``source`` yields member_id, edition_id, occurrence, variant, facts, due_at. Under a lock
    those who have a row are looked up beforehand, in half the time that conflicts would take.
    """
    placed = _place(mailing)
    shares = [f"{get_share_sql('w.member_id')} < %s" for _each in holdouts]
    held = " OR ".join(shares) or "FALSE"
    if mailing.is_once_per_address:
        # The control group is drawn from all, reached or not, or it would not compare; it takes
        # nobody's address. Who had it before keeps it; of those who come together, the lowest id.
        keyed = f"""
            SELECT p.*, e.member_id <> p.member_id OR row_number() OVER (
                       PARTITION BY p.channel, p.occurrence, p.key, p.is_held
                       ORDER BY p.member_id) > 1 AS is_same
            FROM ({placed}) p LEFT JOIN campaigns_message e
              ON e.mailing_id = {mailing.pk} AND e.channel = p.channel
             AND e.occurrence = p.occurrence AND e.address_key = p.key AND NOT p.is_held"""
        same, key = (
            "key IS NOT NULL AND is_same IS TRUE",
            "CASE WHEN is_same IS NOT TRUE AND NOT is_held THEN key END",
        )
    else:
        keyed, same, key = placed, "FALSE", "NULL::uuid"
    new, repeats = "", "ON CONFLICT DO NOTHING"
    if is_locked:
        repeats = ""
        new = f"""WHERE NOT EXISTS (
            SELECT FROM campaigns_message e
            WHERE e.mailing_id = {mailing.pk} AND e.member_id = k.member_id
              AND e.channel = k.channel AND e.occurrence = k.occurrence)"""
    statement = f"""
        WITH w AS (
            SELECT *, ({held}) AS is_held FROM ({source}) w
        ), judged AS (
            SELECT member_id, edition_id, channel, occurrence, variant, facts, due_at,
                   {key} AS address_key,
                   CASE WHEN is_held THEN '{MessageReason.HOLDOUT}'
                        WHEN NOT is_reached AND channel = '{Channel.ON_SITE}'
                        THEN '{MessageReason.NO_LOGIN}'
                        WHEN NOT is_reached THEN '{MessageReason.NO_ADDRESS}'
                        WHEN {same} THEN '{MessageReason.SAME_ADDRESS}' ELSE '' END AS reason
            FROM ({keyed}) k {new}
        ), written AS (
            INSERT INTO campaigns_message (
                mailing_id, edition_id, member_id, channel, occurrence, variant, address_key,
                facts, state, reason, recorded_at, due_at)
            SELECT {mailing.pk}, edition_id, member_id, channel, occurrence, variant, address_key,
                   facts, CASE reason WHEN '' THEN '{MessageState.WAITING}'
                                      ELSE '{MessageState.NOT_SENT}' END,
                   reason, %s, due_at
            FROM judged
            {repeats}
            RETURNING state, reason
        )
        SELECT state, reason, count(*) FROM written GROUP BY state, reason
    """
    shares_params = [value for each in holdouts for value in (each.seed, each.percent * 100)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*shares_params, *params, now])
        return Planned({(state, reason): count for state, reason, count in cursor.fetchall()})


def _place(mailing: Mailing) -> str:
    """A row for each channel on which a member is tried, with the key of the address there."""
    found = {channel: addresses.get(channel) or "NULL::text" for channel in mailing.channels}
    is_keyed = mailing.is_once_per_address
    reached = [f"({sql}) IS NOT NULL" for sql in found.values()]
    rows = [
        f"('{channel}', ({sql}) IS NOT NULL"
        f"{f', {get_address_key_sql(channel, f"({sql})")}' if is_keyed else ''})"
        for channel, sql in found.items()
    ]
    names = "channel, is_reached, key" if is_keyed else "channel, is_reached"
    if mailing.reach == Reach.EVERY or len(rows) == 1:
        choice = f"(VALUES {', '.join(rows)}) AS c ({names})"
    else:
        # The first that reaches them; else the first of all, which then says that none does.
        first = [f"WHEN {condition} THEN {place}" for place, condition in enumerate(reached)]
        values = ", ".join(f"({place}, {row[1:]}" for place, row in enumerate(rows))
        choice = (
            f"(SELECT {names} FROM (VALUES {values}) AS v (place, {names})"
            f" WHERE place = CASE {' '.join(first)} ELSE 0 END) AS c"
        )
    return f"""
        SELECT w.*, c.* FROM w JOIN members_member m ON m.id = w.member_id
        CROSS JOIN LATERAL {choice}"""
