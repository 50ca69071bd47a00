from functools import lru_cache

import phonenumbers
from django import template

register = template.Library()


@register.filter
@lru_cache(maxsize=1024)
def phone(number: str) -> str:
    """``+15105550110`` → "+1 510-555-0110"; what is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
