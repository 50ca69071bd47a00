"""Tokens of the rates: taken for a batch in one statement, given back where they weren't used."""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from campaigns.enums import RatePeriod
from campaigns.models import RateLimit

SECONDS = {RatePeriod.SECOND: 1, RatePeriod.MINUTE: 60, RatePeriod.HOUR: 3600}
_LENGTH = " ".join(f"WHEN '{period}' THEN {seconds}" for period, seconds in SECONDS.items())

# Rows are locked in the order of their ids; whoever comes second sees what the first left.
_TAKE = f"""
    WITH wanted AS (
        SELECT * FROM unnest(%(domains)s::text[], %(counts)s::int[]) AS w (domain, wanted)
    ), bucket AS (
        SELECT r.id, r.domain,
               least(r.count, r.tokens + greatest(0, extract(epoch FROM %(now)s - r.refilled_at))
                     * r.count / CASE r.period {_LENGTH} END) AS filled
        FROM campaigns_ratelimit r
        WHERE r.channel = %(channel)s AND r.domain IN (SELECT domain FROM wanted)
        ORDER BY r.id FOR UPDATE
    ), granted AS (
        SELECT domain, least(min(wanted), floor(min(filled)))::int AS granted
        FROM wanted JOIN bucket USING (domain) GROUP BY domain
    ), taken AS (
        UPDATE campaigns_ratelimit r
        SET tokens = b.filled - g.granted, refilled_at = greatest(r.refilled_at, %(now)s)
        FROM bucket b JOIN granted g USING (domain) WHERE r.id = b.id
    )
    SELECT domain, granted FROM granted
"""
_GIVE_BACK = """
    UPDATE campaigns_ratelimit r SET tokens = least(r.count, r.tokens + g.given)
    FROM unnest(%(domains)s::text[], %(counts)s::int[]) AS g (domain, given)
    WHERE r.channel = %(channel)s AND r.domain = g.domain
"""


@transaction.atomic
def take_tokens(channel: str, wanted: Mapping[str, int], *, now: dt.datetime) -> dict[str, int]:
    """How many messages may leave now, by domain ("" for the channel as a whole).

    A domain without a rate gets what it wants. Two callers at once never get more than there is.
    """
    granted = dict(wanted)
    if wanted:
        granted.update(dict(_run(_TAKE, channel, wanted, now)))
    return granted


@transaction.atomic
def give_back_tokens(channel: str, unused: Mapping[str, int], *, now: dt.datetime) -> None:
    """What was taken for messages that didn't leave."""
    given = {domain: count for domain, count in unused.items() if count > 0}
    if given:
        _run(_GIVE_BACK, channel, given, now)


def list_limited_domains(channel: str) -> set[str]:
    """Domains that have a rate of their own; "" where the channel has one."""
    return set(RateLimit.objects.filter(channel=channel).values_list("domain", flat=True))


def find_wait(channel: str, domain: str) -> dt.timedelta:
    """How long until the slowest bucket of a domain has a token more."""
    rows = RateLimit.objects.filter(channel=channel, domain=domain)
    waits = [SECONDS[RatePeriod(row.period)] / row.count for row in rows]
    return dt.timedelta(seconds=max(waits, default=0.0))


def _run(sql: str, channel: str, counts: Mapping[str, int], now: dt.datetime) -> Iterable[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "channel": channel,
                "domains": list(counts),
                "counts": list(counts.values()),
                "now": now,
            },
        )
        return cursor.fetchall() if cursor.description else ()
