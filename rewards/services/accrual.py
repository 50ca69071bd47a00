"""Earning on purchases and giving back on returns: the listener of the activity stream."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from core.time import day_of
from members.registry import Receipt
from members.selectors import get_club
from purchases.facts import AmendmentFacts, PurchaseFacts, ReturnFacts
from rewards.engine.amending import amend
from rewards.engine.earning import earn
from rewards.engine.returning import take_back
from rewards.enums import Unit
from rewards.services.ledger import Ledger, open_ledger, write_ledger
from rewards.services.usage import UsageReader


def accrue(
    batch_id: int, activities: Sequence[Any], payload: Sequence[Any], now: dt.datetime
) -> list[Receipt]:
    """Evaluate purchases and returns in order of (effective time, external id).

    ``payload`` holds PurchaseFacts and ReturnFacts of members, in that order. Each item first
    settles its member up to the start of its own day, never to ``now``: so a batch of a
    thousand and a thousand batches of one write identical entries. An amended purchase comes
    as AmendmentFacts, first in a batch of its own. Runs in intake's transaction. Returns
    receipts "points", "status credits", "points taken back".
    """
    items = [item for item in payload if item.member_id is not None]
    if not items:
        return []
    zone = get_club().zone
    member_ids = sorted({item.member_id for item in items})
    first_at = min(
        item.purchased_at if isinstance(item, AmendmentFacts) else item.effective_at
        for item in items
    )
    last_at = max(item.effective_at for item in items)
    reader = UsageReader(items, member_ids, first_at, last_at)
    ledger = open_ledger(
        member_ids,
        first_day=day_of(first_at, zone),
        last_day=day_of(last_at, zone),
        whole=bool(reader.returned_ids),
        build_extra=reader.build_statements,
    )
    if not ledger.books:
        return []
    reader.read(ledger)
    today = day_of(now, zone)
    for item in items:
        _apply(item, ledger, reader, today)
    ledger.used_points = {
        rule_id: used
        for rule_id, used in reader.usage.spent.items()
        if used != reader.spent_before.get(rule_id)
    }
    write_ledger(ledger, now=now)
    return _count(ledger)


def _apply(
    item: PurchaseFacts | ReturnFacts | AmendmentFacts,
    ledger: Ledger,
    reader: UsageReader,
    today: dt.date,
) -> None:
    book = ledger.books[item.member_id]
    if isinstance(item, AmendmentFacts):
        awards = reader.awards.get(item.purchase_id, [])
        returns = [(back, reader.build_to_date(back)) for back in item.returns]
        amend(book, item, awards, reader.past, returns, ledger.terms, reader.usage, today)
    elif isinstance(item, PurchaseFacts):
        drafts = earn(book, item, ledger.terms, reader.usage, today)
        reader.remember(item, drafts, book)
    else:
        awards = reader.awards.get(item.purchase_id, [])
        take_back(book, item, reader.build_to_date(item), awards, ledger.terms, reader.usage, today)


def _count(ledger: Ledger) -> list[Receipt]:
    totals = {"points": 0, "status credits": 0, "points taken back": 0}
    for book in ledger.books.values():
        for award in book.awards:
            label = "points" if award.rule.unit == Unit.POINTS else "status credits"
            totals[label] += award.awarded
        for reversal in book.reversals:
            if reversal.award.rule.unit == Unit.POINTS:
                totals["points taken back"] += reversal.reversed
    return [Receipt(label, number) for label, number in totals.items() if number]
