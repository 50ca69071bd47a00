"""An event becomes messages in its own transaction: one for each address that asked for it."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from core.bulk import RowWriter
from rewards.enums import WebhookEvent

# Without an address that wants the event nothing is written; the members are named by number.
_QUEUE = """
    INSERT INTO rewards_webhookmessage
        (endpoint_id, uid, event, payload, state, occurred_at, due_at)
    SELECT e.id, gen_random_uuid(), %s,
           jsonb_build_object('member', m.number) || item.facts, 'waiting', item.at, %s
    FROM rewards_webhookendpoint e,
         unnest(%s::bigint[], %s::jsonb[], %s::timestamptz[]) AS item (member_id, facts, at)
    JOIN members_member m ON m.id = item.member_id
    WHERE e.disabled_at IS NULL AND %s = ANY(e.events)
    ORDER BY item.at, m.id, e.id
"""


def queue_events(
    writer: RowWriter,
    event: WebhookEvent,
    items: Sequence[tuple[int, dict[str, Any], dt.datetime]],
    *,
    now: dt.datetime,
) -> None:
    """Queue an event for each (member id, facts, moment), at the ``writer``'s flush.

    Nobody is woken: most clubs have no such address, and the sweep looks every few seconds.
    """
    if not items:
        return
    ids, facts, moments = zip(*items, strict=True)
    written = [json.dumps(each) for each in facts]
    writer.execute(_QUEUE, [event, now, list(ids), written, list(moments), event])
