"""What the club answers in public."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.words import pack_words
from members.services.notices import NoticeRow, add_notices
from surveys.engine.typed import clean_words
from surveys.models import Review, ReviewReply
from surveys.models.review import TEXT_LENGTH

NOTICE = "review_replied"


class EmptyReply(DomainError):
    code = "empty_reply"
    field = "text"
    message = _("Write what everybody may read, in at most %(most)s characters.")


@transaction.atomic
def reply_to_review(
    review: Review, text: str, *, language: str = "", by: Any, now: dt.datetime
) -> ReviewReply:
    """One reply for each review; a second one takes its place. The author hears of the first.

    Raises EmptyReply.
    """
    text = clean_words(text)
    if not 0 < len(text) <= TEXT_LENGTH:
        raise EmptyReply(most=TEXT_LENGTH)
    review = Review.objects.select_for_update(of=("self",)).select_related("product").get(
        pk=review.pk
    )  # fmt: skip
    language = language or review.language or get_language() or ""
    reply = ReviewReply.objects.filter(review=review).first()
    if reply is None:
        reply = ReviewReply.objects.create(
            review=review, text=text, language=language, replied_at=now, replied_by=by
        )
        action = "review.replied"
        if review.member_id and review.is_published:
            words = pack_words(review.product, "name") if review.product else {"name": ""}
            row = NoticeRow(
                review.member_id,
                NOTICE,
                now,
                f"{NOTICE}:{reply.pk}",
                {"review": review.pk, **words},
            )
            add_notices([row], now=now)
    elif reply.text == text:
        return reply
    else:
        reply.text, reply.language, reply.changed_at, reply.replied_by = text, language, now, by
        reply.save(update_fields=["text", "language", "changed_at", "replied_by"])
        action = "review.reply_changed"
    record_audit(action, review, by=by, now=now)
    return reply


@transaction.atomic
def withdraw_reply(review: Review, *, by: Any, now: dt.datetime) -> None:
    deleted, _each = ReviewReply.objects.filter(review=review).delete()
    if deleted:
        record_audit("review.reply_withdrawn", review, by=by, now=now)
