"""What a member finds on these pages: messages and notices of the club, one stream, newest first.

A message keeps no words: they are those of its frozen edition, in the language of who reads. The
points and the tier that they tell of are those of the day it was sent.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.channels.base import Rendered
from campaigns.enums import MailingKind
from campaigns.models import PLAIN_VARIANT, Content, Message
from campaigns.selectors.contexts import (
    MessageRow,
    build_contexts,
    needs_figures,
    restore_figures,
)
from campaigns.writing.compile import Compiled, compile_content
from campaigns.writing.errors import CannotFill, WordsRefused
from members import registry
from members.enums import Channel
from members.models import Member, Notice
from members.selectors.club import get_club
from members.selectors.notices import ShownNotice

logger = logging.getLogger(__name__)

# Each branch reads only as far as the page goes, along an index of its own.
_STREAM = """
    SELECT * FROM (
        (SELECT effective_at AS at, 0 AS kind, id FROM members_notice
         WHERE member_id = %(member)s
           AND (%(at)s::timestamptz IS NULL OR effective_at <= %(at)s)
           AND (%(at)s::timestamptz IS NULL OR (effective_at, 0, id) < (%(at)s, %(kind)s, %(id)s))
         ORDER BY effective_at DESC, id DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT sent_at, 1, id FROM campaigns_message
         WHERE member_id = %(member)s AND channel = 'on_site' AND sent_at IS NOT NULL
           AND (%(at)s::timestamptz IS NULL OR sent_at <= %(at)s)
           AND (%(at)s::timestamptz IS NULL OR (sent_at, 1, id) < (%(at)s, %(kind)s, %(id)s))
         ORDER BY sent_at DESC, id DESC LIMIT %(limit)s)
    ) s ORDER BY at DESC, kind DESC, id DESC LIMIT %(limit)s
"""
UNREAD_MESSAGES = (
    "SELECT FROM campaigns_message c WHERE c.member_id = members_member.id"
    " AND c.channel = 'on_site' AND c.sent_at IS NOT NULL AND c.read_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the stream ended."""

    at: dt.datetime
    kind: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.timestamp():.6f}-{self.kind}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """None for anything that isn't one."""
        try:
            at, kind, pk = text.split("-")
            return cls(dt.datetime.fromtimestamp(float(at), dt.UTC), int(kind), int(pk[:18]))
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the stream with its subject; "" where its words can't be filled in any more."""

    message: Message
    subject: str


@dataclass(frozen=True, slots=True)
class InboxPage:
    """``rows`` are letters and notices; ``next_place`` is where the following page begins."""

    rows: Sequence[Letter | ShownNotice]
    next_place: Place | None


def list_inbox(
    member: Member, *, after: Place | None = None, limit: int = 20, now: dt.datetime
) -> InboxPage:
    """A page of the stream, in the active language; the same number of queries however long."""
    params = {
        "member": member.pk,
        "at": after.at if after else None,
        "kind": after.kind if after else 0,
        "id": after.id if after else 0,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STREAM, params)
        found = cursor.fetchall()
    shown = found[:limit]
    ids = [pk for _at, kind, pk in shown if kind == 1]
    messages = list(Message.objects.filter(pk__in=ids).select_related("mailing"))
    subjects = _fill_subjects(messages, now=now)
    letters = {each.pk: Letter(each, subjects[each.pk]) for each in messages}
    notices = _show_notices([pk for _at, kind, pk in shown if kind == 0])
    rows = [(letters if kind else notices).get(pk) for _at, kind, pk in shown]
    last = Place(*shown[-1]) if len(found) > limit else None
    return InboxPage([row for row in rows if row is not None], last)


def read_letter(message: Message, *, now: dt.datetime) -> Rendered | None:
    """A message as its member reads it; None where its words can't be filled in any more."""
    words = _find_words([message]).get(message.pk)
    if words is None:
        return None
    try:
        letter = words.fill(_build_contexts([message], words.variables, now=now)[message.pk])
        return replace(letter, subject=_mark(message, letter.subject))
    except (CannotFill, WordsRefused) as error:
        logger.warning("Message %s can't be shown: %s", message.pk, error)
        return None


def tells_of_today(message: Message) -> bool:
    """Whether its words tell of points or a tier, and nobody kept those of the day it was sent."""
    words = _find_words([message]).get(message.pk)
    return words is not None and message.figures is None and needs_figures(words.variables)


def _fill_subjects(messages: Sequence[Message], *, now: dt.datetime) -> dict[int, str]:
    words = _find_words(messages)
    wanted = frozenset[str]().union(*(each.subject.variables for each in words.values()))
    contexts = _build_contexts([each for each in messages if each.pk in words], wanted, now=now)
    subjects = {}
    for message in messages:
        subject = ""
        if message.pk in words:
            with suppress(CannotFill):
                subject = words[message.pk].subject.fill(contexts[message.pk]).strip()
        subjects[message.pk] = _mark(message, subject)
    return subjects


def _mark(message: Message, subject: str) -> str:
    if message.mailing.kind != MailingKind.TRIAL:
        return subject
    return _("[Trial] %(subject)s") % {"subject": subject}


def _find_words(messages: Sequence[Message]) -> dict[int, Compiled]:
    """The words of each in the active language; none where they can't be read any more."""
    rows = Content.objects.filter(
        edition__in={each.edition_id for each in messages}, channel=Channel.ON_SITE
    ).select_related("edition__mailing")
    contents = {(each.edition_id, each.variant): each for each in rows} if messages else {}
    locale = get_language() or get_club().locale
    found = {}
    for message in messages:
        content = contents.get((message.edition_id, message.variant)) or contents.get(
            (message.edition_id, PLAIN_VARIANT)
        )
        if content is None:
            continue
        try:
            found[message.pk] = compile_content(content, locale)
        except WordsRefused:
            logger.exception("The words of edition %s can't be read", message.edition_id)
    return found


def _build_contexts(
    messages: Sequence[Message], variables: frozenset[str], *, now: dt.datetime
) -> dict[int, dict[str, Any]]:
    locale = get_language() or get_club().locale
    rows = [MessageRow.of(each, locale) for each in messages]
    if not rows:
        return {}
    contexts = build_contexts(rows, variables, now=now)
    for message in messages:
        if message.figures:
            restore_figures(contexts[message.pk], message.figures, locale)
    return contexts


def _show_notices(ids: list[int]) -> dict[int, ShownNotice]:
    found = {}
    for notice in Notice.objects.filter(pk__in=ids):
        wording = registry.notice_texts.get(notice.code)
        if wording is not None:
            url = wording.build_url(notice.params) if wording.build_url else ""
            text = str(wording.build_text(notice.params))
            found[notice.pk] = ShownNotice(notice, text, url)
    return found
