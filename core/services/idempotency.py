"""Same caller, operation and key: the first result again, or a conflict (docs/points.md 18)."""

import hashlib
import json

from django.db import transaction

from core.bulk import read_together
from core.errors import IdempotencyConflict

_FIND = """
    SELECT payload_hash, result::text FROM core_idempotencyrecord
    WHERE caller = %s AND operation = %s AND key = %s
"""


def hash_payload(payload) -> bytes:
    """SHA-256 of the payload's canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return hashlib.sha256(text.encode()).digest()


@transaction.atomic(savepoint=False)
def run_once(operation, perform, *, caller, key, payload, now):
    """Call ``perform()`` once per (caller, operation, key) and remember its JSON result.

    Returns ``(result, repeated)``. Raises IdempotencyConflict where the key was used with
    another payload. Where ``perform`` raises, nothing is remembered. Two calls at once wait
    for each other on the unique key.
    """
    digest = hash_payload(payload)
    (inserted,) = read_together(
        [
            (
                "INSERT INTO core_idempotencyrecord"
                " (caller, operation, key, payload_hash, recorded_at)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
                [caller, operation, key, digest, now],
            )
        ]
    )
    if not inserted:
        ((known, result),) = read_together([(_FIND, [caller, operation, key])])[0]
        if bytes(known) != digest:
            raise IdempotencyConflict
        return json.loads(result), True
    result = perform()
    read_together(
        [
            (
                "UPDATE core_idempotencyrecord SET result = %s::jsonb WHERE id = %s",
                [json.dumps(result, default=str), inserted[0][0]],
            )
        ]
    )
    return result, False
