"""What the reader of a message says by its link: no more of this, no more at all, or which."""

import datetime as dt
from collections.abc import Iterable

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import EventActor, EventKind
from campaigns.models import Message
from campaigns.services.responses import EventRow, get_reader, record_events, withdraw_purpose
from members.enums import Channel, ConsentSource, MemberStatus
from members.purposes import MESSAGES, list_asked
from members.services.consents import Answer, record_answers


class LeavingReason(models.TextChoices):
    """Why somebody wants no more, where they say so."""

    TOO_MANY = "too_many", _("Too many messages")
    NOT_FOR_ME = "not_for_me", _("Nothing in it for me")
    NEVER_ASKED = "never_asked", _("I never asked for this")
    OTHER = "other", _("Something else")


@transaction.atomic
def let_go(message: Message, *, reason: str = "", now: dt.datetime) -> None:
    """No more of this message's kind by its channel; said twice, it is said once."""
    if withdraw_purpose(message, source=ConsentSource.LINK, now=now):
        _note(message, "purpose", reason, now)


@transaction.atomic
def let_go_of_all(message: Message, *, reason: str = "", now: dt.datetime) -> None:
    """No more of any purpose by any channel, but what they ask for or must know."""
    reader = get_reader(message)
    if reader.status == MemberStatus.ERASED:
        return
    answers = [Answer(purpose.code, Channel.ANY, False) for purpose in list_asked(MESSAGES)]
    record_answers(reader, answers, source=ConsentSource.LINK, by=None, now=now)
    _note(message, "all", reason, now)


def choose(message: Message, answers: Iterable[Answer], *, now: dt.datetime) -> None:
    """What the reader wants to hear, by which channel; nothing of somebody who was erased.
    Raises what ``record_answers`` raises.
    """
    reader = get_reader(message)
    if reader.status != MemberStatus.ERASED:
        record_answers(reader, list(answers), source=ConsentSource.LINK, by=None, now=now)


def _note(message: Message, extent: str, reason: str, now: dt.datetime) -> None:
    evidence = {"extent": extent}
    if reason in LeavingReason.values:
        evidence["reason"] = reason
    row = EventRow(
        message.pk,
        EventKind.UNSUBSCRIBED,
        EventActor.HUMAN,
        None,
        now,
        f"link:{extent}",
        evidence,
    )
    record_events([row], now=now)
