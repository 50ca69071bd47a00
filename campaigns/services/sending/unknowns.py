"""Messages of which nobody knows whether they left: staff say what becomes of them."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import MailingState, MessageReason, MessageState
from campaigns.models import Mailing, Message
from core.errors import DomainError
from core.services.audit import record_audit
from members.models import User


class NotUnknown(DomainError):
    code = "not_unknown"
    status = 409
    message = _("None of these messages is unknown any more.")


class Cancelled(DomainError):
    code = "mailing_cancelled"
    status = 409
    message = _("“%(name)s” was cancelled: nothing of it leaves any more. Leave these messages.")


@transaction.atomic
def resend_messages(ids: Collection[int], *, by: User | None, now: dt.datetime) -> int:
    """They wait again and leave once more; those who had them have them twice. Returns how many.

    Raises NotUnknown where there is none left to decide about, Cancelled.
    """
    # Held, or a cancelling that comes meanwhile leaves them waiting for ever.
    about = Message.objects.filter(pk__in=ids).values("mailing")
    held = Mailing.objects.filter(pk__in=about).select_for_update(no_key=True).order_by("pk")
    for mailing in held:
        if mailing.state == MailingState.CANCELLED:
            raise Cancelled(name=mailing.name)
    return _decide(
        ids,
        "message.resent",
        by,
        now,
        state=MessageState.WAITING,
        reason="",
        detail="",
        due_at=now,
        first_due_at=None,
    )


@transaction.atomic
def leave_messages(ids: Collection[int], *, by: User | None, now: dt.datetime) -> int:
    """They stay unknown, and off the list of those to decide about. Returns how many.

    Raises NotUnknown where there is none left to decide about.
    """
    return _decide(ids, "message.left", by, now, reason=MessageReason.LEFT)


def _decide(ids, action, by, now, **values):
    rows = Message.objects.unknown().filter(pk__in=ids).select_for_update().order_by("pk")
    found = list(rows.values_list("pk", "mailing_id"))
    if not found:
        raise NotUnknown
    Message.objects.filter(pk__in=[pk for pk, _mailing in found]).update(**values)
    for mailing in Mailing.objects.filter(pk__in={mailing for _pk, mailing in found}).order_by(
        "pk"
    ):
        own = [pk for pk, mailing_id in found if mailing_id == mailing.pk]
        record_audit(action, mailing, by=by, now=now, changes={"messages": own})
    return len(found)
