"""Doing what is due for chosen members: before a balance is read to decide, and at day close."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from members.registry import Receipt
from members.selectors import get_club
from rewards.engine.settling import settle
from rewards.services.ledger import Ledger, open_ledger, write_ledger


class NoProgramme(DomainError):
    code = "no_programme"
    message = _("The club has not published its programme yet.")


@transaction.atomic
def settle_members(member_ids: Iterable[int], *, until: dt.date, now: dt.datetime) -> Ledger:
    """Write every release, expiry and review due up to the start of programme day ``until``.

    Safe twice, late and in parallel: the standings are locked, and what was done is not due.
    """
    ledger = open_ledger(member_ids, first_day=until, last_day=until)
    for book in ledger.books.values():
        settle(book, until, ledger.terms)
    write_ledger(ledger, now=now)
    return ledger


def enter_programme(
    batch_id: int, activities: Sequence[Any], payload: Any, now: dt.datetime
) -> list[Receipt]:
    """Give new members their first tier: the listener of sign-ups."""
    today = day_of(now, get_club().zone)
    open_ledger([row.member_id for row in activities], first_day=today, last_day=today)
    return []


def open_settled_ledger(
    member_ids: Iterable[int], *, now: dt.datetime, build_extra: Any = None
) -> Ledger:
    """Books with all spendable lots, settled as of ``now`` but not written yet (docs/points.md 11).

    Must run inside a transaction; the caller acts on the books and calls ``write_ledger``.
    ``build_extra`` as in ``open_ledger``: statements that read under the locks, in the same trip.
    Raises NoProgramme before the club has published one.
    """
    today = day_of(now, get_club().zone)
    ledger = open_ledger(
        member_ids, first_day=today, last_day=today, whole=True, build_extra=build_extra
    )
    if not ledger.books:
        raise NoProgramme
    for book in ledger.books.values():
        settle(book, today, ledger.terms)
    return ledger
