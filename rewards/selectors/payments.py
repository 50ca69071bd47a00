"""What points pay at the till (mission E7)."""

import datetime as dt
from dataclasses import dataclass

from rewards.models import PointsRate


@dataclass(frozen=True, slots=True)
class Quote:
    """What points can pay of a bill: ``points`` at most, worth ``amount`` (minor units).

    Both are 0 where the minimum isn't reached.
    """

    points: int
    amount: int


def get_rate(now: dt.datetime) -> PointsRate | None:
    """The rate in force, or None where points don't pay."""
    rate = PointsRate.objects.filter(starts_at__lte=now).order_by("-starts_at").first()
    return rate if rate is not None and rate.is_open else None


def count_worth(points: int, rate: PointsRate) -> int:
    """What points pay, in minor units, rounded down."""
    return points * rate.rate_amount // rate.rate_points


def quote_points(
    rate: PointsRate, *, available: int, bill_amount: int, paid_amount: int = 0
) -> Quote:
    """The most that a bill takes, by steps, from a balance.

    ``paid_amount`` is what points have paid of the same bill already. Never more than the largest
    share, and never a point more than the amount needs.
    """
    room = bill_amount * rate.largest_percent // 100 - paid_amount
    if room <= 0:
        return Quote(0, 0)
    # The most points whose worth, rounded down, still fits.
    fitting = ((room + 1) * rate.rate_points - 1) // rate.rate_amount
    points = min(available, fitting) // rate.step_points * rate.step_points
    if points < max(rate.minimum_points, 1):
        return Quote(0, 0)
    worth = count_worth(points, rate)
    return Quote(points, worth) if worth else Quote(0, 0)
