"""What the law of a country says of prizes by chance: data, reviewed by hand, and no legal advice.

The owner's lawyer confirms every edition of a wheel; these figures only catch what is plainly
beyond them. Sources:

- Japan: Act against Unjustifiable Premiums and Misleading Representations (Act No. 134 of 1962),
  and the notification on premiums offered by lottery (Fair Trade Commission Notification No. 3 of
  1977, as amended): with a purchase below 5,000 yen a prize is worth 20 times it at most, from
  5,000 yen on 100,000 yen at most, and all prizes together 2 % of the expected sales. Where nobody
  has to buy anything ("open" lotteries) these caps don't apply.
- Mainland China: Interim Provisions on Regulating Sales Promotions (State Administration for
  Market Regulation, Order No. 32 of 2020): the highest prize of a sale with a prize draw is worth
  50,000 yuan at most; kinds, chances, amounts, times and places of prizes are published
  beforehand; what was published isn't changed to the customers' disadvantage.
- Elsewhere: no figures here. A price in points may make a game of chance of it almost anywhere.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrizeLaw:
    """Caps in minor units of ``currency``; None where the country sets none.

    ``most_times`` and ``most_amount`` (the smaller counts) bound one prize, ``most_percent`` all
    prizes by the expected sales; ``needs_purchase`` says that this holds only where somebody has
    to buy. ``needs_rules`` asks for the full rules in every language of the club.
    """

    country: str
    currency: str
    most_times: int | None = None
    most_amount: int | None = None
    most_percent: int | None = None
    needs_purchase: bool = False
    needs_rules: bool = False


PROFILES = {
    "JP": PrizeLaw(
        "JP", "JPY", most_times=20, most_amount=100_000, most_percent=2, needs_purchase=True
    ),
    "CN": PrizeLaw("CN", "CNY", most_amount=5_000_000, needs_rules=True),
}


def find_prize_law(country: str) -> PrizeLaw | None:
    return PROFILES.get(country)
