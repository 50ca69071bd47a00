"""What a segment to a number costs."""

from decimal import Decimal

import phonenumbers

from campaigns.models import SmsPrice
from core.kept import Kept

kept = Kept()


def find_price(phone: str) -> Decimal | None:
    """For one segment, in the club's currency; None where the owner gave no price."""
    prices = kept.get("prices")
    if prices is None:
        prices = dict(SmsPrice.objects.values_list("country", "price"))
        kept.put("prices", prices)
    return prices.get(_find_country(phone), prices.get(""))


def _find_country(phone: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""
