"""Writing what books and cards have become, and giving what full cards have won."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.bulk import RowWriter, read_together, reserve_ids
from members.services.notices import NoticeRow, add_notices
from rewards.engine.stamps import BookState, CardState
from rewards.enums import SpinSource
from rewards.models.stamps import CARD_CAUSE
from rewards.services.challenges.terms import VersionTerms
from rewards.services.entitlements import withdraw_entitlements, withdraw_spins
from rewards.services.ledger import write_ledger
from rewards.services.ledger.writing import FRESHNESS
from rewards.services.prizes import Won, add_prizes
from rewards.services.settlement import open_settled_ledger

NOTICE = "stamp_card_full"
_AT_ONCE = 500  # winners whose points are opened together
_CARDS = """
    SELECT book_id, round, version_id, target, stamp_count, begun_at, filled_at, is_paid,
           prize_count, id
    FROM rewards_stampcard WHERE book_id = ANY(%s) ORDER BY book_id, round
"""
_OWNERS = """
    SELECT b.id, b.member_id FROM rewards_stampbook b
    JOIN members_member m ON m.id = b.member_id
    WHERE b.id = ANY(%s) AND m.status = 'active' ORDER BY b.member_id
"""
_CARD_COLUMNS = (
    "id", "book_id", "round", "version_id", "target", "stamp_count", "begun_at", "filled_at",
    "is_paid", "prize_count",
)  # fmt: skip
_UPDATE_CARDS = """
    UPDATE rewards_stampcard c
    SET version_id = u.version_id, target = u.target, stamp_count = u.stamp_count,
        begun_at = u.begun_at, filled_at = u.filled_at, is_paid = u.is_paid,
        prize_count = u.prize_count
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                %s::timestamptz[], %s::boolean[], %s::int[])
        AS u (id, version_id, target, stamp_count, begun_at, filled_at, is_paid, prize_count)
    WHERE c.id = u.id
"""
_UPDATE_TOTALS = """
    UPDATE rewards_stampbook b SET total = u.total
    FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, total)
    WHERE b.id = u.id AND b.total <> u.total
"""


@dataclass(slots=True)
class Change:
    """One book as it has become, with the time of the last thing that changed it."""

    book_id: int
    challenge_id: int
    book: BookState
    last_at: dt.datetime | None


def read_cards(book_ids: Iterable[int]) -> dict[int, list[CardState]]:
    (rows,) = read_together([(_CARDS, [list(book_ids)])])
    found: dict[int, list[CardState]] = defaultdict(list)
    for book_id, number, version_id, target, count, begun_at, filled_at, is_paid, times, pk in rows:
        card = CardState(
            number, version_id, target, count, begun_at, filled_at, is_paid, times, pk
        )  # fmt: skip
        found[book_id].append(card)
    return found


def settle_cards(
    changes: Sequence[Change], versions: dict[int, VersionTerms], *, now: dt.datetime
) -> None:
    """Write books and cards; take unused rewards of shaken cards back, pay full ones.

    Under the locks of the members' standings.
    """
    _withdraw(changes, now)
    won = [(change, card) for change in changes for card in change.book.list_won()]
    owners = _read_owners({change.book_id for change, _card in won})
    won = [(change, card) for change, card in won if change.book_id in owners]
    for _change, card in won:
        card.is_paid, card.is_changed = True, True
        card.prize_count += 1
    writer = RowWriter()
    _add_rows(writer, changes)
    _tell(writer, won, owners, now)
    prizes = [
        (owners[change.book_id], card, versions[card.version_id].prize) for change, card in won
    ]
    if not prizes:
        writer.flush()
        return
    for start in range(0, len(prizes), _AT_ONCE):
        _pay(writer, prizes[start : start + _AT_ONCE], now)


def _withdraw(changes: Sequence[Change], now: dt.datetime) -> None:
    """A reward or spins that nobody took yet go back with the stamp; what was used, or has
    become points, stays: its card fills up again without another prize.
    """
    shaken = {
        card.id: card for change in changes for card in change.book.list_shaken() if card.id
    }  # fmt: skip
    if not shaken:
        return
    back = withdraw_entitlements(CARD_CAUSE, shaken, now=now)
    for card_id in back | withdraw_spins(CARD_CAUSE, shaken, now=now):
        shaken[card_id].is_paid = False
        shaken[card_id].is_changed = True


def _read_owners(book_ids: set[int]) -> dict[int, int]:
    if not book_ids:
        return {}
    (rows,) = read_together([(_OWNERS, [sorted(book_ids)])])
    return dict(rows)


def _add_rows(writer: RowWriter, changes: Sequence[Change]) -> None:
    new = [(change, card) for change in changes for card in change.book.cards if card.is_new]
    ids = reserve_ids(rewards_stampcard=len(new))["rewards_stampcard"]
    for (_change, card), pk in zip(new, ids, strict=True):
        card.id = pk
    writer.add(
        "rewards_stampcard",
        _CARD_COLUMNS,
        [
            (card.id, change.book_id, card.round, card.version_id, card.target, card.count,
             card.begun_at, card.filled_at, card.is_paid, card.prize_count)
            for change, card in new
        ],
    )  # fmt: skip
    changed = [
        (card.id, card.version_id, card.target, card.count, card.begun_at, card.filled_at,
         card.is_paid, card.prize_count)
        for change in changes
        for card in change.book.cards
        if card.is_changed and not card.is_new
    ]  # fmt: skip
    if changed:
        writer.execute(_UPDATE_CARDS, [list(column) for column in zip(*changed, strict=True)])
    totals = [(change.book_id, change.book.total) for change in changes]
    writer.execute(_UPDATE_TOTALS, [list(column) for column in zip(*totals, strict=True)])


def _pay(writer: RowWriter, prizes: list[tuple], now: dt.datetime) -> None:
    ledger = open_settled_ledger([member_id for member_id, _card, _prize in prizes], now=now)
    won = [
        Won(member_id, prize, (CARD_CAUSE, card.id), f"{CARD_CAUSE}:{card.id}:{card.prize_count}")
        for member_id, card, prize in prizes
    ]
    add_prizes(ledger, writer, won, source=SpinSource.RULE, now=now)
    write_ledger(ledger, now=now, writer=writer)
    writer.flush()


def _tell(
    writer: RowWriter, won: Sequence[tuple[Change, CardState]], owners: dict[int, int],
    now: dt.datetime,
) -> None:  # fmt: skip
    """Old history is no news: its prizes are there, but nobody is told."""
    notices = [
        NoticeRow(
            owners[change.book_id], NOTICE, card.filled_at or now,
            f"{CARD_CAUSE}:{card.id}:{card.prize_count}", {"challenge": change.challenge_id},
        )
        for change, card in won
        if now - (card.filled_at or now) < FRESHNESS
    ]  # fmt: skip
    add_notices(notices, now=now, writer=writer)
