"""What messengers tell: who came, who left, who wrote what; and what the club answers."""

import datetime as dt
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns.addresses import make_address_key
from campaigns.enums import SuppressionReason
from campaigns.models import ChannelBinding
from campaigns.services.binding_codes import read_code, take_code
from campaigns.services.bindings import (
    bind_account,
    find_binding,
    record_following,
    record_heard,
)
from campaigns.services.reply_words import STOP, read_wish
from campaigns.services.suppression import lift_keys, suppress_keys
from core.errors import DomainError
from members.enums import Channel, ConsentSource
from members.purposes import MESSAGES, list_asked
from members.selectors.club import get_club
from members.services.consents import Answer, record_answers

FOLLOWED, UNFOLLOWED, TEXT, OTHER = "followed", "unfollowed", "text", "other"
# An event is heard once for so long; one that is older isn't heard at all.
MEMORY = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """``at`` is the provider's clock, ``event_id`` its own name for what happened; ``scene`` what
    the QR code said that somebody scanned.
    """

    channel: str
    external_id: str
    kind: str
    at: dt.datetime
    event_id: str
    text: str = ""
    scene: str = ""


def hear_event(event: ChatEvent, *, now: dt.datetime) -> str:
    """What happens by it, and what is answered: "" for nothing. Told twice, it happens once, and
    what is told late takes back nothing that is newer.
    """
    if not event.external_id or not now - MEMORY < event.at < now + dt.timedelta(hours=1):
        return ""
    key = f"chat-event:{event.channel}:{event.event_id}"
    if cache.get(key):
        return ""
    answer = _hear(event, now=now)
    # Only now: one that failed on the way is told again, and heard then.
    cache.set(key, 1, 2 * MEMORY.total_seconds())
    return answer


def _hear(event: ChatEvent, *, now: dt.datetime) -> str:
    channel, external_id = event.channel, event.external_id
    if event.kind == UNFOLLOWED:
        record_following(channel, external_id, is_following=False, at=event.at, now=now)
        return ""
    if event.kind == FOLLOWED:
        record_following(channel, external_id, is_following=True, at=event.at, now=now)
    else:
        record_heard(channel, external_id, at=event.at)
    if letters := read_code(event.scene or (event.text if event.kind == TEXT else "")):
        return _bind(event, letters, now=now)
    wish = read_wish(event.text) if event.kind == TEXT else ""
    return _heed(event, wish, now=now) if wish else ""


def _bind(event: ChatEvent, letters: str, *, now: dt.datetime) -> str:
    """Both outcomes in words: whoever sent the code has no other page to look at."""
    standing = find_binding(event.channel, event.external_id)
    try:
        member = take_code(letters, channel=event.channel, external_id=event.external_id)
        with override(member.locale or get_club().locale):
            binding = bind_account(
                member,
                channel=event.channel,
                external_id=event.external_id,
                at=event.at,
                now=now,
            )
            told = _(
                "Connected: %(club)s can write to %(name)s here. What about, you choose on your "
                "profile. STOP ends it at any time."
            )
            name = binding.member.get_full_name()
            return told % {"club": get_club().name_i18n, "name": name}
    except DomainError as refusal:
        with override(_find_locale(standing)):
            return str(refusal)


@transaction.atomic
def _heed(event: ChatEvent, wish: str, *, now: dt.datetime) -> str:
    """STOP takes back what they agreed to by this channel; START lets the account in again, and
    agrees to nothing.
    """
    binding = find_binding(event.channel, event.external_id)
    key = (str(event.channel), make_address_key(event.channel, event.external_id))
    with override(_find_locale(binding)):
        if wish == STOP:
            if binding is not None:
                channel = Channel(event.channel)
                answers = [Answer(each.code, channel, False) for each in list_asked(MESSAGES)]
                record_answers(binding.member, answers, source=ConsentSource.LINK, by=None, now=now)
            suppress_keys([key], reason=SuppressionReason.UNSUBSCRIBED, now=now)
            return _("We write to you here no more, except about what you ask for or must know.")
        # What is left is START.
        lift_keys([key], reason=SuppressionReason.UNSUBSCRIBED)
        return _("Welcome back. What we may write about, you choose on your profile.")


def _find_locale(binding: ChannelBinding | None) -> str:
    """The reader's own language; the club's for somebody it doesn't know."""
    own = str(get_club().locale)
    return (binding.member.locale or own) if binding is not None else own
