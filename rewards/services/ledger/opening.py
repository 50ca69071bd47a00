"""Locking members and loading what their books need."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.bulk import Values, read_together, write_array
from core.time import day_of
from members.enums import MemberStatus
from rewards.engine.book import Book, LotState, charity_account, read_promises
from rewards.engine.giving import Share
from rewards.engine.terms import Terms
from rewards.enums import ExpiryMode, Unit
from rewards.services.ledger.terms import STAMP, get_known_terms, read_known_terms

# With the last day that was closed, and whether another system wants to be told anything at all.
_STATE = f"""
    {STAMP},
           (SELECT max(day_on) FROM rewards_dayclose),
           EXISTS (SELECT FROM rewards_webhookendpoint WHERE disabled_at IS NULL)
"""


class _AboutMembers:
    """A statement whose text says ``{members}`` where it names them.

    Of one alone it asks by the number: what asks for an array is planned anew each time.
    """

    def __init__(self, text: str):
        self.of_one = text.format(members="= %s")
        self.of_many = text.format(members="= ANY(%s)")


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
    SELECT t.audience_id, made.member_id, now()
    FROM made JOIN rewards_tier t ON t.id = made.tier_id
    JOIN members_member m ON m.id = made.member_id AND m.status = 'active'
    ON CONFLICT DO NOTHING
"""
# The member's row comes first, as for erasures and merges; its rows that refer to it would lock it
# at the commit anyway. Locked, it is read as it stands now.
_LOCK_STANDINGS = _AboutMembers("""
    SELECT s.member_id, s.tier_id, s.tier_since_on, s.review_on, s.grace_since_on,
           s.grace_until_on, s.points_expire_on, s.settled_on, s.has_purchased,
           m.joined_at, m.birth_month, m.status, s.kept_tiers::text
    FROM rewards_standing s JOIN members_member m ON m.id = s.member_id
    WHERE s.member_id {members} ORDER BY s.member_id FOR KEY SHARE OF m FOR UPDATE OF s
""")
_LOCK_ALONE = """
    SELECT s.member_id FROM rewards_standing s JOIN members_member m ON m.id = s.member_id
    WHERE s.member_id = ANY(%s) ORDER BY s.member_id FOR KEY SHARE OF m FOR UPDATE OF s
"""
_ACCOUNTS = _AboutMembers(
    "SELECT member_id, kind, id, balance FROM rewards_account WHERE member_id {members}"
)
_LOT_COLUMNS = """
    SELECT l.member_id, l.unit, l.award_id, l.opened_at, l.original, l.release_on, l.expires_on,
           l.expires_after_days, l.counts_on, l.pending, l.available, l.held, l.id
    FROM rewards_lot l
"""
_OPEN_LOTS_TEXT = f"""
    {_LOT_COLUMNS} WHERE l.member_id {{members}} AND l.pending > 0
    UNION ALL
    {_LOT_COLUMNS} WHERE l.member_id {{members}} AND l.unit = 'points' AND l.available > 0
          AND l.pending = 0
"""
_OPEN_LOTS = _AboutMembers(_OPEN_LOTS_TEXT)
_DUE_LOTS = _AboutMembers(
    f"{_OPEN_LOTS_TEXT} AND (l.expires_on < %s OR (%s AND l.expires_on IS NULL))"
)
# As far back as the oldest review that may have to be made up asks for; without months, all.
_STATUS_DAYS = _AboutMembers("""
    SELECT l.member_id, l.counts_on, sum(l.available)::bigint
    FROM rewards_standing s JOIN rewards_lot l ON l.member_id = s.member_id
    WHERE s.member_id {members} AND l.unit = 'status'
      AND l.counts_on >= coalesce(
          least(s.settled_on, s.review_on, %s) - make_interval(months => %s), '-infinity')
    GROUP BY l.member_id, l.counts_on
""")
_TIER_HISTORY = _AboutMembers("""
    SELECT member_id, effective_at, from_tier_id, to_tier_id FROM rewards_tierchange
    WHERE member_id {members} ORDER BY effective_at, id
""")
# What stands of standing donations, with the charity's account; most members have none.
_SHARES = _AboutMembers("""
    SELECT s.member_id, s.id, s.share_percent, s.appeal_id, a.charity_id,
           greatest(s.started_at, a.starts_at), least(a.ends_at, c.retired_at), k.id
    FROM rewards_standingdonation s
    JOIN rewards_appeal a ON a.id = s.appeal_id AND a.published_at IS NOT NULL
    JOIN rewards_charity c ON c.id = a.charity_id
    JOIN rewards_account k ON k.charity_id = c.id AND k.unit = 'points'
    WHERE s.member_id {members} AND s.ended_at IS NULL ORDER BY s.id
""")


@dataclass(slots=True)
class Ledger:
    """Books opened in the present transaction, with what it takes to write them."""

    terms: Terms
    books: dict[int, Book]
    account_ids: dict[tuple[int | None, str, str], int] = field(default_factory=dict)
    old_balances: dict[tuple[int, str], int] = field(default_factory=dict)
    used_points: dict[int, int] = field(default_factory=dict)
    has_listeners: bool = True  # addresses of other systems
    spare_ids: dict[str, list[int]] = field(default_factory=dict)  # by table, used first
    extra: list[list[tuple]] = field(default_factory=list)


def open_ledger(
    member_ids: Iterable[int],
    *,
    first_day: dt.date,
    last_day: dt.date,
    whole: bool = False,
    build_extra: Callable[[Terms], Sequence[tuple[str, Values]]] | None = None,
) -> Ledger:
    """Lock the members' standings and load what settling between two days needs.

    ``first_day`` bounds how far back status credits are read, ``last_day`` which expiries are;
    ``whole`` loads every lot that could be spent. ``build_extra(terms)`` may add statements of
    its caller to the same round trip; their rows stand in ``Ledger.extra``. Must run inside a
    transaction; the locks last until its end. Before the club has published a programme there
    are no books.
    """
    wanted = sorted(set(member_ids))
    is_one = len(wanted) == 1
    ids: Any = wanted[0] if is_one else write_array(wanted)

    def ask(statement: _AboutMembers, *values: Any) -> tuple[str, Values]:
        return statement.of_one if is_one else statement.of_many, [ids, *values]

    def list_state(terms: Terms) -> list[tuple[str, Values]]:
        return [
            ask(_ACCOUNTS),
            ask(_OPEN_LOTS, ids) if whole else ask(_DUE_LOTS, ids, last_day, _is_sliding(terms)),
            ask(_STATUS_DAYS, first_day, terms.count_status_months()),
            ask(_TIER_HISTORY),
            ask(_SHARES),
            *(build_extra(terms) if build_extra else ()),
        ]

    # The state is asked for together with the locks, by the terms that this process knows;
    # where they have changed since, it is asked for again.
    known = get_known_terms()
    ((*marks, closed_on, has_listeners),), standings, *state = read_together(
        [
            (_STATE, []),
            ask(_LOCK_STANDINGS),
            *(list_state(known.terms) if known else ()),
        ]
    )
    if len(standings) < len(wanted):  # somebody's first points
        _, standings, *state = read_together(
            [
                (_MAKE_STANDINGS, [write_array(wanted)]),
                ask(_LOCK_STANDINGS),
                *(list_state(known.terms) if known else ()),
            ]
        )
    stamp = tuple(marks)
    if known is None or known.stamp != stamp:
        known = read_known_terms(stamp)
        state = read_together(list_state(known.terms))
    ledger = Ledger(known.terms, {}, has_listeners=has_listeners)
    if not known.terms.programmes:
        return ledger
    ledger.books = _start_books(standings, known.terms, closed_on)
    ledger.account_ids = {(None, kind, unit): pk for (kind, unit), pk in known.account_ids.items()}
    account_rows, lot_rows, status_rows, tier_rows, share_rows, *ledger.extra = state
    _fill_books(ledger, account_rows, lot_rows, status_rows, tier_rows)
    for member_id, *values, account_id in share_rows:
        share = Share(*values)
        ledger.books[member_id].shares.append(share)
        ledger.account_ids[None, charity_account(share.charity_id), Unit.POINTS] = account_id
    return ledger


def _start_books(
    standings: Iterable[tuple], terms: Terms, closed_on: dt.date | None
) -> dict[int, Book]:
    books = {}
    for (
        member_id, tier_id, tier_since_on, review_on, grace_since_on, grace_until_on,
        points_expire_on, settled_on, has_purchased, joined_at, birth_month, status,
        kept_tiers,
    ) in standings:  # fmt: skip
        books[member_id] = Book(
            member_id=member_id,
            joined_on=day_of(joined_at, terms.zone),
            tier_id=tier_id,
            birth_month=birth_month,
            is_active=status == MemberStatus.ACTIVE,
            tier_since_on=tier_since_on,
            review_on=review_on,
            grace_since_on=grace_since_on,
            grace_until_on=grace_until_on,
            kept_tiers=read_promises(kept_tiers),
            points_expire_on=points_expire_on,
            settled_on=settled_on,
            closed_on=closed_on,
            has_purchased=has_purchased,
        )
    return books


def _fill_books(ledger, account_rows, lot_rows, status_rows, tier_rows) -> None:
    books = ledger.books
    for member_id, kind, account_id, balance in account_rows:
        ledger.account_ids[member_id, kind, unit_of(kind)] = account_id
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


def unit_of(kind: str) -> str:
    """The unit of a member's account."""
    if kind.startswith("status"):
        return Unit.STATUS
    return Unit.MONEY if kind.startswith("credit") else Unit.POINTS


def _is_sliding(terms: Terms) -> bool:
    return any(each.expiry_mode == ExpiryMode.INACTIVITY for each in terms.programmes)


def lock_standings(member_ids: Iterable[int]) -> set[int]:
    """Lock members' standings in their order, as ``open_ledger`` does, without reading books.

    For what belongs to members beside their points. Makes the standings that are missing; before
    the club has tiers there are none.
    """
    ids = sorted(set(member_ids))
    (locked,) = read_together([(_LOCK_ALONE, [ids])])
    if len(locked) < len(ids):
        _, locked = read_together([(_MAKE_STANDINGS, [ids]), (_LOCK_ALONE, [ids])])
    return {member_id for (member_id,) in locked}
