"""What waits for staff, from the queues that exist: one statement, however many there are."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Q, QuerySet
from django.db.models.functions import Cast

from members.models import DuplicatePair, ErasureRequest
from members.registry import staff_queues
from purchases.enums import ImportState, PrivacyState
from purchases.models import ImportJob, ShopPrivacyRequest, ShopRefund
from rewards.enums import ApprovalState
from rewards.models import Approval, Delivery
from rewards.selectors.control import MOST_COUNTED

ALERTS = "alerts."  # before the code of the check
_RECENT = dt.timedelta(days=14)  # an import that failed earlier was dealt with or given up
_ALERTS = """
    SELECT %s || check_code, count(DISTINCT subject_id), min(opened_at)
    FROM rewards_alert WHERE closed_at IS NULL AND noted_at IS NULL GROUP BY check_code
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which something waits: how many (MOST_COUNTED at most) and since or until when."""

    code: str
    count: int
    first_at: dt.datetime


def count_waiting(*, now: dt.datetime) -> list[Waiting]:
    """The queues in which something waits; one query, along the index of each.

    Of alerts there is one queue for each check (``"alerts.reward_stock"``).
    """
    parts, params = [_ALERTS], [ALERTS]
    more = {code: staff_queues[code](now) for code in staff_queues.codes()}
    for code, (rows, moment) in (_list_queues(now) | more).items():
        limited = rows.values_list(moment)[:MOST_COUNTED]
        sql, values = limited.query.sql_with_params()
        parts.append(f"SELECT %s, count(*), min(moment) FROM ({sql}) AS queue (moment)")
        params += [code, *values]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return [
            Waiting(code, min(count, MOST_COUNTED), first_at)
            for code, count, first_at in cursor.fetchall()
            if count
        ]


def _list_queues(now: dt.datetime) -> dict[str, tuple[QuerySet, Any]]:
    """Rows that wait, in the order of an index, with the moment of each, by the queue's code.

    What shops' customers asked for counts by its due day, everything else by its beginning.
    """
    failed = Q(state=ImportState.FAILED) | Q(state=ImportState.DONE, refused_count__gt=0)
    imports = ImportJob.objects.filter(failed, created_at__gt=now - _RECENT)
    erasures = ErasureRequest.objects.waiting().filter(due_at__lte=now)
    requests = ShopPrivacyRequest.objects.filter(state=PrivacyState.OPEN)
    return {
        "approvals": (
            Approval.objects.filter(state=ApprovalState.WAITING).order_by("asked_at"),
            "asked_at",
        ),
        "packing": (Delivery.objects.to_pack(), "redemption__confirmed_at"),
        "refunds": (ShopRefund.objects.parked().order_by("recorded_at"), "recorded_at"),
        "imports": (imports.order_by("created_at"), "created_at"),
        "erasures": (erasures.order_by("try_at"), "due_at"),
        "privacy": (requests.order_by("due_on"), Cast("due_on", DateTimeField())),
        "duplicates": (DuplicatePair.objects.open().order_by("-score", "-id"), "found_at"),
    }
