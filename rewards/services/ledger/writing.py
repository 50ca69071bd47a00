"""Writing what books hold: rows by COPY or in one trip, caches set by set, news if fresh."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from core.bulk import RowWriter, reserve_ids, write_array
from members.services.audiences import AudienceMove, move_members
from members.services.notices import NoticeRow, add_notices
from rewards.engine.book import MEMBER_KINDS, Book, TransferDraft, write_promises
from rewards.engine.tiers import refresh_review
from rewards.enums import WebhookEvent
from rewards.services.ledger.opening import Ledger, unit_of
from rewards.services.webhooks.queueing import queue_events

FRESHNESS = dt.timedelta(hours=48)  # older news are history: nobody is told
_ACCOUNT_COLUMNS = ("id", "member_id", "kind", "unit", "balance")
_AWARD_COLUMNS = (
    "id", "member_id", "purchase_id", "purchase_version", "rule_id", "rule_version_id", "unit",
    "awarded_points", "basis_amount", "cap_trimmed_points", "budget_trimmed_points", "parts",
    "positions", "allocations", "effective_at", "recorded_at",
)  # fmt: skip
_REVERSAL_COLUMNS = (
    "id", "award_id", "purchase_return_id", "purchase_version_id", "reversed_points",
    "pending_points", "own_lot_points", "lapsed_points", "other_lots_points", "owed_points",
    "allocations", "effective_at", "recorded_at",
)  # fmt: skip
_TRANSFER_COLUMNS = (
    "id", "unit", "debit_account_id", "credit_account_id", "amount", "reason", "member_id",
    "award_id", "reversal_id", "is_late", "cause_type", "cause_id", "effective_at",
    "recorded_at", "key",
)  # fmt: skip
_LOT_INSERT_COLUMNS = (
    "id", "member_id", "unit", "award_id", "opened_at", "release_on", "expires_on",
    "expires_after_days", "counts_on", "original", "pending", "available", "held",
)  # fmt: skip
_MOVE_COLUMNS = (
    "lot_id", "transfer_id", "decision_id", "kind", "amount", "source", "target", "expires_on"
)  # fmt: skip
_TIER_COLUMNS = (
    "member_id", "from_tier_id", "to_tier_id", "reason", "status_credits", "effective_at",
    "recorded_at", "decided_by_id",
)  # fmt: skip
_UPDATE_ACCOUNTS = """
    UPDATE rewards_account a SET balance = u.balance
    FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, balance) WHERE a.id = u.id
"""
_UPDATE_LOTS = """
    UPDATE rewards_lot l
    SET pending = u.pending, available = u.available, held = u.held, expires_on = u.expires_on
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::date[])
        AS u (id, pending, available, held, expires_on)
    WHERE l.id = u.id
"""
_UPDATE_STANDINGS = """
    UPDATE rewards_standing s
    SET tier_id = u.tier_id, tier_since_on = u.tier_since_on, review_on = u.review_on,
        grace_since_on = u.grace_since_on, grace_until_on = u.grace_until_on,
        points_expire_on = u.points_expire_on, settled_on = u.settled_on,
        has_purchased = u.has_purchased, kept_tiers = u.kept_tiers
    FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[],
                %s::date[], %s::date[], %s::boolean[], %s::jsonb[])
        AS u (member_id, tier_id, tier_since_on, review_on, grace_since_on, grace_until_on,
              points_expire_on, settled_on, has_purchased, kept_tiers)
    WHERE s.member_id = u.member_id
"""
_UPDATE_BUDGETS = """
    UPDATE rewards_earningrule r SET used_points = u.used
    FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, used) WHERE r.id = u.id
"""
# The rate and the time to take it back are the charity's of this moment.
_INSERT_SHARES = """
    INSERT INTO rewards_donation (id, member_id, charity_id, appeal_id, source, key, points,
        match_points, hundred_amount, is_named, standing_donation_id, donated_at, final_at)
    SELECT u.id, u.member_id, a.charity_id, s.appeal_id, 'standing',
           'share:' || s.id || ':' || u.lot_id, u.points, 0, c.hundred_amount, s.is_named, s.id,
           u.at, greatest(u.at, %s) + make_interval(hours => c.grace_hours)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::timestamptz[]) AS u (id, member_id, share_id, lot_id, points, at)
    JOIN rewards_standingdonation s ON s.id = u.share_id
    JOIN rewards_appeal a ON a.id = s.appeal_id JOIN rewards_charity c ON c.id = a.charity_id
"""


def write_ledger(ledger: Ledger, *, now: dt.datetime, writer: RowWriter | None = None) -> int:
    """Write everything the books hold, in two round trips; returns the rows inserted.

    With a ``writer`` of the caller's, the rows wait in it for its ``flush``: one trip for both.
    """
    books = list(ledger.books.values())
    for book in books:
        refresh_review(book, ledger.terms)
    new_accounts = _list_new_accounts(ledger, books)
    _hand_out_ids(books, new_accounts, ledger)
    own = writer if writer is not None else RowWriter()
    _add_rows(own, ledger, books, new_accounts, now)
    _add_updates(own, ledger, books, {key[:2] for key in new_accounts}, now)
    _add_news(own, ledger, books, now)
    return own.flush() if writer is None else 0


def _list_new_accounts(ledger: Ledger, books: list[Book]) -> list[tuple[int, str, str]]:
    return [
        (book.member_id, kind, unit_of(kind))
        for book in books
        for kind in book.balances
        if (book.member_id, kind, unit_of(kind)) not in ledger.account_ids
    ]


def _hand_out_ids(books: list[Book], new_accounts: list[tuple], ledger: Ledger) -> None:
    awards = [award for book in books for award in book.awards]
    reversals = [reversal for book in books for reversal in book.reversals]
    transfers = [transfer for book in books for transfer in book.transfers]
    lots = [lot for book in books for lot in book.lots if lot.id is None]
    donations = [donation for book in books for donation in book.donations]
    ids = _take_ids(
        ledger.spare_ids,
        rewards_account=len(new_accounts),
        rewards_award=len(awards),
        rewards_reversal=len(reversals),
        rewards_transfer=len(transfers),
        rewards_lot=len(lots),
        rewards_donation=len(donations),
    )
    for table, items in (
        ("rewards_award", awards),
        ("rewards_reversal", reversals),
        ("rewards_transfer", transfers),
        ("rewards_donation", donations),
    ):
        for item, pk in zip(items, ids[table], strict=True):
            item.id = pk
    ledger.account_ids.update(zip(new_accounts, ids["rewards_account"], strict=True))
    for lot, pk in zip(lots, ids["rewards_lot"], strict=True):
        lot.id = pk
        lot.is_new = True


def _take_ids(spare: dict[str, list[int]], **counts: int) -> dict[str, list[int]]:
    """First those that the caller took along, which are lower; the rest in one trip, if any."""
    taken = {table: spare.pop(table, [])[:count] for table, count in counts.items()}
    missing = {table: count - len(taken[table]) for table, count in counts.items()}
    fresh = reserve_ids(**missing)
    return {table: taken[table] + fresh[table] for table in counts}


def _add_rows(
    writer: RowWriter,
    ledger: Ledger,
    books: list[Book],
    new_accounts: list[tuple],
    now: dt.datetime,
) -> None:
    """Parents before their children."""
    writer.add("rewards_account", _ACCOUNT_COLUMNS, _list_account_rows(ledger, new_accounts))
    writer.add("rewards_award", _AWARD_COLUMNS, _list_award_rows(books, now))
    writer.add("rewards_reversal", _REVERSAL_COLUMNS, _list_reversal_rows(books, now))
    writer.add(
        "rewards_transfer", _TRANSFER_COLUMNS, _list_transfer_rows(books, ledger.account_ids, now)
    )
    writer.add("rewards_lot", _LOT_INSERT_COLUMNS, _list_lot_rows(books))
    writer.add("rewards_lotmove", _MOVE_COLUMNS, _list_move_rows(books))
    writer.add("rewards_tierchange", _TIER_COLUMNS, _list_tier_rows(books, now))


def _list_account_rows(ledger: Ledger, keys: list[tuple]) -> list[tuple]:
    return [
        (ledger.account_ids[member_id, kind, unit], member_id, kind, unit,
         ledger.books[member_id].balances[kind])
        for member_id, kind, unit in keys
    ]  # fmt: skip


def _list_award_rows(books: list[Book], now: dt.datetime) -> list[tuple]:
    return [
        (
            award.id, award.member_id, award.purchase_id, award.purchase_version,
            award.rule.rule_id, award.rule.id, award.rule.unit, award.awarded, award.basis,
            award.cap_trimmed, award.budget_trimmed, json.dumps(award.parts),
            write_array(award.positions), write_array(award.allocations),
            award.effective_at, now,
        )
        for book in books
        for award in book.awards
    ]  # fmt: skip


def _list_reversal_rows(books: list[Book], now: dt.datetime) -> list[tuple]:
    return [
        (
            draft.id, _id_of(draft.award.source), draft.return_id, draft.version_id,
            draft.reversed, draft.pending, draft.own_lot, draft.lapsed, draft.other_lots,
            draft.owed, write_array(draft.allocations), draft.effective_at, now,
        )
        for book in books
        for draft in book.reversals
    ]  # fmt: skip


def _list_transfer_rows(
    books: list[Book], accounts: dict[tuple, int], now: dt.datetime
) -> list[tuple]:
    return [
        (
            draft.id,
            draft.unit,
            _account_id(accounts, book.member_id, draft.debit, draft.unit),
            _account_id(accounts, book.member_id, draft.credit, draft.unit),
            draft.amount,
            draft.reason,
            book.member_id,
            _id_of(draft.award),
            _id_of(draft.reversal),
            draft.is_late,
            draft.cause[0],
            _id_of(draft.cause[1]),
            draft.effective_at,
            now,
            draft.full_key,
        )
        for book in books
        for draft in book.transfers
    ]


def _list_lot_rows(books: list[Book]) -> list[tuple]:
    return [
        (
            lot.id, book.member_id, lot.unit, _id_of(lot.award), lot.opened_at,
            lot.release_on, lot.expires_on, lot.expires_after_days, lot.counts_on,
            lot.original, lot.pending, lot.available, lot.held,
        )
        for book in books
        for lot in book.lots
        if lot.is_new
    ]  # fmt: skip


def _list_move_rows(books: list[Book]) -> list[tuple]:
    return [
        (
            move.lot.id, move.transfer.id if move.transfer else None, move.decision_id,
            move.kind, move.amount, move.source, move.target, move.expires_on,
        )
        for book in books
        for move in book.moves
    ]  # fmt: skip


def _list_tier_rows(books: list[Book], now: dt.datetime) -> list[tuple]:
    return [
        (
            book.member_id, step.from_tier_id, step.to_tier_id, step.reason,
            step.status_credits, step.effective_at, now, step.decided_by_id,
        )
        for book in books
        for step in book.tier_steps
    ]  # fmt: skip


def _add_updates(writer, ledger, books, fresh: set[tuple[int, str]], now) -> None:
    balances = sorted(
        (ledger.account_ids[book.member_id, kind, unit_of(kind)], balance)
        for book in books
        for kind, balance in book.balances.items()
        if (book.member_id, kind) not in fresh
        and ledger.old_balances.get((book.member_id, kind)) != balance
    )
    if balances:
        writer.execute(_UPDATE_ACCOUNTS, _columns(balances))
    lots = [
        (lot.id, lot.pending, lot.available, lot.held, lot.expires_on)
        for book in books
        for lot in book.lots
        if lot.dirty and not lot.is_new
    ]
    if lots:
        writer.execute(_UPDATE_LOTS, _columns(lots))
    standings = [
        (
            book.member_id, book.tier_id, book.tier_since_on, book.review_on,
            book.grace_since_on, book.grace_until_on, book.points_expire_on, book.settled_on,
            book.has_purchased, write_promises(book.kept_tiers),
        )
        for book in books
        if book.standing_dirty
    ]  # fmt: skip
    if standings:
        writer.execute(_UPDATE_STANDINGS, _columns(standings))
    shares = [
        (draft.id, book.member_id, draft.share.id, draft.lot.id, draft.points, draft.at)
        for book in books
        for draft in book.donations
    ]
    if shares:
        writer.execute(_INSERT_SHARES, [now, *_columns(shares)])
    if ledger.used_points:
        writer.execute(_UPDATE_BUDGETS, _columns(sorted(ledger.used_points.items())))


def _add_news(writer, ledger, books, now) -> None:
    """Tier audiences follow the tier in this very transaction; old history is not news."""
    audiences = {
        level.tier_id: level.audience_id
        for programme in ledger.terms.programmes
        for level in programme.levels
    }
    moves = []
    for book in books:
        if book.tier_steps and book.is_active:
            first, last = book.tier_steps[0].from_tier_id, book.tier_id
            if first != last and first in audiences:
                moves.append(AudienceMove(audiences[first], book.member_id, is_added=False))
            moves.append(AudienceMove(audiences[last], book.member_id))
    if moves:
        move_members(writer, moves, now=now)
    if ledger.has_listeners:
        _add_events(writer, books, now)
    add_notices(
        [
            NoticeRow(book.member_id, notice.code, notice.effective_at, notice.key, notice.params)
            for book in books
            for notice in book.notices
            if book.is_active and now - notice.effective_at < FRESHNESS
        ],
        now=now,
        writer=writer,
    )


def _add_events(writer: RowWriter, books: list[Book], now: dt.datetime) -> None:
    """Other systems are told what is fresh."""
    points, tiers = [], []
    for book in books:
        fresh = [each for each in book.transfers if now - each.effective_at < FRESHNESS]
        if fresh:
            points.append((book.member_id, _describe_points(book, fresh), fresh[-1].effective_at))
        steps = [step for step in book.tier_steps if now - step.effective_at < FRESHNESS]
        if steps:
            facts = {"tier_id": book.tier_id, "from_tier_id": steps[0].from_tier_id}
            tiers.append((book.member_id, facts, steps[-1].effective_at))
    queue_events(writer, WebhookEvent.POINTS_CHANGED, points, now=now)
    queue_events(writer, WebhookEvent.TIER_CHANGED, tiers, now=now)


def _describe_points(book: Book, transfers: Sequence[TransferDraft]) -> dict[str, Any]:
    return {
        "balances": {kind: balance for kind, balance in book.balances.items() if balance},
        "entries": [
            {"id": each.id, "unit": each.unit, "reason": each.reason, "amount": each.amount,
             "from": _kind_of(each.debit), "to": _kind_of(each.credit)}
            for each in transfers
        ],
    }  # fmt: skip


def _kind_of(account: str) -> str:
    return account.partition(":")[0]


def _columns(rows: Sequence[tuple]) -> list[str]:
    """An array of each column, as text: cheaper than lists, whose types psycopg looks for."""
    return [write_array(map(_write, column)) for column in zip(*rows, strict=True)]


def _write(value: Any) -> str:
    if value is None:
        return "NULL"
    text = str(value)  # of a number, a truth, a day or an instant
    return text if text.isalnum() else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _id_of(item: Any) -> int | None:
    return item if item is None or isinstance(item, int) else _id_of(item.id)


def _account_id(accounts: dict, member_id: int, kind: str, unit: str) -> int:
    return accounts[member_id if kind in MEMBER_KINDS else None, kind, unit]
