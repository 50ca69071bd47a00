"""What waits for a worker in this app, and how long (for the readiness probe)."""

import datetime as dt

from members.selectors.waiting import find_overdue
from rewards.enums import BulkState
from rewards.models import BulkAct, WebhookMessage, WheelDay


def list_waiting_webhooks(now: dt.datetime) -> dict[str, dt.timedelta]:
    """A receiver that doesn't answer is no matter: its messages are due later each time."""
    rows = WebhookMessage.objects.waiting().filter(endpoint__disabled_at__isnull=True)
    return find_overdue(rows, "due_at", now)


def list_waiting_bulk_acts(now: dt.datetime) -> dict[str, dt.timedelta]:
    """Acts for many that began and have been silent since."""
    return find_overdue(BulkAct.objects.filter(state=BulkState.RUNNING), "seen_at", now)


def list_waiting_seeds(now: dt.datetime) -> dict[str, dt.timedelta]:
    """Seeds of days that are over and still sealed: nobody can check those days yet."""
    return find_overdue(
        WheelDay.objects.to_reveal(now).filter(sealed_seed__isnull=False), "ends_at", now
    )
