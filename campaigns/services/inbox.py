"""What a member has read on these pages."""

import datetime as dt

from django.db import transaction

from campaigns.models import Message
from members.models import Member
from members.services.notices import read_notices


@transaction.atomic
def read_message(message: Message, *, now: dt.datetime) -> None:
    """Its member opened it: the first time counts, every further one is nothing."""
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=now)


@transaction.atomic
def read_inbox(member: Member, *, now: dt.datetime) -> int:
    """Mark everything as read, notices too; returns how many weren't."""
    messages = Message.objects.in_inbox(member).filter(read_at__isnull=True)
    return messages.update(read_at=now) + read_notices(member, now=now)
