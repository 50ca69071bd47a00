"""What waits for a worker in this app, and how long (for the readiness probe)."""

import datetime as dt

from django.db.models import Min, QuerySet

from members.models import DataExport, ErasureRequest


def find_overdue(rows: QuerySet, field: str, now: dt.datetime) -> dict[str, dt.timedelta]:
    """How long the first of ``rows`` could have been done; {} where none could yet."""
    since = rows.aggregate(since=Min(field))["since"]
    return {"": now - since} if since is not None and since < now else {}


def list_waiting_exports(now: dt.datetime) -> dict[str, dt.timedelta]:
    return find_overdue(DataExport.objects.waiting(), "due_at", now)


def list_waiting_erasures(now: dt.datetime) -> dict[str, dt.timedelta]:
    """Past their time to think; one that waits for something open is due when it tries again."""
    return find_overdue(ErasureRequest.objects.due(now), "try_at", now)
