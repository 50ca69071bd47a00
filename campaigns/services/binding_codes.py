"""Codes by which somebody shows that an account at LINE or WeChat and a membership are theirs.

A code is good once, for a quarter of an hour, and lies in the cache alone, as a hash.
"""

import datetime as dt
import hashlib
import re
import secrets
import unicodedata

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members.models import Member

CODE_LIFE = dt.timedelta(minutes=15)
CODES_AN_HOUR = 8  # for one member
TRIES_AN_HOUR = 10  # of one account
_HOUR = 3600
# Without what is taken for another when it is read out: 12 of 30 are 58 bits.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP = 12, 4
_SHAPE = re.compile(r"[2-9A-Z]{4}(?:[- ]?[2-9A-Z]{4}){2}")


class TooManyCodes(DomainError):
    code = "too_many_codes"
    status = 429
    message = _("That were many codes within an hour. Please come back a little later.")


class CodeGone(DomainError):
    code = "binding_code_gone"
    status = 410
    message = _("This code is over, or was used. Ask for a new one on your profile.")


class TooManyTries(DomainError):
    code = "too_many_tries"
    status = 429
    message = _("That were many codes within an hour. Please come back a little later.")


def make_binding_code(member: Member, channel: str) -> str:
    """A new code, as in ``K7QM-3XWD-P8RN``; the member's earlier one for the channel is over.
    Raises TooManyCodes.
    """
    if _count(f"codes:{channel}:{member.pk}") > CODES_AN_HOUR:
        raise TooManyCodes
    letters = "".join(secrets.choice(_LETTERS) for _place in range(_LENGTH))
    latest = _key("latest", channel, str(member.pk))
    if earlier := cache.get(latest):
        cache.delete(earlier)
    key = _key("code", channel, letters)
    cache.set(key, member.pk, CODE_LIFE.total_seconds())
    cache.set(latest, key, CODE_LIFE.total_seconds())
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def read_code(text: str) -> str:
    """The letters of a code in what somebody wrote, "" where there is none. A word in front of it
    is what the club's own page put there.
    """
    found = _SHAPE.findall(unicodedata.normalize("NFKC", text).upper().strip())
    if len(found) != 1 or len(text) > 80:
        return ""
    letters = found[0].replace("-", "").replace(" ", "")
    return letters if set(letters) <= set(_LETTERS) else ""


def take_code(letters: str, *, channel: str, external_id: str) -> Member:
    """Whose code this is; it is used by that. Raises CodeGone, TooManyTries."""
    key = _key("code", channel, letters)
    member_id = cache.get(key)
    # Of two at once, one deletes it.
    if member_id is None or not cache.delete(key):
        if _count(f"tries:{channel}:{external_id}") > TRIES_AN_HOUR:
            raise TooManyTries
        raise CodeGone
    member = Member.objects.select_related("merged_into").filter(pk=member_id).first()
    if member is None:
        raise CodeGone
    return member.merged_into or member


def _count(name: str) -> int:
    key = f"binding-{hashlib.sha256(name.encode()).hexdigest()}"
    cache.add(key, 0, _HOUR)
    try:
        return cache.incr(key)
    except ValueError:  # its hour ended between the two
        return 1


def _key(kind: str, channel: str, text: str) -> str:
    """No key tells of a code, nor is one found by looking at the keys."""
    return f"binding-{kind}-{channel}-{hashlib.sha256(text.encode()).hexdigest()}"
