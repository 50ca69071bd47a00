"""Money as integers: minor units of one ISO 4217 currency."""

import re
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

# ISO 4217 exponents that differ from two.
_EXPONENTS = {
    **dict.fromkeys(["CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "TWD": "NT$", "HKD": "HK$"}
MAX_MINOR = 10**12  # a till that sends more than this is broken, not rich
_PLAIN = re.compile(r"[+-]?\d{1,15}(\.\d{1,12})?\Z", re.ASCII)


class InvalidAmount(DomainError):
    code = "invalid_amount"
    message = _("“%(value)s” is not an amount in %(currency)s.")


def get_exponent(currency: str) -> int:
    """Digits after the decimal point in ``currency`` (ISO 4217; JPY has none)."""
    return _EXPONENTS.get(currency, 2)


def parse_amount(value: str, currency: str) -> int:
    """Minor units of a decimal text such as ``"18.40"``.

    Raises InvalidAmount where the text is no number, has more digits than the currency
    or is beyond ±10¹² minor units. Nothing is rounded.
    """
    if not _PLAIN.match(value):
        raise InvalidAmount(value=value[:40], currency=currency)
    try:
        scaled = Decimal(value).scaleb(get_exponent(currency))
    except InvalidOperation as error:
        raise InvalidAmount(value=value[:40], currency=currency) from error
    if scaled != int(scaled) or abs(scaled) > MAX_MINOR:
        raise InvalidAmount(value=value[:40], currency=currency)
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """``1840, "USD"`` → ``Decimal("18.40")``."""
    return Decimal(minor).scaleb(-get_exponent(currency))


def format_money(minor: int, currency: str) -> str:
    """The amount as a person writes it in the active language: ``$18.40``."""
    digits = number_format(
        abs(to_decimal(minor, currency)), decimal_pos=get_exponent(currency), force_grouping=True
    )
    sign = "−" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {currency}"
