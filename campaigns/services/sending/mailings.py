"""Stopping a mailing and letting it go on: its state, which workers ask for before each message."""

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import MailingState, MessageReason, MessageState
from campaigns.models import Mailing
from campaigns.services.fates import tell_fates
from core.errors import DomainError
from core.services.audit import record_audit
from core.wakes import send_once_committed
from members.models import User

_BATCH = 5000
_CANCEL = f"""
    UPDATE campaigns_message SET state = '{MessageState.NOT_SENT}',
           reason = '{MessageReason.CANCELLED}'
    WHERE id IN (
        SELECT m.id FROM campaigns_message m
        WHERE m.mailing_id = %s AND m.state = '{MessageState.WAITING}'
        ORDER BY m.channel, m.due_at, m.id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


class MailingNotStarted(DomainError):
    code = "mailing_not_started"
    status = 409
    message = _("This mailing isn't under way.")


@transaction.atomic
def pause_mailing(mailing: Mailing, *, by: User | None, now: dt.datetime) -> Mailing:
    """Nothing more of it leaves than the one message that is on its way. Twice is once.

    Raises MailingNotStarted.
    """
    return _turn(mailing, MailingState.RUNNING, MailingState.PAUSED, "mailing.paused", by, now)


@transaction.atomic
def resume_mailing(mailing: Mailing, *, by: User | None, now: dt.datetime) -> Mailing:
    """It goes on with those who wait; nobody else. Twice is once. Raises MailingNotStarted."""
    mailing = _turn(mailing, MailingState.PAUSED, MailingState.RUNNING, "mailing.resumed", by, now)
    send_once_committed("campaigns.tasks.send_waiting")
    return mailing


@transaction.atomic
def cancel_mailing(mailing: Mailing, *, by: User | None, now: dt.datetime) -> Mailing:
    """Who waits gets it never; whoever was sent it stays. Twice is once.

    Raises MailingNotStarted where it is finished.
    """
    locked = Mailing.objects.select_for_update(no_key=True).get(pk=mailing.pk)
    if locked.state == MailingState.FINISHED:
        raise MailingNotStarted
    if locked.state != MailingState.CANCELLED:
        locked.state = MailingState.CANCELLED
        locked.save(update_fields=["state"])
        record_audit("mailing.cancelled", locked, by=by, now=now)
        send_once_committed("campaigns.tasks.sweep_outbox")
    mailing.state = locked.state
    return locked


def sweep_cancelled(*, now: dt.datetime) -> int:
    """Write down why the waiting messages of cancelled mailings don't leave, a batch at a time;
    returns how many. What a worker was holding is found by the next sweep.
    """
    count = 0
    for mailing_id in _list_cancelled():
        while done := _cancel_batch(mailing_id, now):
            count += done
    return count


def _list_cancelled() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT g.id FROM campaigns_mailing g WHERE g.state = '{MailingState.CANCELLED}'"
            " AND EXISTS (SELECT FROM campaigns_message m WHERE m.mailing_id = g.id"
            f" AND m.state = '{MessageState.WAITING}')"
        )
        return [mailing_id for (mailing_id,) in cursor.fetchall()]


@transaction.atomic
def _cancel_batch(mailing_id: int, now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, [mailing_id, _BATCH])
        ids = [pk for (pk,) in cursor.fetchall()]
    tell_fates(ids, now=now)
    return len(ids)


def _turn(mailing, before, after, action, by, now):
    locked = Mailing.objects.select_for_update(no_key=True).get(pk=mailing.pk)
    if locked.state not in (before, after):
        raise MailingNotStarted
    if locked.state == before:
        locked.state = after
        locked.save(update_fields=["state"])
        record_audit(action, locked, by=by, now=now)
    mailing.state = locked.state
    return locked
