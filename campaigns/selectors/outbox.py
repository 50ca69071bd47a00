"""What the outbox holds: what waits and how long, what a mailing has come to."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaigns.enums import MailingState, MessageState
from campaigns.models import Mailing, Message
from core.joining import end_once, join_sentences

# A handful of probes of one index: of each running mailing and channel the first that is due.
_OLDEST = """
    SELECT c.channel, min(f.due_at)
    FROM campaigns_mailing g CROSS JOIN LATERAL unnest(g.channels) AS c (channel)
    CROSS JOIN LATERAL (
        SELECT m.due_at FROM campaigns_message m
        WHERE m.mailing_id = g.id AND m.channel = c.channel AND m.state = 'waiting'
          AND m.due_at <= %s
        ORDER BY m.due_at, m.id LIMIT 1) f
    WHERE g.state = 'running' GROUP BY c.channel
"""


@dataclass(frozen=True, slots=True)
class StateCount:
    state: str
    reason: str
    count: int

    def get_state_display(self) -> str:
        return Message(state=self.state).get_state_display()

    def get_reason_display(self) -> str:
        return Message(reason=self.reason).get_reason_display() if self.reason else ""


def list_waiting_messages(now: dt.datetime) -> dict[str, dt.timedelta]:
    """By channel the age of the message that should have left first (for the readiness probe)."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [now])
        return {channel: now - due_at for channel, due_at in cursor.fetchall() if due_at < now}


def count_states(mailing: Mailing) -> list[StateCount]:
    """What became of a mailing's messages: one pass over its rows."""
    rows = (
        Message.objects.filter(mailing=mailing)
        .order_by()
        .values_list("state", "reason")
        .annotate(count=Count("pk"))
    )
    return sorted((StateCount(*row) for row in rows), key=lambda each: -each.count)


def explain_message(message: Message, *, now: dt.datetime) -> str:
    """A sentence for staff: why the member did, or didn't, get it."""
    reason = message.get_reason_display() if message.reason else ""
    if message.state == MessageState.SENT:
        return end_once(_("It left on %(at)s.") % {"at": _show(message.sent_at)})
    if message.state == MessageState.WAITING:
        return _explain_waiting(message, reason, now)
    if message.state == MessageState.SENDING:
        return _("A worker is handing it over now.")
    if message.state == MessageState.UNKNOWN:
        text = _("A worker was cut off while it handed it over: it may have left, or not.")
        return join_sentences([reason, text]) if reason else text
    if message.detail:
        return _("It didn't reach them: %(reason)s. The other side said: %(detail)s") % {
            "reason": reason, "detail": message.detail,
        }  # fmt: skip
    return _("It was not sent: %(reason)s.") % {"reason": reason}


def _explain_waiting(message: Message, reason: str, now: dt.datetime) -> str:
    mailing = message.mailing
    if mailing.state != MailingState.RUNNING:
        return _("It waits; the mailing is in the state “%(state)s”.") % {
            "state": mailing.get_state_display()
        }
    if message.due_at > now and reason:
        return _("It waits until %(at)s: %(reason)s.") % {
            "at": _show(message.due_at), "reason": reason,
        }  # fmt: skip
    if message.due_at > now:
        return end_once(_("It is due on %(at)s.") % {"at": _show(message.due_at)})
    return _("It is due and leaves as soon as a worker comes to it.")


def _show(at: dt.datetime | None) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""
