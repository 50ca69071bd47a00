"""One spelling of e-mail addresses and phone numbers."""

import unicodedata
from functools import lru_cache

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class InvalidEmail(DomainError):
    code = "invalid_email"
    message = _("“%(value)s” is not an e-mail address.")


class InvalidPhone(DomainError):
    code = "invalid_phone"
    message = _("“%(value)s” is not a phone number.")


def clean_email(text: str) -> str:
    """Trimmed and lower-cased; what stands before a plus stays. Raises InvalidEmail."""
    value = unicodedata.normalize("NFKC", text).strip().lower()
    try:
        validate_email(value)
    except ValidationError as error:
        raise InvalidEmail(value=text[:60]) from error
    if len(value) > 254:
        raise InvalidEmail(value=text[:60])
    return value


@lru_cache(maxsize=4096)
def _parse_phone(text: str, country: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def clean_phone(text: str, country: str) -> str:
    """E.164 (``+14155550123``); a number without a country code is one of ``country``.

    Possible numbers pass (the numbering plans in the library are older than some numbers);
    anything else raises InvalidPhone.
    """
    value = _parse_phone(unicodedata.normalize("NFKC", text).strip(), country)
    if value is None:
        raise InvalidPhone(value=text[:40])
    return value
