"""Handovers whose worker is gone: what it sent is sent, one message at most is unknown, the rest
waits again.

Only one marker in ten waits for the disk. Where the database itself was cut off (a power cut, not
a stop) the last ones may be gone with it: then those up to the next one that would have waited are
unknown, so that nobody is written to twice.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from campaigns.enums import MessageState
from campaigns.models import Handover
from campaigns.services.sending.handing_over import is_sure
from campaigns.services.sending.settling import UNKNOWN, UNTOUCHED, Settled, write_settled

logger = logging.getLogger(__name__)

# PostgreSQL keeps its statistics over a stop, and begins them anew after a crash.
_CRASHED = """
    SELECT stats_reset >= pg_postmaster_start_time() AND pg_postmaster_start_time() > %s
    FROM pg_stat_bgwriter
"""


def recover_handovers(*, now: dt.datetime) -> int:
    """Take apart every handover without a sign of life for the length of its lease; returns how
    many. Run twice at once, each is taken once.
    """
    count = 0
    while _recover_next(now):
        count += 1
    return count


@transaction.atomic
def _recover_next(now: dt.datetime) -> bool:
    # The lease is measured by the database's clock, which also writes the signs of life.
    lease = dt.timedelta(seconds=settings.SENDING_LEASE_SECONDS)
    handover = (
        Handover.objects.select_for_update(skip_locked=True)
        .filter(beat_at__lt=Now() - lease)
        .order_by("pk")
        .annotate(age=Now() - F("beat_at"))
        .first()
    )
    if handover is None:
        return False
    last = _find_last_in_doubt(handover)
    sent = Settled(MessageState.SENT, sent_at=handover.beat_at)
    rows = []
    for place, message_id in enumerate(handover.message_ids, 1):
        if place > last:
            settled = UNTOUCHED
        elif place >= handover.position:
            settled = UNKNOWN
        else:
            note = handover.outcomes.get(str(place))
            settled = Settled.from_note(note) if note else sent
        rows.append((message_id, settled))
    number = handover.pk
    handover.delete()
    write_settled(rows, now=now)
    logger.warning(
        "Handover %s of %s was taken apart: %s of %s messages were sent, %s unknown",
        number, handover.worker, max(handover.position - 1, 0), len(rows),
        last - handover.position + 1 if handover.position else 0,
    )  # fmt: skip
    return True


def _find_last_in_doubt(handover: Handover) -> int:
    last = handover.position
    if last and _has_crashed_since(handover.beat_at):
        while not is_sure(last + 1):
            last += 1
    return last


def _has_crashed_since(at: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CRASHED, [at])
        return bool(cursor.fetchone()[0])
