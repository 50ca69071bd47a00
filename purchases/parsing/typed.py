"""Amounts as people type them at a counter or copy them from a receipt."""

import re
import unicodedata

from core.money import InvalidAmount, get_exponent, parse_amount

_DRESS = re.compile(r"[\s'’]|[$€£¥元円]|NT\$|HK\$")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?\Z")


def read_typed_amount(text: str, currency: str) -> int:
    """``18.40``, ``18,40``, ``$1,840.00``, ``１８．４０``, ``1,200円`` in minor units.

    A point is always the decimal one; a comma is where exactly the currency's digits follow it,
    else it divides thousands. Raises InvalidAmount; nothing is rounded.
    """
    plain = _DRESS.sub("", unicodedata.normalize("NFKC", text).replace(currency, ""))
    exponent = get_exponent(currency)
    head, comma, tail = plain.rpartition(",")
    if comma and exponent and "." not in plain and len(tail) == exponent and head.isdigit():
        plain = f"{head}.{tail}"
    elif comma:
        if not _GROUPED.match(plain):
            raise InvalidAmount(value=text[:40], currency=currency)
        plain = plain.replace(",", "")
    return parse_amount(plain, currency)
