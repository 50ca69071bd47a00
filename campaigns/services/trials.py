"""A trial of words: sent to whoever writes them, and to nobody else."""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result, adapters
from campaigns.models import Content
from campaigns.reach import get_address_sql
from campaigns.writing.compile import has_words, try_content
from campaigns.writing.page import Links
from campaigns.writing.previews import build_context
from core.errors import DomainError
from core.services.audit import record_audit
from members.enums import Channel
from members.models import Member, User
from members.selectors.club import get_club


class NoOwnAddress(DomainError):
    code = "no_own_address"
    message = gettext_lazy("You have no address for this channel: nothing was sent.")


class NoChannel(DomainError):
    code = "no_channel"
    message = gettext_lazy("This channel can't send trials.")


class TrialRefused(DomainError):
    code = "trial_refused"
    message = gettext_lazy("It was not sent: %(answer)s")


def send_trial(
    content: Content, *, locale: str, member: Member | None, by: User, now: dt.datetime
) -> str:
    """Send these words to ``by``, as ``member`` would get them; returns the address.

    No message of the outbox: links lead where they really lead, and nobody is counted.
    Raises WordsRefused, CannotFill, NoOwnAddress, NoChannel, TrialRefused.
    """
    adapter = adapters.get(content.channel)
    if adapter is None or content.channel == Channel.ON_SITE:
        raise NoChannel
    address = _find_address(by, content.channel)
    spoken = locale if has_words(content, locale) else get_club().locale
    compiled = try_content(content, spoken, Links())
    rendered = compiled.fill(build_context(compiled, content, member, now=now))
    with override(compiled.locale):
        subject = _("[Trial] %(subject)s") % {"subject": rendered.subject}
    outgoing = Outgoing(
        message_id=_make_number(now),
        member_id=member.pk if member else 0,
        address=address,
        locale=compiled.locale,
        rendered=Rendered(subject, rendered.text, rendered.html, rendered.extras),
        is_marketing=content.edition.mailing.is_marketing,
    )
    try:
        with adapter.open() as session:
            outcome = session.send(outgoing)
    except (AnswerLost, ConnectionLost) as error:
        raise TrialRefused(answer=str(error)[:200]) from error
    if outcome.result != Result.SENT:
        raise TrialRefused(answer=outcome.detail or outcome.result)
    _record(content, locale, by=by, now=now)
    return address


@transaction.atomic
def _record(content: Content, locale: str, *, by: User, now: dt.datetime) -> None:
    changes = {"channel": content.channel, "variant": content.variant, "language": locale}
    record_audit("mailing.trial_sent", content.edition.mailing, by=by, changes=changes, now=now)


def _make_number(now: dt.datetime) -> int:
    """Beyond any id of the outbox, so that no bounce of a trial finds a message; each its own."""
    return 9 * 10**18 + int(now.timestamp() * 1000)


def _find_address(by: User, channel: str) -> str:
    """That of the login for mail; of the member's record that it holds for all others."""
    if channel == Channel.EMAIL:
        address: Any = by.email
    else:
        sql = get_address_sql(channel)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {sql} FROM members_member m WHERE m.user_id = %s", [by.pk])
            row = cursor.fetchone()
        address = row[0] if row else None
    if not address:
        raise NoOwnAddress
    return str(address)
