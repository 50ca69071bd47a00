"""Where a click leads: the address that the edition holds under the link's number, and no other."""

import datetime as dt

from campaigns.models import Link, Message
from campaigns.selectors.contexts import MessageRow, build_contexts
from campaigns.writing.compile import fill_link
from campaigns.writing.errors import CannotFill, TooMuchWork
from campaigns.writing.sandbox import TEXT
from members.selectors.club import get_club


def find_target(message_id: int, number: int, *, now: dt.datetime) -> str | None:
    """The web address of this link for the member whose message it is; None where there is none,
    or where what it says of them is no longer known.
    """
    message = Message.objects.select_related("member").filter(pk=message_id).first()
    if message is None:
        return None
    link = Link.objects.filter(edition=message.edition_id, number=number).first()
    if link is None:
        return None
    locale = message.member.locale or get_club().locale
    row = MessageRow.of(message, locale)
    variables = TEXT.read(link.url).variables
    contexts = build_contexts([row], variables, now=now)
    try:
        return fill_link(link.url, contexts[message.pk])
    except (CannotFill, TooMuchWork):
        return None
