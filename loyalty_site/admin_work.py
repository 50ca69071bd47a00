"""What waits for the person at the screen, most urgent first: the index and the menu read it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Message
from core.joining import join_comma, join_label
from loyalty_site.health import list_waiting_ages
from members.enums import Channel
from purchases.enums import RefundState
from rewards.registry import alert_checks
from rewards.selectors.control import MOST_COUNTED
from rewards.selectors.work import ALERTS, Waiting, count_waiting

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of ``rewards.selectors.work`` as staff see it.

    ``model`` is the entry of the menu that carries its number. It is urgent once its first row
    has waited longer than ``patience``; a queue with days of their own may ask for it before.
    """

    code: str
    title: Any
    icon: str
    permission: str
    page: str
    model: str = ""
    query: str = ""
    patience: dt.timedelta = 7 * _DAY


# The order in which they stand where none is more urgent than the other.
QUEUES = (
    Queue("privacy", gettext_lazy("Requests of shops' customers to answer"), "policy",
          "purchases.view_shopprivacyrequest", "purchases_shopprivacyrequest_changelist",
          "purchases.ShopPrivacyRequest", "state__exact=open", -7 * _DAY),
    Queue("erasures", gettext_lazy("Erasures that are due"), "person_remove",
          "members.view_erasurerequest", "members_erasurerequest_changelist",
          "members.ErasureRequest", patience=_DAY),
    Queue("approvals", gettext_lazy("Waiting for approval"), "approval",
          "rewards.view_approval", "rewards_approval_changelist", "rewards.Approval",
          patience=_DAY),
    Queue("follow_ups", gettext_lazy("Members who wait for an answer"), "support_agent",
          "surveys.change_followup", "surveys_followup_changelist", "surveys.FollowUp",
          "state=unclosed", 0 * _DAY),
    Queue("reviews", gettext_lazy("Reviews to look at"), "rate_review",
          "surveys.moderate_review", "surveys_review_queue", "surveys.Review", patience=2 * _DAY),
    Queue("packing", gettext_lazy("Goods to pack"), "package_2",
          "rewards.send_redemption", "rewards_redemption_packing", "rewards.Redemption",
          patience=3 * _DAY),
    Queue("imports", gettext_lazy("Imports with errors"), "upload_file",
          "purchases.view_importjob", "purchases_importjob_changelist", "purchases.ImportJob",
          patience=30 * _DAY),
    Queue("refunds", gettext_lazy("Refunds that wait for their order"), "assignment_returned",
          "purchases.view_shoprefund", "purchases_shoprefund_changelist", "purchases.ShopRefund",
          f"state__exact={RefundState.PARKED}"),
    Queue("duplicates", gettext_lazy("Pairs that may be one person"), "compare",
          "members.view_duplicatepair", "members_duplicatepair_changelist",
          "members.DuplicatePair", patience=365 * _DAY),
)  # fmt: skip
# What workers do, by the code of its queue: said where one is late.
_LATE_NAMES = {
    "bulk_acts": gettext_lazy("Acts for many members"),
    "deliveries": gettext_lazy("What shops told"),
    "erasures": gettext_lazy("Erasures"),
    "exports": gettext_lazy("Copies of their data for members"),
    "imports": gettext_lazy("Imports"),
    "messages": gettext_lazy("Messages to members"),
    "reservations": gettext_lazy("Reservations to let go"),
    "survey_invitations": gettext_lazy("Invitations to surveys"),
    "webhooks": gettext_lazy("What other systems are told"),
    "wheel_days": gettext_lazy("Seeds of the wheel to show"),
    "work": gettext_lazy("What follows what members did"),
}
_BY_CODE = {queue.code: queue for queue in QUEUES}
_ORDER = {queue.code: place for place, queue in enumerate(QUEUES)}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A line of the index: what waits, how many, for how long, and where to go."""

    title: Any
    count: int
    shown: str
    note: str
    url: str
    icon: str
    is_urgent: bool


def get_waiting(request, now: dt.datetime) -> Sequence[Waiting]:
    """Asked once for a page: its menu and its index show the same numbers; one query."""
    if not hasattr(request, "club_waiting"):
        request.club_waiting = count_waiting(now=now)
    return request.club_waiting


def count_by_model(request, now: dt.datetime) -> Mapping[str, int]:
    """The numbers beside the menu's entries, of what this person may see."""
    numbers: dict[str, int] = {}
    for waiting in get_waiting(request, now):
        if may_see(request.user, waiting.code):
            queue = _BY_CODE.get(waiting.code)
            model = queue.model if queue else "rewards.Alert"
            numbers[model] = numbers.get(model, 0) + waiting.count
    return numbers


def may_see(user, code: str) -> bool:
    if code in _BY_CODE:
        return user.has_perm(_BY_CODE[code].permission)
    check = alert_checks.get(code.removeprefix(ALERTS))
    return check is not None and user.has_perms(["rewards.view_alert", check.permission])


def sees_everything(user) -> bool:
    """Whether the numbers of this person are those of the club."""
    codes = [*_BY_CODE, *(f"{ALERTS}{code}" for code in alert_checks.codes())]
    return all(may_see(user, code) for code in codes)


def list_work(request, now: dt.datetime) -> list[WorkRow]:
    """Urgent first, then in the order of ``QUEUES``, alerts after them."""
    rows = []
    for waiting in get_waiting(request, now):
        if may_see(request.user, waiting.code):
            build = _build_queue_row if waiting.code in _BY_CODE else _build_alert_row
            rows.append((_ORDER.get(waiting.code, len(_ORDER)), build(waiting, now)))
    rows.sort(key=lambda pair: (not pair[1].is_urgent, pair[0], str(pair[1].title)))
    first = [*_list_late_queues(request.user, now), *_list_unknown_messages(request.user, now)]
    return [*first, *(row for _place, row in rows)]


def show_count(count: int) -> str:
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def _build_queue_row(waiting: Waiting, now: dt.datetime) -> WorkRow:
    queue = _BY_CODE[waiting.code]
    query = f"?{queue.query}" if queue.query else ""
    return WorkRow(
        queue.title,
        waiting.count,
        show_count(waiting.count),
        _describe_moment(waiting, now),
        reverse(f"admin:{queue.page}") + query,
        queue.icon,
        waiting.first_at + queue.patience <= now,
    )


def _build_alert_row(waiting: Waiting, now: dt.datetime) -> WorkRow:
    label = str(alert_checks[waiting.code.removeprefix(ALERTS)].label)
    return WorkRow(
        _("Runs low: %(what)s") % {"what": label},
        waiting.count,
        show_count(waiting.count),
        _describe_moment(waiting, now),
        reverse("admin:rewards_alert_changelist"),
        "notification_important",
        False,
    )


def _describe_moment(waiting: Waiting, now: dt.datetime) -> str:
    if waiting.code == "privacy":
        # A day, which the statement hands over as its first instant in UTC.
        due_on = date_format(waiting.first_at.astimezone(dt.UTC).date(), "DATE_FORMAT")
        return _("the first is due on %(day)s") % {"day": due_on}
    if waiting.code == "follow_ups":
        if waiting.first_at < now:
            late = timesince(waiting.first_at, now, depth=1)
            return _("the first is overdue by %(time)s") % {"time": late}
        return _("the first is due in %(time)s") % {
            "time": timesince(now, waiting.first_at, depth=1)
        }
    if waiting.code == "duplicates":
        return _("to look at side by side")
    return _("the first has waited %(time)s") % {"time": timesince(waiting.first_at, now, depth=1)}


def _list_late_queues(user, now: dt.datetime) -> list[WorkRow]:
    """One row for all of them: whoever sees it looks at the worker, not at a queue."""
    if not user.has_perm("members.view_workitem"):
        return []
    ages, late = list_waiting_ages(now)
    if not late:
        return []
    since = now - dt.timedelta(seconds=max(ages[code] for code in late))
    waited = _("the first has waited %(time)s") % {"time": timesince(since, now, depth=1)}
    return [
        WorkRow(
            _("Queues that are late"),
            len(late),
            str(len(late)),
            f"{waited} · {join_comma(dict.fromkeys(_name_late(code) for code in late))}",
            reverse("admin:members_workitem_changelist"),
            "pending_actions",
            True,
        )
    ]


def _name_late(code: str) -> str:
    """A queue of ``loyalty_site.health`` in words; its code only where nobody has any."""
    name, _dot, kind = code.partition(".")
    label = str(_LATE_NAMES.get(name, name))
    return join_label(label, Channel(kind).label) if kind in Channel.values else label


def _list_unknown_messages(user, now: dt.datetime) -> list[WorkRow]:
    """One row for all of them, along the index of unsettled messages: somebody has to decide."""
    if not user.has_perm("campaigns.change_message"):
        return []
    found = list(
        Message.objects.unknown()
        .order_by("pk")
        .values_list("recorded_at", flat=True)[:MOST_COUNTED]
    )
    if not found:
        return []
    waited = timesince(min(found), now, depth=1)
    return [
        WorkRow(
            _("Messages that may not have left"),
            len(found),
            show_count(len(found)),
            _("the first has waited %(time)s") % {"time": waited},
            f"{reverse('admin:campaigns_message_changelist')}?to_decide=1",
            "unknown_document",
            True,
        )
    ]
