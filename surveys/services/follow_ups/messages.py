"""The contact form: what is written there waits among the follow-ups."""

import datetime as dt
import unicodedata

from django.db import connection, transaction

from members.models import Member
from surveys.models import FollowUp
from surveys.models.follow_up import NAME_LENGTH
from surveys.services.follow_ups.rows import read_words
from surveys.signals import follow_up_opened

ANSWERED_WITHIN = dt.timedelta(hours=48)  # plain hours
# A visitor has no row to wait at.
_LOCK_SENDER = "SELECT pg_advisory_xact_lock(hashtextextended('surveys.contact:' || %s, 0))"
_SAME_WITHIN = dt.timedelta(hours=1)


@transaction.atomic
def take_message(
    text: str, *, member: Member | None, name: str = "", email: str = "", locale: str = "",
    now: dt.datetime,
) -> FollowUp:  # fmt: skip
    """``member`` is whoever was logged in; the address that a visitor types proves nothing, and is
    matched with nobody. The same words from the same sender within the hour are one message.

    Raises NothingSaid.
    """
    words = read_words(text)
    if member is not None:
        name = email = ""
        list(Member.objects.select_for_update(no_key=True).filter(pk=member.pk).values("pk"))
    else:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_SENDER, [email])
    known = FollowUp.objects.unclosed().filter(
        response__isnull=True, member=member, sender_email=email, subject=words,
        opened_at__gt=now - _SAME_WITHIN,
    )  # fmt: skip
    same = known.first()
    if same is not None:
        return same
    follow_up = FollowUp.objects.create(
        member=member, subject=words, sender_name=_read_name(name), sender_email=email,
        locale=locale, opened_at=now, due_at=now + ANSWERED_WITHIN,
    )  # fmt: skip
    follow_up_opened.send(FollowUp, follow_up=follow_up, is_again=False, now=now)
    return follow_up


def _read_name(name: str) -> str:
    """One line without signs that nobody sees."""
    seen = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in name)
    return " ".join(seen.split())[:NAME_LENGTH]
