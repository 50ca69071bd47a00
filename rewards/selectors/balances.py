"""What a member has as of now, worked out without writing (docs/points.md 11).

The numbers are those that ``rewards.services.settlement.settle_members`` would write: the same
engine settles a book in memory here and under locks there; the tests compare the two.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.bulk import read_together
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.engine.book import Book, LotState, read_promises
from rewards.engine.giving import Share
from rewards.engine.settling import settle
from rewards.engine.terms import Programme
from rewards.enums import AccountKind, Unit
from rewards.selectors.programme import (
    STAMP,
    Ladder,
    ShownTier,
    get_ladder,
    keep_ladder,
    load_ladder,
)

DAYS_SHOWN = 6  # of future releases and expiries

# One statement. Lots that are due come whole, all others as sums by day.
_BOOKS = f"""
SELECT s.tier_id, s.tier_since_on, s.review_on, s.grace_since_on, s.grace_until_on,
       s.points_expire_on, s.settled_on, s.has_purchased,
  (SELECT jsonb_object_agg(kind, balance) FROM rewards_account WHERE member_id = m.id),
  (SELECT jsonb_agg(jsonb_build_array(
              unit, award_id, opened_at, original, release_on, expires_on, expires_after_days,
              counts_on, pending, available, held, id))
     FROM rewards_lot
    WHERE member_id = m.id
      AND ((pending > 0 AND release_on <= %(today)s)
        OR (unit = 'points' AND available > 0 AND expires_on < %(today)s)
        OR (unit = 'points' AND available > 0 AND expires_on IS NULL
            AND s.points_expire_on < %(today)s))),
  (SELECT jsonb_agg(jsonb_build_array(release_on, points)) FROM (
     SELECT release_on, sum(pending) AS points FROM rewards_lot
      WHERE member_id = m.id AND pending > 0 AND unit = 'points' AND release_on > %(today)s
      GROUP BY release_on ORDER BY release_on LIMIT %(days)s) AS releases),
  (SELECT jsonb_agg(jsonb_build_array(expires_on, points)) FROM (
     SELECT expires_on, sum(available) AS points FROM rewards_lot
      WHERE member_id = m.id AND unit = 'points' AND available > 0 AND expires_on >= %(today)s
      GROUP BY expires_on ORDER BY expires_on LIMIT %(days)s) AS expiries),
  (SELECT coalesce(sum(available), 0)::bigint FROM rewards_lot
    WHERE member_id = m.id AND unit = 'points' AND available > 0 AND expires_on IS NULL),
  (SELECT jsonb_object_agg(counts_on, credits) FROM (
     SELECT counts_on, sum(available) AS credits FROM rewards_lot
      WHERE member_id = m.id AND unit = 'status'
        AND counts_on >= coalesce(
            least(s.settled_on, s.review_on, %(today)s) - make_interval(months => %(months)s),
            '-infinity')
      GROUP BY counts_on) AS days),
  s.kept_tiers::text,
  (SELECT jsonb_agg(jsonb_build_array(
              d.id, d.share_percent, d.appeal_id, a.charity_id,
              greatest(d.started_at, a.starts_at), least(a.ends_at, c.retired_at)) ORDER BY d.id)
     FROM rewards_standingdonation d
     JOIN rewards_appeal a ON a.id = d.appeal_id AND a.published_at IS NOT NULL
     JOIN rewards_charity c ON c.id = a.charity_id
    WHERE d.member_id = m.id AND d.ended_at IS NULL),
  {STAMP}
FROM members_member m LEFT JOIN rewards_standing s ON s.member_id = m.id
WHERE """
_BOOK = f"{_BOOKS} m.id = %(member)s"
_MANY = _BOOKS.replace("SELECT s.tier_id", "SELECT m.id, s.tier_id", 1) + "m.id = ANY(%(members)s)"


@dataclass(frozen=True, slots=True)
class Balances:
    """A member's points as of ``today``. ``book`` is settled in memory; ``programme`` and
    ``tiers`` (lowest first) are None and empty before the first programme is published.
    """

    today: dt.date
    available: int = 0
    pending: int = 0
    held: int = 0
    owed: int = 0
    releases: tuple[tuple[dt.date, int], ...] = ()
    expiries: tuple[tuple[dt.date, int], ...] = ()
    book: Book | None = None
    programme: Programme | None = None
    tiers: tuple[ShownTier, ...] = field(default=())
    stamp: str = ""

    @property
    def credit_amount(self) -> int:
        """Store credit to pay with, in minor units: given or refunded, and not reserved."""
        kinds = (AccountKind.CREDIT_GRANTED, AccountKind.CREDIT_REFUNDED)
        return sum(self.book.balance(kind) for kind in kinds) if self.book else 0

    @property
    def held_credit_amount(self) -> int:
        """Store credit that is reserved for a bill."""
        return self.book.balance(AccountKind.CREDIT_HELD) if self.book else 0


def get_balances(member: Member, *, now: dt.datetime) -> Balances:
    """Balances, coming releases and expiries, and the standing, in one query; two where the
    programme isn't known yet or has changed.
    """
    zone = get_club().zone
    today = day_of(now, zone)
    ladder = get_ladder(zone)
    row = _read_row(member, today, ladder)
    if ladder.stamp and ladder.stamp != row[-1]:
        ladder = load_ladder(zone)
        row = _read_row(member, today, ladder)
    if not ladder.stamp:
        keep_ladder(zone, ladder, row[-1])
    return _settle(member, row, ladder, today)


def list_balances(members: Sequence[Member], *, now: dt.datetime) -> dict[int, Balances]:
    """The same for many members by their ids, in as many queries."""
    if not members:
        return {}
    zone = get_club().zone
    today = day_of(now, zone)
    ladder = get_ladder(zone)
    rows = _read_rows(members, today, ladder)
    if ladder.stamp and ladder.stamp != rows[0][-1]:
        ladder = load_ladder(zone)
        rows = _read_rows(members, today, ladder)
    if not ladder.stamp:
        keep_ladder(zone, ladder, rows[0][-1])
    by_id = {member.pk: member for member in members}
    return {row[0]: _settle(by_id[row[0]], row[1:], ladder, today) for row in rows}


def _settle(member: Member, row: tuple, ladder: Ladder, today: dt.date) -> Balances:
    """What the row says, brought to the day in memory."""
    if ladder.terms is None:
        return Balances(today, stamp=row[-1])
    zone = get_club().zone
    programme = ladder.terms.programme_on(today)
    book = _build_book(member, row, programme, zone)
    waiting = {id(lot) for lot in book.lots if lot.pending}
    settle(book, today, ladder.terms)
    released = [lot for lot in book.lots if id(lot) in waiting and lot.unit == Unit.POINTS]
    return Balances(
        today=today,
        available=book.balance(AccountKind.AVAILABLE),
        pending=book.balance(AccountKind.PENDING),
        held=book.balance(AccountKind.HELD),
        owed=book.balance(AccountKind.OWED),
        releases=tuple(_read_days(row[10])),
        expiries=_list_expiries(row, book, released),
        book=book,
        programme=programme,
        tiers=ladder.shown[programme.id],
        stamp=row[-1],
    )


def _read_row(member: Member, today: dt.date, ladder: Ladder) -> tuple:
    params = {"member": member.pk, **_build_params(today, ladder)}
    ((row,),) = read_together([(_BOOK, params)])  # planned once per connection
    return row


def _read_rows(members: Sequence[Member], today: dt.date, ladder: Ladder) -> list[tuple]:
    params = {"members": [each.pk for each in members], **_build_params(today, ladder)}
    (rows,) = read_together([(_MANY, params)])
    return list(rows)


def _build_params(today: dt.date, ladder: Ladder) -> dict[str, Any]:
    months = ladder.terms.count_status_months() if ladder.terms else 0
    return {"today": today, "days": DAYS_SHOWN, "months": months}


def _build_book(member: Member, row: tuple, programme: Programme, zone: str) -> Book:
    """The book that ``rewards.services.ledger.open_ledger`` builds, without its locks."""
    book = Book(
        member_id=member.pk,
        joined_on=day_of(member.joined_at, zone),
        tier_id=row[0] or programme.levels[0].tier_id,
        birth_month=member.birth_month,
        tier_since_on=row[1],
        review_on=row[2],
        grace_since_on=row[3],
        grace_until_on=row[4],
        kept_tiers=read_promises(row[14]),
        points_expire_on=row[5],
        settled_on=row[6],
        has_purchased=bool(row[7]),
        balances=_read(row[8]) or {},
        status_days={
            dt.date.fromisoformat(day): credits for day, credits in (_read(row[13]) or {}).items()
        },
    )
    for *values, starts_at, ends_at in _read(row[15]) or ():
        share: list[Any] = [*values, _read_moment(starts_at), _read_moment(ends_at)]
        book.shares.append(Share(*share))
    for values in _read(row[9]) or ():
        unit, award, opened_at, original, release_on, expires_on, days, counts_on, *rest = values
        pending, available, held, pk = rest
        lot = LotState(
            unit=unit,
            award=award,
            opened_at=dt.datetime.fromisoformat(opened_at),
            original=original,
            release_on=_read_day(release_on),
            expires_on=_read_day(expires_on),
            expires_after_days=days,
            counts_on=_read_day(counts_on),
            pending=pending,
            available=available,
            held=held,
            id=pk,
        )
        book.lots.append(lot)
        book.note_due(lot)
    return book


def _list_expiries(row: tuple, book: Book, released: list[LotState]):
    days = dict(_read_days(row[11]))
    sliding = row[12] if book.points_expire_on else 0
    for lot in released:
        if lot.expires_on is not None and lot.available:
            days[lot.expires_on] = days.get(lot.expires_on, 0) + lot.available
        elif lot.available:
            sliding += lot.available
    if book.points_expire_on and sliding:
        day = book.points_expire_on
        days[day] = days.get(day, 0) + sliding
    return tuple(sorted(days.items())[:DAYS_SHOWN])


def _read(value: Any) -> Any:
    """JSON as psycopg hands it over: parsed, or text where Django's own loader is off."""
    return json.loads(value) if isinstance(value, str) else value


def _read_moment(value: str | None) -> Any:
    return None if value is None else dt.datetime.fromisoformat(value)


def _read_day(value: str | None) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(value)


def _read_days(value: Any) -> list[tuple[dt.date, int]]:
    return [(dt.date.fromisoformat(day), points) for day, points in _read(value) or ()]
