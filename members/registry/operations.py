"""What those who run the club need of each app: permissions of roles, rows that wait."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .entries import Registry

# --- Roles: permissions beyond this app's ---------------------------------------------------------


role_permissions: Registry[dict[str, tuple[str, ...]]] = Registry("role permissions")


def register_role_permissions(app: str, permissions: dict[str, Iterable[str]]) -> None:
    """Add to the staff roles: ``{"clerk": ["rewards.view_account", "purchases.view_*"]}``."""
    role_permissions.add(app, {role: tuple(names) for role, names in permissions.items()})


# --- Waiting rows: what the readiness probe and the metrics tell ----------------------------------


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """Rows that wait for a worker.

    ``list_oldest(now)`` maps each kind to the age of its oldest row, by one indexed query; a
    kind of which none waits is left out. A row older than ``late_after`` is a reason to look.
    """

    code: str
    list_oldest: Callable[[dt.datetime], dict[str, dt.timedelta]]
    late_after: dt.timedelta


waiting_queues: Registry[WaitingQueue] = Registry("waiting queue")


def register_waiting_queue(
    code: str,
    list_oldest: Callable[[dt.datetime], dict[str, dt.timedelta]],
    *,
    late_after: dt.timedelta,
) -> None:
    """``late_after`` leaves room for a worker that was busy, not for one that has died."""
    waiting_queues.add(code, WaitingQueue(code, list_oldest, late_after))


# --- Work: what waits for staff -------------------------------------------------------------------


# (Rows that wait, in the order of an index; the moment of each.) See ``rewards.selectors.work``.
StaffQueue = Callable[[dt.datetime], tuple[Any, Any]]
staff_queues: Registry[StaffQueue] = Registry("queue of staff")


def register_staff_queue(code: str, list_rows: StaffQueue) -> None:
    """``list_rows(now)`` joins the one statement that counts all queues; how it is called and
    where it leads stands in ``loyalty_site.admin_work``.
    """
    staff_queues.add(code, list_rows)
