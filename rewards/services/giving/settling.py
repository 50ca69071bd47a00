"""Closing a period: what members gave becomes money that is owed to the charity, once."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet, Sum
from django.utils.formats import date_format

from core.services.audit import keeps_refusals, record_audit
from core.time import add_months, day_of, start_of
from members.selectors.club import get_club
from rewards.models import Charity, CharitySettlement, Donation
from rewards.services.giving import refusals

_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")
HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a quarter or a year of the club's calendar."""

    code: str
    first_on: dt.date
    last_on: dt.date

    def until(self) -> dt.datetime:
        """The first instant after it."""
        return start_of(self.last_on + dt.timedelta(days=1), get_club().zone)


def read_period(text: str) -> Period:
    """``2026-Q3``, ``2026-09`` or ``2026``; raises InvalidPeriod."""
    found = _PERIOD.fullmatch(text.strip().upper())
    if found is None or int(found["year"]) < 2000:
        raise refusals.InvalidPeriod
    month, months = 1, 12
    if found["quarter"]:
        month, months = int(found["quarter"]) * 3 - 2, 3
    elif found["month"]:
        month, months = int(found["month"]), 1
    first = dt.date(int(found["year"]), month, 1)
    return Period(found[0], first, add_months(first, months) - dt.timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a settlement would say."""

    charity: Charity
    period: Period
    donation_count: int
    points: int
    match_points: int
    hundredths: int
    carried_in: int
    waiting_count: int  # not final yet: they come with the next one

    @property
    def amount(self) -> int:
        return (self.hundredths + self.carried_in) // HUNDRED

    @property
    def carried_out(self) -> int:
        return (self.hundredths + self.carried_in) % HUNDRED


def preview_settlement(charity: Charity, period: Period, *, now: dt.datetime) -> Draft:
    """What closing would give now. Raises PeriodNotOver and PeriodClosed as closing does."""
    _check_period(charity, period, by=None, now=now)
    return _draft(charity, period, now)


@keeps_refusals
@transaction.atomic
def close_period(
    charity: Charity, period: Period, *, by: Any, now: dt.datetime
) -> CharitySettlement:
    """Take up every final donation made up to the period's end that no settlement has yet.

    The charity's row is locked; sums are exact, rounded down once, and the rest is carried on.
    What isn't final yet, or came late, goes into the next one. Raises PeriodNotOver, and
    PeriodClosed (on record) where this or a later period was closed.
    """
    charity = Charity.objects.select_for_update(no_key=True).get(pk=charity.pk)
    _check_period(charity, period, by=by, now=now)
    # Whoever takes a donation back at this moment comes first or finds it settled: rows are
    # locked before they are summed.
    rows = list(
        _list_due(charity, period, now).select_for_update().order_by("pk").values_list(
            "pk", "points", "match_points", "hundred_amount"
        )
    )  # fmt: skip
    draft = _sum_up(charity, period, rows, waiting_count=0)
    made = CharitySettlement.objects.create(
        charity=charity, period=period.code, first_on=period.first_on, last_on=period.last_on,
        donation_count=draft.donation_count, points=draft.points, match_points=draft.match_points,
        hundredths=draft.hundredths, carried_in=draft.carried_in, amount=draft.amount,
        carried_out=draft.carried_out, closed_at=now, closed_by=by,
    )  # fmt: skip
    Donation.objects.filter(pk__in=[row[0] for row in rows]).update(settlement=made)
    record_audit(
        "charity.settled", made, by=by, now=now,
        changes={"charity": charity.pk, "period": period.code, "amount": made.amount,
                 "points": made.points + made.match_points},
    )  # fmt: skip
    return made


def close_periods(
    period: Period, *, charities: Iterable[Charity] | None = None, by: Any, now: dt.datetime
) -> tuple[list[CharitySettlement], list[tuple[Charity, str]]]:
    """Close a period of all charities, each in a transaction of its own.

    Returns the settlements, and per charity that was refused its reason. Raises PeriodNotOver.
    """
    made: list[CharitySettlement] = []
    refused: list[tuple[Charity, str]] = []
    if period.until() > now:
        raise refusals.PeriodNotOver
    for charity in Charity.objects.order_by("pk") if charities is None else charities:
        try:
            made.append(close_period(charity, period, by=by, now=now))
        except refusals.PeriodClosed as refusal:
            refused.append((charity, str(refusal)))
    return made, refused


@keeps_refusals
@transaction.atomic
def mark_paid(
    settlement: CharitySettlement, *, paid_on: dt.date, payout_reference: str, by: Any,
    now: dt.datetime,
) -> CharitySettlement:  # fmt: skip
    """Note that the money went out. Raises PaymentIncomplete, and AlreadyPaid (on record)."""
    locked = CharitySettlement.objects.select_for_update(of=("self",)).get(pk=settlement.pk)
    if locked.paid_on is not None:
        raise refusals.AlreadyPaid(subject=locked, by=by, reference=locked.payout_reference)
    reference = payout_reference.strip()
    if not reference or paid_on > day_of(now, get_club().zone):
        raise refusals.PaymentIncomplete
    locked.paid_on, locked.payout_reference, locked.paid_by = paid_on, reference, by
    locked.save(update_fields=["paid_on", "payout_reference", "paid_by"])
    changes = {"paid_on": paid_on.isoformat(), "amount": locked.amount}
    record_audit("settlement.paid", locked, by=by, now=now, changes=changes, note=reference)
    return locked


def _check_period(charity: Charity, period: Period, *, by: Any, now: dt.datetime) -> None:
    if period.until() > now:
        raise refusals.PeriodNotOver
    last = CharitySettlement.objects.filter(charity=charity).aggregate(last=Max("last_on"))["last"]
    if last is not None and last >= period.last_on:
        raise refusals.PeriodClosed(
            subject=charity, by=by, changes={"period": period.code}, day=date_format(last)
        )


def _list_due(charity: Charity, period: Period, now: dt.datetime) -> QuerySet[Donation]:
    rows = Donation.objects.filter(charity=charity, settlement__isnull=True)
    return rows.filter(undone_at__isnull=True, final_at__lte=now, donated_at__lt=period.until())


def _draft(charity: Charity, period: Period, now: dt.datetime) -> Draft:
    sums = _list_due(charity, period, now).aggregate(
        count=Count("pk"), given=Sum("points"), matched=Sum("match_points"),
        worth=Sum((F("points") + F("match_points")) * F("hundred_amount")),
    )  # fmt: skip
    waiting = Donation.objects.filter(
        charity=charity, settlement__isnull=True, undone_at__isnull=True, final_at__gt=now,
        donated_at__lt=period.until(),
    )  # fmt: skip
    return Draft(
        charity, period, sums["count"], sums["given"] or 0, sums["matched"] or 0,
        sums["worth"] or 0, _read_carry(charity), waiting.count(),
    )  # fmt: skip


def _sum_up(
    charity: Charity, period: Period, rows: Sequence[tuple], *, waiting_count: int
) -> Draft:
    return Draft(
        charity, period, len(rows), sum(row[1] for row in rows), sum(row[2] for row in rows),
        sum((points + matched) * rate for _pk, points, matched, rate in rows),
        _read_carry(charity), waiting_count,
    )  # fmt: skip


def _read_carry(charity: Charity) -> int:
    last = CharitySettlement.objects.filter(charity=charity).order_by("-last_on").first()
    return last.carried_out if last is not None else 0
