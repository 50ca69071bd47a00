"""From activities to stamps, cards and prizes: the consumer of the activity stream.

One batch, of one purchase or of a million, is one transaction: members are locked in their order,
stamps are written and taken back set by set, and what fills up is paid (docs/challenges.md).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction

from core.bulk import read_together
from members.models import Activity, ActivityBatch
from members.selectors.club import get_club
from rewards.engine.stamps import BookState, Event, replay
from rewards.enums import ChallengeMeasure
from rewards.services.challenges.cards import Change, read_cards, settle_cards
from rewards.services.challenges.matching import (
    BUYERS,
    DOERS,
    OWNERS,
    TAKE_BACK,
    build_gain,
    is_bought,
)
from rewards.services.challenges.terms import VersionTerms, list_inside, load_versions
from rewards.services.ledger import lock_standings

PURCHASE_KINDS = ("purchase", "amendment")
_MANY = 10_000  # activities in one batch, as a file of history has them
_STAMPED = """
    SELECT book_id, version_id, amount, effective_at, key FROM rewards_stamp
    WHERE book_id = ANY(%s) AND id >= %s ORDER BY effective_at, id
"""
_STANDING_KEYS = """
    SELECT coalesce(b.merged_into_id, b.id), s.key,
           coalesce(sum(s.amount) FILTER (WHERE s.id < %s), 0) > 0
    FROM rewards_stampbook b JOIN rewards_stamp s ON s.book_id = b.id
    WHERE coalesce(b.merged_into_id, b.id) = ANY(%s) AND s.key <> ''
    GROUP BY 1, 2
"""
# Different ones: a key counts while any stamp of it stands; what staff gave counts by number.
COUNT_DISTINCT = """
    SELECT root, (count(*) FILTER (WHERE key <> '' AND amount > 0)
                  + coalesce(sum(amount) FILTER (WHERE key = ''), 0))::bigint
    FROM (
        SELECT coalesce(b.merged_into_id, b.id) AS root, s.key, sum(s.amount) AS amount
        FROM rewards_stampbook b JOIN rewards_stamp s ON s.book_id = b.id
        WHERE b.id = ANY(%(books)s) OR b.merged_into_id = ANY(%(books)s)
        GROUP BY 1, 2
    ) AS keys GROUP BY root
"""


class OwnerMoved(Exception):
    """A purchase changed hands between looking and locking: the batch waits a minute."""


@dataclass(slots=True)
class _Touched:
    """What a batch did to one book, before its cards know."""

    version: VersionTerms
    total: int | None = None  # as the database has it by now; None where nothing was written yet
    gained: int = 0
    first_stamp_id: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    events: list[Event] = field(default_factory=list)  # what was taken back


@transaction.atomic
def count_batch(batch_id: int, now: dt.datetime) -> None:
    """Count one batch of activities for all challenges; once, however often it runs."""
    versions = load_versions()
    if not versions:
        return
    batch = ActivityBatch.objects.get(pk=batch_id)
    if batch.activity_count > _MANY:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64MB'")  # rather than sorting on the disk
            # Counted again right after a great import, it would look for stamps by the statistics
            # of an empty table.
            cursor.execute("ANALYZE rewards_stamp")
    is_purchases = batch.kind in PURCHASE_KINDS
    values = {"batch": batch_id, "now": now}
    takes_back = is_purchases and _may_take_back(batch)
    reader = DOERS if not is_purchases else OWNERS if takes_back else BUYERS
    member_ids, first_at, last_at = _read_owners(reader, values)
    if not member_ids:
        return
    locked = lock_standings(member_ids)
    touched: dict[int, _Touched] = {}
    if takes_back:
        _take_back(values, versions, touched, locked)
    zone = get_club().zone
    for version in versions.values():
        if is_bought(version) == is_purchases and version.overlaps(first_at, last_at):
            statement = build_gain(
                version, batch_id=batch_id, is_amended=batch.kind == "amendment",
                category_ids=list_inside(version.category_ids), zone=zone, now=now,
            )  # fmt: skip
            _gain(statement, version, touched, locked)
    if touched:
        settle_cards(_fold(touched, versions), versions, now=now)


def _read_owners(sql: str, values: dict) -> tuple[list[int], dt.datetime, dt.datetime]:
    ((rows),) = read_together([(sql, values)])
    member_ids, first_at, last_at = rows[0]
    return member_ids or [], first_at, last_at


def _may_take_back(batch: ActivityBatch) -> bool:
    """Only what came back, or was changed, can give less than was stamped for it."""
    if batch.kind != "purchase":
        return True
    return Activity.objects.filter(batch=batch, subject_type="purchases.return").exists()


def _take_back(
    values: dict, versions: dict[int, VersionTerms], touched: dict, locked: set[int]
) -> None:
    (rows,) = read_together([(TAKE_BACK, values)])
    for book_id, member_id, version_id, amount, at in rows:
        if member_id not in locked:
            raise OwnerMoved
        entry = touched.setdefault(book_id, _Touched(versions[version_id]))
        entry.events.append(Event(at, version_id, amount))


def _gain(
    statement: tuple[str, dict], version: VersionTerms, touched: dict[int, _Touched],
    locked: set[int],
) -> None:  # fmt: skip
    (rows,) = read_together([statement])
    for book_id, member_id, total, amount, stamp_id, first_at, last_at in rows:
        if member_id not in locked:
            raise OwnerMoved
        entry = touched.setdefault(book_id, _Touched(version))
        # Under an older version too, in the same batch: then both are looked at one by one.
        entry.first_stamp_id = min(entry.first_stamp_id or stamp_id, stamp_id)
        entry.first_at = min(entry.first_at or first_at, first_at)
        entry.last_at = max(entry.last_at or last_at, last_at)
        entry.gained += amount
        entry.total, entry.version = total, version


def _fold(touched: dict[int, _Touched], versions: dict[int, VersionTerms]) -> list[Change]:
    """Each book with its cards as they are now."""
    cards = read_cards(touched)
    terms = {version.id: version.cards for version in versions.values()}
    distinct = [
        book_id
        for book_id, entry in touched.items()
        if entry.version.measure == ChallengeMeasure.DISTINCT
    ]
    counted = _count_distinct(distinct)
    totals = _read_totals([pk for pk, entry in touched.items() if entry.total is None])
    changes, closer = [], []
    for book_id, entry in touched.items():
        before = totals[book_id] if entry.total is None else entry.total
        is_distinct = book_id in counted
        if not is_distinct and entry.total is not None:
            before -= entry.gained
        book = BookState(before, cards.get(book_id, []))
        if is_distinct or entry.events or not book.fits(entry.gained, entry.version.cards):
            closer.append((book_id, entry, before))
            continue
        if entry.first_at is not None:  # something was stamped, as nothing was taken back
            book.apply(Event(entry.first_at, entry.version.id, entry.gained), terms)
        changes.append(Change(book_id, entry.version.challenge_id, book, entry.last_at))
    gains = _list_gains(closer, set(distinct))
    for book_id, entry, before in closer:
        events = [*entry.events, *gains.get(book_id, [])]
        if book_id in counted:
            events = _rectify(gains.get(book_id, []), counted[book_id] - before, entry)
        book = replay(before, cards.get(book_id, []), events, terms)
        last_at = max(event.at for event in events) if events else entry.last_at
        changes.append(Change(book_id, entry.version.challenge_id, book, last_at))
    return changes


def _rectify(gains: list[Event], difference: int, entry: _Touched) -> list[Event]:
    """Different ones: what is not explained by new keys, returns took away."""
    missing = difference - sum(event.amount for event in gains)
    if not missing:
        return gains
    moments = [event.at for event in entry.events] + ([entry.last_at] if entry.last_at else [])
    return [*gains, Event(max(moments), entry.version.id, missing)]


def _list_gains(closer: list, distinct: set[int]) -> dict[int, list[Event]]:
    """The single stamps of this batch, for books in which a card fills up or begins."""
    gained = [(pk, entry) for pk, entry, _before in closer if entry.first_stamp_id]
    if not gained:
        return {}
    first_id = min(entry.first_stamp_id for _pk, entry in gained)
    ids = [pk for pk, _entry in gained]
    stamps, keys = read_together(
        [
            (_STAMPED, [ids, first_id]),
            (_STANDING_KEYS, [first_id, sorted(distinct.intersection(ids))]),
        ]
    )
    stood = {(book_id, key) for book_id, key, is_standing in keys if is_standing}
    found: dict[int, list[Event]] = defaultdict(list)
    for book_id, version_id, amount, at, key in stamps:
        if book_id in distinct:
            if amount < 0 or (book_id, key) in stood:
                continue
            stood.add((book_id, key))
        if amount > 0:
            found[book_id].append(Event(at, version_id, amount))
    return found


def _count_distinct(book_ids: list[int]) -> dict[int, int]:
    if not book_ids:
        return {}
    (rows,) = read_together([(COUNT_DISTINCT, {"books": book_ids})])
    return dict(rows)


def _read_totals(book_ids: Iterable[int]) -> dict[int, int]:
    ids = list(book_ids)
    if not ids:
        return {}
    (rows,) = read_together([("SELECT id, total FROM rewards_stampbook WHERE id = ANY(%s)", [ids])])
    return dict(rows)


_SUMS = """
    SELECT coalesce(b.merged_into_id, b.id), sum(s.amount)::bigint
    FROM rewards_stampbook b JOIN rewards_stamp s ON s.book_id = b.id
    WHERE b.id = ANY(%(books)s) OR b.merged_into_id = ANY(%(books)s) GROUP BY 1
"""
_MEASURES = """
    SELECT b.id, (SELECT v.measure FROM rewards_challengeversion v
                  WHERE v.challenge_id = b.challenge_id LIMIT 1)
    FROM rewards_stampbook b WHERE b.id = ANY(%(books)s)
"""


def count_totals(book_ids: list[int]) -> dict[int, int]:
    """What books hold by their stamps, whatever stands in them."""
    values = {"books": book_ids}
    measures, sums = read_together([(_MEASURES, values), (_SUMS, values)])
    totals = dict(sums)
    distinct = [pk for pk, measure in measures if measure == ChallengeMeasure.DISTINCT]
    return totals | _count_distinct(distinct)
