"""Cells to values. Each function is exact: what it can't read it refuses, naming the value."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from core.money import InvalidAmount, parse_amount
from purchases import errors
from purchases.incoming import write_quantity

_QUANTITY = re.compile(r"-?\d{1,7}(\.\d{1,4}0*)?\Z")
_LOOSE_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]+(\d{1,2})[:時时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?)?\Z"
)


def clean_text(value: str) -> str:
    """Full-width forms become plain ones, spaces around go. Control characters are refused."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    value = value.strip()
    if not value.isprintable() and any(unicodedata.category(char)[0] == "C" for char in value):
        shown = "".join(char if char.isprintable() else "�" for char in value)
        raise errors.ControlCharacter(value=shown[:40])
    return value


@lru_cache(maxsize=65536)
def read_amount(value: str, currency: str) -> int:
    """Minor units, possibly negative; an empty cell is 0."""
    text = clean_text(value)
    if not text:
        return 0
    try:
        return parse_amount(text, currency)
    except InvalidAmount as error:
        raise errors.WrongAmount(value=text[:40], currency=currency) from error


@lru_cache(maxsize=16384)
def read_quantity(value: str) -> str:
    """The canonical text of a quantity, possibly negative; an empty cell is 1."""
    text = clean_text(value)
    if not text:
        return "1"
    if not _QUANTITY.match(text):
        raise errors.InvalidQuantity(value=text[:40])
    text = write_quantity(Decimal(text))
    return "0" if text == "-0" else text


def read_moment(value: str, date_format: str = "") -> dt.datetime:
    """A time, aware where the text names an offset; a bare day begins at midnight.

    Reads ISO 8601, ``2026/3/9 14:05`` and ``2026年3月9日 14時05分``; with ``date_format``
    that alone.
    """
    text = clean_text(value)
    if not text:
        raise errors.Missing
    try:
        if date_format:
            return dt.datetime.strptime(text, date_format)  # noqa: DTZ007  (the store's zone)
        return dt.datetime.fromisoformat(text)
    except ValueError:
        match = None if date_format else _LOOSE_DATE.match(text)
    if match:
        try:
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  (the store's zone)
        except ValueError:
            pass
    raise errors.InvalidDate(value=text[:40])
