"""A trial of words: sent to whoever writes them, and to nobody else."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result, adapters
from campaigns.enums import MailingKind, MailingPurpose, MailingState, MessageState
from campaigns.models import Content, Edition, Link, Mailing, Message
from campaigns.reach import get_address_sql
from campaigns.selectors.contexts import take_figures, take_occasion
from campaigns.writing.compile import get_words, has_words, list_languages, try_content
from campaigns.writing.page import Links
from campaigns.writing.previews import build_context
from core.errors import DomainError
from core.services.audit import record_audit
from members.enums import Channel
from members.models import Member, User
from members.selectors.club import get_club

_WORDS = ("channel", "variant", "subject", "preheader", "body", "extras", "i18n")


class NoOwnAddress(DomainError):
    code = "no_own_address"
    message = gettext_lazy("You have no address for this channel: nothing was sent.")


class NoAccountOfOwn(DomainError):
    code = "no_account_of_own"
    message = gettext_lazy(
        "Your login has no membership, so nothing was sent: open one at %(url)s, and try again."
    )


class NotOfStaff(DomainError):
    code = "not_of_staff"
    message = gettext_lazy(
        "A trial on these pages goes into the inbox of staff alone, and %(name)s is none."
    )


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

    No message of the outbox: links lead where they really lead, and nobody is counted. On these
    pages, see ``put_trial``. Raises WordsRefused, CannotFill, NoOwnAddress, NoAccountOfOwn,
    NoChannel, TrialRefused, NotOfStaff.
    """
    adapter = adapters.get(content.channel)
    if adapter is None:
        raise NoChannel
    if content.channel == Channel.ON_SITE:
        return put_trial(content, locale=locale, member=member, by=by, now=now)
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
def put_trial(
    content: Content, *, locale: str, member: Member | None, by: User, now: dt.datetime
) -> str:
    """Put these words, marked as a trial, into the inbox of ``member``, who must be of staff, or
    into that of ``by``; returns whose. A mailing of its own: no report and no cap counts it.
    Raises WordsRefused, CannotFill, NoAccountOfOwn, NotOfStaff.
    """
    reader = member or Member.objects.filter(user=by).first()
    if reader is None:
        raise _build_no_account()
    if reader.user is None or not (reader.user.is_staff or reader.user_id == by.pk):
        raise NotOfStaff(name=str(reader))
    spoken = locale if has_words(content, locale) else get_club().locale
    compiled = try_content(content, spoken, Links())
    context = build_context(compiled, content, reader, now=now)
    compiled.fill(context)
    source = content.edition.mailing
    mailing = Mailing.objects.create(
        kind=MailingKind.TRIAL,
        name=(_("[Trial] %(subject)s") % {"subject": source.name_i18n})[:120],
        purpose=MailingPurpose.SERVICE,
        channels=[Channel.ON_SITE],
        state=MailingState.FINISHED,
        created_at=now,
        created_by=by,
    )
    figures = take_figures(context, compiled.variables, spoken) or {"locale": spoken}
    Message.objects.create(
        mailing=mailing,
        edition=_freeze(content, mailing, now=now),
        member=reader,
        channel=Channel.ON_SITE,
        variant=content.variant,
        state=MessageState.SENT,
        recorded_at=now,
        due_at=now,
        sent_at=now,
        figures=figures | take_occasion(context, compiled.variables),
    )
    _record(content, locale, by=by, now=now)
    return str(reader)


def _freeze(content: Content, mailing: Mailing, *, now: dt.datetime) -> Edition:
    """The words as they stand, whatever is still to be mended in them. Raises WordsRefused."""
    links = Links()
    for locale in list_languages(content):
        if get_words(content, "body", locale).strip():
            try_content(content, locale, links)
    edition = Edition.objects.create(mailing=mailing)
    Content.objects.create(
        edition=edition,
        **{name: getattr(content, name) for name in _WORDS},
    )
    Link.objects.bulk_create(
        Link(edition=edition, number=number, url=url) for url, number in links.numbers.items()
    )
    edition.frozen_at = now
    edition.save(update_fields=["frozen_at"])
    return edition


@transaction.atomic
def _record(content: Content, locale: str, *, by: User, now: dt.datetime) -> None:
    changes = {"channel": content.channel, "variant": content.variant, "language": locale}
    record_audit("mailing.trial_sent", content.edition.mailing, by=by, changes=changes, now=now)


def _make_number(now: dt.datetime) -> int:
    """Beyond any id of the outbox, so that no bounce of a trial finds a message; each its own."""
    return 9 * 10**18 + int(now.timestamp() * 1000)


def _build_no_account() -> NoAccountOfOwn:
    return NoAccountOfOwn(url=settings.SITE_URL + reverse("membership"))


def _find_address(by: User, channel: str) -> str:
    """That of the login for mail; of the member's record that it holds for all others."""
    if channel == Channel.EMAIL:
        address: Any = by.email
    else:
        sql = get_address_sql(channel)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {sql} FROM members_member m WHERE m.user_id = %s", [by.pk])
            row = cursor.fetchone()
        if row is None:
            raise _build_no_account()
        address = row[0]
    if not address:
        raise NoOwnAddress
    return str(address)
