"""Opening books under their locks and writing what they hold: the only writer of the ledger.

The lock order is fixed: standings in order of member, then budgets in order of rule. Four
round trips serve one member or a thousand: terms and locks, state, ids, rows.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.bulk import RowWriter, read_together, reserve_ids
from core.time import add_months, day_of
from members.selectors import get_club
from members.services.audiences import AudienceMove, move_members
from members.services.notices import NoticeRow, add_notices
from rewards.engine.book import MEMBER_KINDS, Book, LotState
from rewards.engine.settling import refresh_review
from rewards.engine.terms import Level, Programme, Rule, Terms
from rewards.enums import TierWindow, Unit

FRESHNESS = dt.timedelta(hours=48)  # older news are history: nobody is told (design.md, 1)

_PROGRAMMES = """
    SELECT p.id, p.starts_on, p.tax_included, p.expiry_mode, p.expiry_months,
           p.expiry_extra_years, p.expiry_activities, p.club_fault_days, p.tier_window,
           p.tier_months, p.fiscal_start_month, p.grace_days,
           array_agg(ARRAY[t.id, t.rank, l.threshold, l.multiplier_milli, t.audience_id]
                     ORDER BY t.rank),
           array_agg(t.slug::text ORDER BY t.rank)
    FROM rewards_programmeversion p
    JOIN rewards_tierlevel l ON l.programme_id = p.id
    JOIN rewards_tier t ON t.id = l.tier_id
    GROUP BY p.id
"""
_RULES = """
    SELECT v.id, v.rule_id, v.number, r.code, v.starts_at, v.ends_at, v.kind, v.unit, v.points,
           v.per_amount, v.multiplier_milli, v.combine, v.stacking, v.priority, v.product_ids,
           v.category_ids, v.channel_ids, v.store_ids, v.audience_ids, v.weekdays,
           v.days_of_month, v.first_hour, v.last_hour, v.in_birthday_month, v.first_time,
           v.minimum_amount, v.cap_points, v.cap_period, v.budget_points, v.expires_after_days
    FROM rewards_earningruleversion v JOIN rewards_earningrule r ON r.id = v.rule_id
"""
_SETS = slice(14, 21)
_PROGRAMME_ACCOUNTS = "SELECT kind, unit, id FROM rewards_account WHERE member_id IS NULL"
_MAKE_STANDINGS = """
    WITH made AS (
        INSERT INTO rewards_standing (member_id, tier_id, has_purchased)
        SELECT member, first.id, false
        FROM unnest(%s::bigint[]) AS member,
             (SELECT id FROM rewards_tier ORDER BY rank LIMIT 1) AS first
        ORDER BY member
        ON CONFLICT DO NOTHING RETURNING member_id, tier_id
    )
    INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT t.audience_id, made.member_id, now() FROM made JOIN rewards_tier t ON t.id = made.tier_id
    ON CONFLICT DO NOTHING
"""
_LOCK_STANDINGS = """
    SELECT s.member_id, s.tier_id, s.tier_since_on, s.review_on, s.grace_since_on,
           s.grace_until_on, s.points_expire_on, s.settled_on, s.has_purchased,
           m.joined_at, m.birth_month
    FROM rewards_standing s JOIN members_member m ON m.id = s.member_id
    WHERE s.member_id = ANY(%s) ORDER BY s.member_id FOR UPDATE OF s
"""
_ACCOUNTS = "SELECT member_id, kind, id, balance FROM rewards_account WHERE member_id = ANY(%s)"
_LOT_COLUMNS = """
    SELECT l.member_id, l.unit, l.award_id, l.opened_at, l.original, l.release_on, l.expires_on,
           l.expires_after_days, l.counts_on, l.pending, l.available, l.held, l.id
    FROM rewards_lot l
"""
_DUE_LOTS = (
    _LOT_COLUMNS
    + """ WHERE l.member_id = ANY(%s) AND l.pending > 0 UNION ALL """
    + _LOT_COLUMNS
    + """ WHERE l.member_id = ANY(%s) AND l.unit = 'points' AND l.available > 0
          AND l.pending = 0 AND l.expires_on < %s"""
)
_OPEN_LOTS = (
    _LOT_COLUMNS
    + """ WHERE l.member_id = ANY(%s) AND l.pending > 0 UNION ALL """
    + _LOT_COLUMNS
    + """ WHERE l.member_id = ANY(%s) AND l.unit = 'points' AND l.available > 0 AND l.pending = 0"""
)
_STATUS_DAYS = """
    SELECT member_id, counts_on, sum(available)::bigint FROM rewards_lot
    WHERE member_id = ANY(%s) AND unit = 'status' AND counts_on >= %s
    GROUP BY member_id, counts_on
"""
_TIER_HISTORY = """
    SELECT member_id, effective_at, from_tier_id, to_tier_id FROM rewards_tierchange
    WHERE member_id = ANY(%s) ORDER BY effective_at, id
"""


@dataclass(slots=True)
class Ledger:
    """Books opened in the present transaction, with what it takes to write them."""

    terms: Terms
    books: dict[int, Book]
    account_ids: dict[tuple[int | None, str, str], int] = field(default_factory=dict)
    old_balances: dict[tuple[int, str], int] = field(default_factory=dict)
    used_points: dict[int, int] = field(default_factory=dict)
    extra: list[list[tuple]] = field(default_factory=list)


def list_terms_statements() -> list[tuple[str, Sequence]]:
    return [(_PROGRAMMES, []), (_RULES, [])]


def build_terms(programmes: Iterable[tuple], rules: Iterable[tuple], zone: str) -> Terms:
    """The programme's terms from the rows of ``list_terms_statements``."""
    versions = []
    for row in programmes:
        numbers, slugs = row[12], row[13]
        levels = tuple(
            Level(tier_id, slug, rank, threshold, multiplier, audience_id)
            for (tier_id, rank, threshold, multiplier, audience_id), slug in zip(
                numbers, slugs, strict=True
            )
        )
        versions.append(Programme(*row[:6], frozenset(row[6]), *row[7:12], levels))
    snapshots = [
        Rule(*row[: _SETS.start], *map(frozenset, row[_SETS]), *row[_SETS.stop :]) for row in rules
    ]
    return Terms(zone, versions, snapshots)


def load_terms() -> Terms:
    """The programme's terms, in one round trip."""
    return build_terms(*read_together(list_terms_statements()), get_club().zone)


def open_ledger(
    member_ids: Iterable[int],
    *,
    first_day: dt.date,
    last_day: dt.date,
    whole: bool = False,
    build_extra: Any = None,
) -> Ledger:
    """Lock the members' standings and load what settling between two days needs.

    ``first_day`` bounds how far back status credits are read, ``last_day`` which expiries are;
    ``whole`` loads every lot that could be spent. ``build_extra(terms)`` may add statements of
    its caller to the same round trip; their rows stand in ``Ledger.extra``. Must run inside a
    transaction; the locks last until its end. Before the club has published a programme there
    are no books.
    """
    ids = sorted(set(member_ids))
    zone = get_club().zone
    programmes, rules, accounts, _, standings = read_together(
        [
            *list_terms_statements(),
            (_PROGRAMME_ACCOUNTS, []),
            (_MAKE_STANDINGS, [ids]),
            (_LOCK_STANDINGS, [ids]),
        ]
    )
    terms = build_terms(programmes, rules, zone)
    if not terms.programmes:
        return Ledger(terms, {})
    ledger = Ledger(terms, _start_books(standings, terms))
    ledger.account_ids = {(None, kind, unit): pk for kind, unit, pk in accounts}
    lots = (_OPEN_LOTS, [ids, ids]) if whole else (_DUE_LOTS, [ids, ids, last_day])
    extra = build_extra(terms) if build_extra else []
    account_rows, lot_rows, status_rows, tier_rows, *ledger.extra = read_together(
        [
            (_ACCOUNTS, [ids]),
            lots,
            (_STATUS_DAYS, [ids, _status_horizon(terms, first_day)]),
            (_TIER_HISTORY, [ids]),
            *extra,
        ]
    )
    _fill_books(ledger, account_rows, lot_rows, status_rows, tier_rows)
    return ledger


def _start_books(standings: Iterable[tuple], terms: Terms) -> dict[int, Book]:
    books = {}
    for (
        member_id, tier_id, tier_since_on, review_on, grace_since_on, grace_until_on,
        points_expire_on, settled_on, has_purchased, joined_at, birth_month,
    ) in standings:  # fmt: skip
        books[member_id] = Book(
            member_id=member_id,
            joined_on=day_of(joined_at, terms.zone),
            tier_id=tier_id,
            birth_month=birth_month,
            tier_since_on=tier_since_on,
            review_on=review_on,
            grace_since_on=grace_since_on,
            grace_until_on=grace_until_on,
            points_expire_on=points_expire_on,
            settled_on=settled_on,
            has_purchased=has_purchased,
        )
    return books


def _fill_books(ledger, account_rows, lot_rows, status_rows, tier_rows) -> None:
    books = ledger.books
    for member_id, kind, account_id, balance in account_rows:
        ledger.account_ids[member_id, kind, _unit_of(kind)] = account_id
        ledger.old_balances[member_id, kind] = balance
        books[member_id].balances[kind] = balance
    for (
        member_id, unit, award_id, opened_at, original, release_on, expires_on,
        expires_after_days, counts_on, pending, available, held, pk,
    ) in lot_rows:  # fmt: skip
        book = books[member_id]
        lot = LotState(
            unit, award_id, opened_at, original, release_on, expires_on, expires_after_days,
            counts_on, pending, available, held, {}, pk,
        )  # fmt: skip
        book.lots.append(lot)
        book.note_due(lot)
    for member_id, counts_on, amount in status_rows:
        books[member_id].status_days[counts_on] = amount
    for member_id, effective_at, from_tier_id, to_tier_id in tier_rows:
        history = books[member_id].tier_history
        if not history:
            history.append((_EVER, from_tier_id))
        history.append((effective_at, to_tier_id))
    for book in books.values():
        if not book.tier_history:
            book.tier_history.append((_EVER, book.tier_id))


_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def _unit_of(kind: str) -> str:
    return Unit.STATUS if kind.startswith("status") else Unit.POINTS


def _status_horizon(terms: Terms, first_day: dt.date) -> dt.date:
    """The first counting day that any tier period around ``first_day`` or later can ask for."""
    months = 0
    for programme in terms.programmes:
        if programme.tier_window == TierWindow.LIFETIME:
            return dt.date.min
        months = max(months, 2 * max(programme.tier_months, 12))
    if first_day.year * 12 + first_day.month - months < 24:
        return dt.date.min
    return add_months(first_day, -months)


# --- Writing ------------------------------------------------------------------------------------

_ACCOUNT_COLUMNS = ("id", "member_id", "kind", "unit", "balance")
_AWARD_COLUMNS = (
    "id", "member_id", "purchase_id", "rule_id", "rule_version_id", "unit", "awarded_points",
    "basis_amount", "cap_trimmed_points", "budget_trimmed_points", "parts", "positions",
    "allocations", "effective_at", "recorded_at",
)  # fmt: skip
_REVERSAL_COLUMNS = (
    "id", "award_id", "purchase_return_id", "reversed_points", "pending_points",
    "own_lot_points", "lapsed_points", "other_lots_points", "owed_points", "allocations",
    "effective_at", "recorded_at",
)  # fmt: skip
_TRANSFER_COLUMNS = (
    "id", "unit", "debit_account_id", "credit_account_id", "amount", "reason", "member_id",
    "award_id", "reversal_id", "is_late", "effective_at", "recorded_at", "key",
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
    "recorded_at",
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
        has_purchased = u.has_purchased
    FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[],
                %s::date[], %s::date[], %s::boolean[])
        AS u (member_id, tier_id, tier_since_on, review_on, grace_since_on, grace_until_on,
              points_expire_on, settled_on, has_purchased)
    WHERE s.member_id = u.member_id
"""
_UPDATE_BUDGETS = """
    UPDATE rewards_earningrule r SET used_points = u.used
    FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, used) WHERE r.id = u.id
"""


def write_ledger(ledger: Ledger, *, now: dt.datetime) -> int:
    """Write everything the books hold, in two round trips; returns the rows inserted."""
    books = list(ledger.books.values())
    for book in books:
        refresh_review(book, ledger.terms)
    new_accounts = _list_new_accounts(ledger, books)
    _hand_out_ids(books, new_accounts, ledger)
    writer = RowWriter()
    _add_rows(writer, ledger, books, new_accounts, now)
    _add_updates(writer, ledger, books, {key[:2] for key in new_accounts})
    _add_news(writer, ledger, books, now)
    return writer.flush()


def _list_new_accounts(ledger: Ledger, books: list[Book]) -> list[tuple[int, str, str]]:
    return [
        (book.member_id, kind, _unit_of(kind))
        for book in books
        for kind in book.balances
        if (book.member_id, kind, _unit_of(kind)) not in ledger.account_ids
    ]


def _hand_out_ids(books: list[Book], new_accounts: list[tuple], ledger: Ledger) -> None:
    awards = [award for book in books for award in book.awards]
    reversals = [reversal for book in books for reversal in book.reversals]
    transfers = [transfer for book in books for transfer in book.transfers]
    lots = [lot for book in books for lot in book.lots if lot.id is None]
    ids = reserve_ids(
        rewards_account=len(new_accounts),
        rewards_award=len(awards),
        rewards_reversal=len(reversals),
        rewards_transfer=len(transfers),
        rewards_lot=len(lots),
    )
    for table, items in (
        ("rewards_award", awards),
        ("rewards_reversal", reversals),
        ("rewards_transfer", transfers),
    ):
        for item, pk in zip(items, ids[table], strict=True):
            item.id = pk
    ledger.account_ids.update(zip(new_accounts, ids["rewards_account"], strict=True))
    for lot, pk in zip(lots, ids["rewards_lot"], strict=True):
        lot.id = pk
        lot.is_new = True


def _add_rows(writer, ledger, books, new_accounts, now) -> None:
    accounts = ledger.account_ids
    writer.add(
        "rewards_account",
        _ACCOUNT_COLUMNS,
        [
            (accounts[key], member_id, kind, unit, ledger.books[member_id].balances[kind])
            for key in new_accounts
            for member_id, kind, unit in (key,)
        ],
    )
    writer.add(
        "rewards_award",
        _AWARD_COLUMNS,
        [
            (
                award.id, award.member_id, award.purchase_id, award.rule.rule_id, award.rule.id,
                award.rule.unit, award.awarded, award.basis, award.cap_trimmed,
                award.budget_trimmed, json.dumps(award.parts), award.positions,
                award.allocations, award.effective_at, now,
            )
            for book in books
            for award in book.awards
        ],
    )  # fmt: skip
    writer.add(
        "rewards_reversal",
        _REVERSAL_COLUMNS,
        [
            (
                draft.id, _id_of(draft.award.source), draft.return_id, draft.reversed,
                draft.pending, draft.own_lot, draft.lapsed, draft.other_lots, draft.owed,
                draft.allocations, draft.effective_at, now,
            )
            for book in books
            for draft in book.reversals
        ],
    )  # fmt: skip
    writer.add(
        "rewards_transfer",
        _TRANSFER_COLUMNS,
        [
            (
                draft.id,
                draft.unit,
                _account_id(accounts, book.member_id, draft.debit, draft.unit),
                _account_id(
                    accounts, draft.credit_member_id or book.member_id, draft.credit, draft.unit
                ),
                draft.amount,
                draft.reason,
                book.member_id,
                _id_of(draft.award),
                _id_of(draft.reversal),
                draft.is_late,
                draft.effective_at,
                now,
                draft.full_key,
            )
            for book in books
            for draft in book.transfers
        ],
    )
    writer.add(
        "rewards_lot",
        _LOT_INSERT_COLUMNS,
        [
            (
                lot.id, book.member_id, lot.unit, _id_of(lot.award), lot.opened_at,
                lot.release_on, lot.expires_on, lot.expires_after_days, lot.counts_on,
                lot.original, lot.pending, lot.available, lot.held,
            )
            for book in books
            for lot in book.lots
            if lot.is_new
        ],
    )  # fmt: skip
    writer.add(
        "rewards_lotmove",
        _MOVE_COLUMNS,
        [
            (
                move.lot.id, move.transfer.id if move.transfer else None, move.decision_id,
                move.kind, move.amount, move.source, move.target, move.expires_on,
            )
            for book in books
            for move in book.moves
        ],
    )  # fmt: skip
    writer.add(
        "rewards_tierchange",
        _TIER_COLUMNS,
        [
            (
                book.member_id, step.from_tier_id, step.to_tier_id, step.reason,
                step.status_credits, step.effective_at, now,
            )
            for book in books
            for step in book.tier_steps
        ],
    )  # fmt: skip


def _add_updates(writer, ledger, books, fresh: set[tuple[int, str]]) -> None:
    balances = sorted(
        (ledger.account_ids[book.member_id, kind, _unit_of(kind)], balance)
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
            book.has_purchased,
        )
        for book in books
        if book.standing_dirty
    ]  # fmt: skip
    if standings:
        writer.execute(_UPDATE_STANDINGS, _columns(standings))
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
        if book.tier_steps:
            first, last = book.tier_steps[0].from_tier_id, book.tier_id
            if first != last and first in audiences:
                moves.append(AudienceMove(audiences[first], book.member_id, is_added=False))
            moves.append(AudienceMove(audiences[last], book.member_id))
    if moves:
        move_members(writer, moves, now=now)
    add_notices(
        [
            NoticeRow(book.member_id, notice.code, notice.effective_at, notice.key, notice.params)
            for book in books
            for notice in book.notices
            if now - notice.effective_at < FRESHNESS
        ],
        now=now,
        writer=writer,
    )


def _columns(rows: Sequence[tuple]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


def _id_of(item: Any) -> int | None:
    return item if item is None or isinstance(item, int) else _id_of(item.id)


def _account_id(accounts: dict, member_id: int, kind: str, unit: str) -> int:
    return accounts[member_id if kind in MEMBER_KINDS else None, kind, unit]
