"""Public notices: written, published once, followed by updates, closed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language_info, gettext_lazy, override
from django.utils.translation import gettext as _

from campaigns.enums import MailingKind, MailingPurpose, MailingState, PublicNoticeKind, Reach
from campaigns.models import Mailing, PublicNotice, PublicNoticeUpdate
from campaigns.reach import addresses
from campaigns.services.editions import freeze_edition, save_content
from campaigns.services.planning import plan_messages
from core.errors import DomainError
from core.services.audit import record_audit
from core.words import key_of, list_shown, list_translations, list_words
from members.enums import Channel
from members.models import AudienceMember, Member, User

# By which ways those are told whom a notice concerns: all of them, it must be known.
WAYS = (Channel.EMAIL, Channel.ON_SITE)
# Before whatever is sold.
PRIORITY = 10
_LIQUID = ("{{", "}}", "{%", "%}")


class InvalidNotice(DomainError):
    code = "invalid_notice"
    message = gettext_lazy("A notice has a kind, an address, a title and a text.")


class NoticeTags(DomainError):
    code = "notice_tags"
    message = gettext_lazy(
        "A notice is the same for everybody: it holds no {{ … }} and no {% … %}."
    )


class NoticePublished(DomainError):
    code = "notice_published"
    status = 409
    message = gettext_lazy("This notice is published: what changes is said in an update.")


class NoticeUnpublished(DomainError):
    code = "notice_unpublished"
    status = 409
    message = gettext_lazy("This notice is not published yet.")


class NoticeOver(DomainError):
    code = "notice_over"
    status = 409
    message = gettext_lazy("This notice is marked as over already.")


@transaction.atomic
def save_notice(notice: PublicNotice, *, by: User | None, now: dt.datetime) -> PublicNotice:
    """Keep a draft. Raises InvalidNotice, NoticeTags, NoticePublished."""
    is_new = notice.pk is None
    if not is_new:
        _open(notice, is_published=False)
    if notice.kind not in PublicNoticeKind.values or not notice.slug:
        raise InvalidNotice
    if not notice.title.strip() or not notice.body.strip():
        raise InvalidNotice
    _check_words(notice, ("title", "body"))
    if is_new:
        notice.created_at, notice.created_by = now, by
    notice.full_clean(exclude=list_shown(notice), validate_constraints=False)
    notice.save()
    action = "public_notice.drafted" if is_new else "public_notice.changed"
    record_audit(action, notice, by=by, now=now, changes={"kind": notice.kind})
    return notice


@transaction.atomic
def publish_notice(
    notice: PublicNotice, *, is_sent: bool, by: User | None, now: dt.datetime
) -> PublicNotice:
    """Put it into the archive and, where ``is_sent``, write to those it concerns: by mail and on
    these pages, as service that needs no consent. Once. Raises NoticePublished.
    """
    notice = _open(notice, is_published=False)
    notice.published_at, notice.published_by = now, by
    count = 0
    if is_sent:
        mailing = notice.mailing = Mailing.objects.create(
            kind=MailingKind.NOTICE,
            name=notice.title,
            i18n=_translate(notice, "title", "name") or None,
            purpose=MailingPurpose.SERVICE,
            channels=[way for way in WAYS if way in addresses],
            reach=Reach.EVERY,
            state=MailingState.RUNNING,
            priority=PRIORITY,
            created_at=now,
            created_by=by,
        )
        count = _send(notice, mailing, {"body": notice.body} | _translate(notice), "", by, now)
    notice.save(update_fields=["published_at", "published_by", "mailing"])
    changes = {"kind": notice.kind, "audience": notice.audience_id, "messages": count}
    record_audit("public_notice.published", notice, by=by, now=now, changes=changes)
    return notice


@transaction.atomic
def add_notice_update(
    notice: PublicNotice,
    *,
    words: Mapping[str, str],
    is_sent: bool = False,
    is_over: bool = False,
    by: User | None,
    now: dt.datetime,
) -> PublicNoticeUpdate:
    """A dated entry below a published notice. ``words`` are ``body`` and its translations.

    ``is_sent`` tells those whom the notice was sent to; ``is_over`` closes it. Raises
    InvalidNotice, NoticeTags, NoticeUnpublished, NoticeOver.
    """
    notice = _open(notice, is_published=True)
    if is_over and notice.resolved_at is not None:
        raise NoticeOver
    update = PublicNoticeUpdate(notice=notice, recorded_at=now, recorded_by=by)
    for name, text in words.items():
        setattr(update, name, text.strip())
    if not update.body:
        raise InvalidNotice
    _check_words(update, ("body",))
    update.is_sent = is_sent and notice.mailing is not None
    update.save()
    count = 0
    if update.is_sent and notice.mailing is not None:
        told = {"body": update.body} | _translate(update)
        count = _send(notice, notice.mailing, told, f"update:{update.pk}", by, now)
    if is_over:
        notice.resolved_at = now
        notice.save(update_fields=["resolved_at"])
    changes = {"messages": count, "over": is_over}
    record_audit("public_notice.updated", notice, by=by, now=now, changes=changes)
    return update


@transaction.atomic
def delete_notice(notice: PublicNotice, *, by: User | None, now: dt.datetime) -> None:
    """A draft that nobody read. Raises NoticePublished."""
    notice = _open(notice, is_published=False)
    record_audit("public_notice.deleted", notice, by=by, now=now)
    notice.delete()


def list_concerned(notice: PublicNotice):
    """The active members whom it would be sent to."""
    members = Member.objects.active()
    if notice.audience_id is None:
        return members
    rows = AudienceMember.objects.filter(audience=notice.audience_id)
    return members.filter(pk__in=rows.values("member"))


def _open(notice: PublicNotice, *, is_published: bool) -> PublicNotice:
    """The notice under its lock. Raises NoticePublished, NoticeUnpublished."""
    found = PublicNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if is_published and found.published_at is None:
        raise NoticeUnpublished
    if not is_published and found.published_at is not None:
        raise NoticePublished
    return found


def _check_words(row: Any, fields: tuple[str, ...]) -> None:
    keys = [*fields, *(key_of(field, code) for field in fields for code in list_translations())]
    if any(mark in (getattr(row, key) or "") for key in keys for mark in _LIQUID):
        raise NoticeTags


def _translate(
    row: PublicNotice | PublicNoticeUpdate, field: str = "body", into: str = "body"
) -> dict[str, str]:
    return {key_of(into, code): words for code, words in list_words(row, field)}


def _send(
    notice: PublicNotice,
    mailing: Mailing,
    words: Mapping[str, str],
    occurrence: str,
    by: User | None,
    now: dt.datetime,
) -> int:
    """The words with the notice's title and the way to its page, to everybody concerned."""
    told: dict[str, str] = {}
    for code in ("", *list_translations()):
        body = words.get(key_of("body", code) if code else "body")
        if not body:
            continue
        title_key = key_of("title", code) if code else "title"
        title = getattr(notice, title_key) or notice.title
        with override(code or settings.LANGUAGE_CODE):
            if occurrence:
                title = _("Update: %(title)s") % {"title": title}
            path = reverse("announcement_detail", args=[notice.slug])
            button = _("Read it on our pages")
            told[key_of("subject", code) if code else "subject"] = title[:200]
            told[key_of("body", code) if code else "body"] = (
                f'{body}\n\n{{% button "{button}" "{settings.SITE_URL}{path}" %}}'
            )
    for channel in mailing.channels:
        save_content(mailing, channel=channel, words=told, by=by, now=now)
    edition = freeze_edition(mailing, by=by, now=now)
    planned = plan_messages(
        mailing,
        edition,
        recipients=list_concerned(notice),
        occurrence=occurrence,
        due_at=now,
        facts={"notice": notice.pk},
        now=now,
    )
    return planned.waiting_count


def name_missing_languages(notice: PublicNotice) -> list[str]:
    """Languages whose readers would get the club's own words, as their readers call them."""
    return [
        get_language_info(code)["name_local"]
        for code in list_translations()
        if not getattr(notice, key_of("title", code)) or not getattr(notice, key_of("body", code))
    ]
