"""The words of a mailing: a draft that is written in, frozen once it is to be sent."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import PLAIN_VARIANT, Content, Edition, Link, Mailing
from campaigns.writing.compile import check_content
from campaigns.writing.errors import WordsRefused
from campaigns.writing.findings import Finding, find_in_content, read_world
from campaigns.writing.page import Links
from core.errors import DomainError
from core.services.audit import record_audit
from core.words import list_columns


class NoWords(DomainError):
    code = "no_words"
    message = _("Nothing has been written yet.")


class WordsNotReady(WordsRefused):
    """``findings`` are what must be mended first."""

    code = "words_not_ready"

    def __init__(self, findings: list[Finding]):
        super().__init__(" ".join(str(each) for each in findings))
        self.findings = findings


@transaction.atomic
def get_draft(mailing: Mailing) -> Edition:
    """The edition that is being written; begun with the words of the last one, if any."""
    Mailing.objects.select_for_update().get(pk=mailing.pk)
    draft = Edition.objects.filter(mailing=mailing, frozen_at__isnull=True).first()
    if draft is not None:
        return draft
    last = Edition.objects.filter(mailing=mailing).order_by("-number").first()
    draft = Edition.objects.create(mailing=mailing, number=last.number + 1 if last else 1)
    if last is not None:
        for content in last.contents.order_by("pk"):
            content.pk, content._state.adding, content.edition = None, True, draft
            content.save(force_insert=True)
    return draft


def list_missing_channels(mailing: Mailing) -> list[str]:
    """Its channels without words. A variant without words of its own says what A says, so A alone
    needs them.
    """
    newest = mailing.editions.order_by("-number").first()
    own = newest.contents.filter(variant=PLAIN_VARIANT) if newest else Content.objects.none()
    there = set(own.values_list("channel", flat=True))
    return [channel for channel in mailing.channels if channel not in there]


@transaction.atomic
def move_draft(old: Mailing, new: Mailing) -> None:
    """Let ``new``, which has no words yet, begin with what was being written for ``old``, or was
    frozen last; the frozen editions of ``old`` stay with it.
    """
    if not Edition.objects.filter(mailing=old).exists():
        return
    Edition.objects.filter(pk=get_draft(old).pk).update(mailing=new, number=1)
    # Shown beside the words, to be put in again; the files stay one.
    for picture in old.pictures.order_by("pk"):
        picture.pk, picture._state.adding, picture.mailing = None, True, new
        picture.save(force_insert=True)


@transaction.atomic
def save_content(
    mailing: Mailing,
    *,
    channel: str,
    words: Mapping[str, Any],
    variant: str = PLAIN_VARIANT,
    by: Any,
    now: dt.datetime,
) -> Content:
    """Write the words of a channel and variant into the draft. ``words`` are the model's fields,
    translations too (``subject``, ``body_ja``, ``extras``). Raises WordsRefused.
    """
    draft = get_draft(mailing)
    content = draft.contents.filter(channel=channel, variant=variant).first()
    content = content or Content(edition=draft, channel=channel, variant=variant)
    for name, value in words.items():
        setattr(content, name, value)
    check_content(content)
    if content.pk is None:
        content.save()
    else:
        content.save(update_fields=list_columns(Content, words))
    record_audit(
        "mailing.words_saved",
        mailing,
        by=by,
        changes={"channel": channel, "variant": variant, "fields": sorted(words)},
        now=now,
    )
    return content


@transaction.atomic
def freeze_edition(mailing: Mailing, *, by: Any, now: dt.datetime) -> Edition:
    """The words as they are to be sent, checked; from then on they never change.

    Where nothing was written since the last time, that edition. Raises NoWords, WordsRefused.
    """
    Mailing.objects.select_for_update().get(pk=mailing.pk)
    draft = Edition.objects.filter(mailing=mailing, frozen_at__isnull=True).first()
    last = Edition.objects.filter(mailing=mailing).frozen().order_by("-number").first()
    if draft is None or not draft.contents.exists():
        if last is None:
            raise NoWords
        return last
    if last is not None and _is_same(draft, last):
        draft.contents.all().delete()
        draft.delete()
        return last
    links = Links()
    world = read_world()
    contents = draft.contents.select_related("edition__mailing").order_by("channel", "variant")
    found = [each for content in contents for each in find_in_content(content, world, links)]
    if stopping := [each for each in found if each.stops]:
        raise WordsNotReady(stopping)
    Link.objects.bulk_create(
        Link(edition=draft, number=number, url=url) for url, number in links.numbers.items()
    )
    draft.frozen_at = now
    draft.save(update_fields=["frozen_at"])
    record_audit("mailing.words_frozen", mailing, by=by, changes={"edition": draft.number}, now=now)
    return draft


def _is_same(draft: Edition, last: Edition) -> bool:
    return _list_words(draft) == _list_words(last)


def _list_words(edition: Edition) -> list[tuple]:
    rows = edition.contents.order_by("channel", "variant")
    return [
        (each.channel, each.variant, each.subject, each.preheader, each.body, each.extras,
         each.i18n or None)
        for each in rows
    ]  # fmt: skip
