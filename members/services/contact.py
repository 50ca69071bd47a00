"""The club's budget of contact: whoever writes to members takes from it, in the same transaction
in which it settles to send.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from core.services.audit import record_audit
from members.models import ContactCap, ContactPolicy, User
from members.selectors.contact import count_contacts, list_caps

_LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('contact:' || o.id, 0))
    FROM (SELECT DISTINCT unnest(%s::bigint[]) AS id ORDER BY 1) o
"""


def lock_contacts(member_ids: Sequence[int]) -> None:
    """Until the transaction ends nobody else settles what is sent to these members."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(member_ids)])


def take_contacts(member_ids: Sequence[int], channel: str, *, now: dt.datetime) -> list[bool]:
    """For each of ``member_ids``, in their order, whether one more message by this channel keeps to
    every cap; a member who stands there twice is asked about twice.

    Until the transaction ends nobody else takes for these members: two senders at once never go
    over a cap together. Three queries, none where no cap covers the channel.
    """
    caps = list_caps(channel)
    if not caps:
        return [True] * len(member_ids)
    lock_contacts(member_ids)
    # Read after the locks: what the one before us settled on is seen.
    counts = dict(count_contacts(set(member_ids), caps, now=now))
    taken = []
    for member_id in member_ids:
        has_room = all(counts.get((member_id, cap.pk), 0) < cap.most for cap in caps)
        if has_room:
            for cap in caps:
                counts[member_id, cap.pk] = counts.get((member_id, cap.pk), 0) + 1
        taken.append(has_room)
    return taken


# --- What staff decide ----------------------------------------------------------------------------


@transaction.atomic
def change_quiet_hours(
    changes: dict[str, Any], *, by: User | None, now: dt.datetime
) -> ContactPolicy:
    """``changes``: ``quiet_from``, ``quiet_until``, ``quiet_channels``."""
    policy = ContactPolicy.objects.select_for_update().get_or_create(pk=1)[0]
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.save(update_fields=list(changes))
    shown = {
        name: value if isinstance(value, list) else str(value) for name, value in changes.items()
    }
    record_audit("contact.quiet_hours_changed", policy, by=by, now=now, changes=shown)
    return policy


@transaction.atomic
def save_cap(cap: ContactCap, *, by: User | None, now: dt.datetime) -> ContactCap:
    """A new cap, or a known one changed; it counts from the next message on, back over its days."""
    cap.save()
    changes = {"channel": cap.channel, "most": cap.most, "days": cap.days}
    record_audit("contact.cap_set", cap, by=by, now=now, changes=changes)
    return cap


@transaction.atomic
def remove_cap(cap: ContactCap, *, by: User | None, now: dt.datetime) -> None:
    changes = {"channel": cap.channel, "most": cap.most, "days": cap.days}
    record_audit("contact.cap_removed", cap, by=by, now=now, changes=changes)
    cap.delete()
