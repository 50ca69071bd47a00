"""What became of messages, told to the apps below that asked for it (``members.registry``)."""

import datetime as dt
import json
from collections.abc import Collection

from django.db import connection

from campaigns.enums import MessageState
from members.registry import MessageFate, message_listeners

_SETTLED = [
    MessageState.SENT, MessageState.UNKNOWN, MessageState.NOT_SENT, MessageState.FAILED,
]  # fmt: skip
_READ = """
    SELECT m.member_id, m.facts, m.state, m.reason, m.sent_at FROM campaigns_message m
    WHERE m.id = ANY (%s) AND m.state = ANY (%s) AND m.facts ?| %s ORDER BY m.id
"""


def is_awaited(facts: Collection[str]) -> bool:
    """Whether somebody listens for messages with these facts."""
    return any(name in facts for name in message_listeners.codes())


def tell_fates(message_ids: Collection[int], *, now: dt.datetime) -> None:
    """In the caller's transaction, after it wrote their states; one query, whoever listens. Those
    that wait, or are on their way, have none yet.
    """
    names = list(message_listeners.codes())
    if not names or not message_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(message_ids), _SETTLED, names])
        rows = cursor.fetchall()
    if not rows:
        return
    read = [
        (member, json.loads(facts) if isinstance(facts, str) else facts, *rest)
        for member, facts, *rest in rows
    ]
    for name in names:
        fates = [
            MessageFate(
                member_id=member,
                subject=facts[name],
                is_sent=state in (MessageState.SENT, MessageState.UNKNOWN),
                reason=reason,
                at=sent_at or now,
            )
            for member, facts, state, reason, sent_at in read
            if name in facts
        ]
        if fates:
            message_listeners[name](fates, now)
