"""Which activities of a batch give stamps, and which stamps they take back: set by set, in SQL.

A purchase is judged as it stands now, less what came back. So whatever order batches are taken
in, and however often, the stamps of a purchase end up the same (docs/challenges.md).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from members.enums import MemberStatus
from rewards.enums import ChallengeMeasure, CountBy, DistinctOf
from rewards.services.challenges.terms import VersionTerms

# Purchases that the batch is about, each with the last of its activities.
_TOUCHED = """
    touched AS MATERIALIZED (
        SELECT coalesce(back.purchase_id, a.subject_id) AS purchase_id, max(a.id) AS activity_id,
               max(a.effective_at) AS effective_at
        FROM members_activity a
        LEFT JOIN purchases_return back
            ON a.subject_type = 'purchases.return' AND back.id = a.subject_id
        WHERE a.batch_id = %(batch)s
          AND a.subject_type IN ('purchases.purchase', 'purchases.return')
        GROUP BY 1
    )
"""
# What came back of the lines of the purchases in {of}.
_BACK = """
    back AS (
        SELECT part.line_id, sum(part.quantity) AS quantity, sum(part.amount) AS amount
        FROM {of} o JOIN purchases_return r ON r.purchase_id = o.purchase_id
        JOIN purchases_returnline part ON part.of_return_id = r.id
        GROUP BY part.line_id
    )
"""
# What points and credit paid earns nothing, and of a part that came back only the rest counts.
_BASIS = """
    CASE WHEN back.amount IS NULL THEN l.amount - l.paid_otherwise_amount
         WHEN l.amount = 0 THEN 0
         ELSE floor((l.amount - l.paid_otherwise_amount)::numeric
                    * greatest(l.amount - back.amount, 0) / l.amount)::bigint END
"""
# A weighed good counts once, whatever it weighs.
_ITEMS = """
    CASE WHEN l.quantity - coalesce(back.quantity, 0) > 0
         THEN greatest(floor(l.quantity - coalesce(back.quantity, 0)), 1) ELSE 0 END
"""

OWNERS = f"""
    WITH {_TOUCHED}
    SELECT array_agg(DISTINCT member_id), min(at), max(at) FROM (
        SELECT p.member_id, p.purchased_at AS at
        FROM touched t JOIN purchases_purchase p ON p.id = t.purchase_id
        UNION ALL
        SELECT coalesce(into_book.member_id, b.member_id), NULL
        FROM touched t JOIN rewards_stamp s ON s.purchase_id = t.purchase_id
        JOIN rewards_stampbook b ON b.id = s.book_id
        LEFT JOIN rewards_stampbook into_book ON into_book.id = b.merged_into_id
    ) AS owners WHERE member_id IS NOT NULL
"""
# Where nothing came back and nothing was changed, only who bought counts.
BUYERS = """
    SELECT array_agg(member_id) FILTER (WHERE member_id IS NOT NULL), min(first_at), max(last_at)
    FROM (
        SELECT p.member_id, min(p.purchased_at) AS first_at, max(p.purchased_at) AS last_at
        FROM members_activity a JOIN purchases_purchase p ON p.id = a.subject_id
        WHERE a.batch_id = %(batch)s AND a.subject_type = 'purchases.purchase'
        GROUP BY p.member_id
    ) AS buyers
"""
DOERS = """
    SELECT array_agg(DISTINCT coalesce(m.merged_into_id, m.id)), min(a.effective_at),
           max(a.effective_at)
    FROM members_activity a JOIN members_member m ON m.id = a.member_id
    WHERE a.batch_id = %(batch)s
"""

# Stamps that their purchase doesn't give any more: it was amended (as when it goes to another
# member), or came back. What is left is counted over the very lines that gave the stamp. Whose
# book it stands in is not asked: after a merge was undone it may be the survivor's.
TAKE_BACK = f"""
    WITH {_TOUCHED},
    standing AS MATERIALIZED (
        SELECT s.id, s.book_id, s.version_id, s.purchase_id, s.purchase_version, s.positions,
               s.key, t.activity_id, t.effective_at, s.amount + coalesce(sum(r.amount), 0) AS amount
        FROM touched t
        JOIN rewards_stamp s ON s.purchase_id = t.purchase_id AND s.reverses_id IS NULL
        LEFT JOIN rewards_stamp r ON r.reverses_id = s.id
        GROUP BY s.id, t.activity_id, t.effective_at
        HAVING s.amount + coalesce(sum(r.amount), 0) > 0
    ),
    {_BACK.format(of="touched")},
    lines AS (
        SELECT st.id, {_BASIS} AS basis, {_ITEMS} AS items
        FROM standing st
        JOIN purchases_line l
            ON l.purchase_id = st.purchase_id AND l.position = ANY(st.positions)
        LEFT JOIN back ON back.line_id = l.id
    ),
    whole AS (
        SELECT id, sum(basis) AS basis, sum(items) FILTER (WHERE basis > 0) AS items
        FROM lines GROUP BY id
    ),
    due AS (
        SELECT st.*, least(st.amount, CASE
            WHEN p.version > st.purchase_version THEN 0
            WHEN coalesce(whole.basis, 0) <= 0 OR whole.basis < v.minimum_amount THEN 0
            WHEN v.measure = 'sum' THEN whole.basis
            WHEN v.measure = 'count' AND v.count_by = 'item' THEN whole.items
            ELSE 1 END)::bigint AS due
        FROM standing st
        JOIN purchases_purchase p ON p.id = st.purchase_id
        JOIN rewards_challengeversion v ON v.id = st.version_id
        LEFT JOIN whole ON whole.id = st.id
    ),
    taken AS (
        INSERT INTO rewards_stamp (book_id, version_id, amount, activity_id, purchase_id,
            purchase_version, positions, key, reverses_id, effective_at, recorded_at)
        SELECT book_id, version_id, due - amount, activity_id, purchase_id, purchase_version,
            '{{}}', key, id, effective_at, %(now)s
        FROM due WHERE due < amount
        RETURNING book_id, version_id, amount, effective_at
    )
    SELECT coalesce(b.merged_into_id, b.id), coalesce(into_book.member_id, b.member_id),
           taken.version_id, taken.amount, taken.effective_at
    FROM taken JOIN rewards_stampbook b ON b.id = taken.book_id
    LEFT JOIN rewards_stampbook into_book ON into_book.id = b.merged_into_id
"""

# Of one purchase in a batch of amendments there may be two activities: the former member's, and
# that of whoever has it now. Earlier stamps are looked for one by one (OFFSET 0 keeps it so): just
# after a great import nobody has counted them, and a join would go through all for each purchase.
_BOUGHT = """
    bought AS MATERIALIZED (
        SELECT p.id AS purchase_id, {activity} AS activity_id, p.member_id, p.version, p.store_id,
               p.purchased_at AS effective_at, p.external_id AS tie
        FROM {source}
        JOIN purchases_purchase p ON p.id = a.subject_id
        JOIN members_member m ON m.id = p.member_id AND m.status = '{active}'
        WHERE p.purchased_at >= %(starts_at)s
          AND (%(ends_at)s::timestamptz IS NULL OR p.purchased_at < %(ends_at)s)
          {places}
          AND NOT EXISTS (
              SELECT FROM rewards_stamp s WHERE s.purchase_id = p.id
              AND s.version_id = ANY(%(siblings)s) AND s.purchase_version = p.version
              AND s.reverses_id IS NULL OFFSET 0)
          AND (EXISTS (
              SELECT FROM rewards_challengegate g
              JOIN members_audiencemember am ON am.audience_id = g.audience_id
              WHERE g.version_id = %(version)s AND am.member_id = p.member_id
              AND g.opens_at <= p.purchased_at
              AND (g.closes_at IS NULL OR p.purchased_at < g.closes_at)){known})
    )
"""
# Whoever had a stamp for it is not asked again who they are.
_KNOWN = """
            OR EXISTS (SELECT FROM rewards_stamp s WHERE s.purchase_id = p.id
                       AND s.version_id = ANY(%(siblings)s))"""
_FOUND = """
    found AS (
        SELECT l.purchase_id, {key} AS key, {positions} AS positions, {amount}::bigint AS amount
        FROM (
            SELECT l.purchase_id, l.position, l.product_id, l.category_id, b.store_id,
                   b.effective_at, {basis} AS basis, {items} AS items
            FROM bought b JOIN purchases_line l ON l.purchase_id = b.purchase_id
            LEFT JOIN back ON back.line_id = l.id
            {goods}
        ) AS l
        WHERE basis > 0{known}
        GROUP BY l.purchase_id{group}
        HAVING sum(basis) >= %(minimum)s
    ),
    matched AS {materialized} (
        SELECT b.member_id, b.activity_id, b.purchase_id, b.version AS purchase_version,
               f.positions, f.key, b.effective_at, b.tie, f.amount
        FROM found f JOIN bought b ON b.purchase_id = f.purchase_id
    )
"""
# What members did beside buying: each activity once.
_DONE = """
    matched AS MATERIALIZED (
        SELECT m.id AS member_id, a.id AS activity_id, NULL::bigint AS purchase_id,
               NULL::smallint AS purchase_version, '{{}}'::int[] AS positions, {key} AS key,
               a.effective_at, a.id::text AS tie, {amount} AS amount
        FROM members_activity a
        JOIN members_member own ON own.id = a.member_id
        JOIN members_member m
            ON m.id = coalesce(own.merged_into_id, own.id) AND m.status = '{active}'
        WHERE a.batch_id = %(batch)s AND a.kind = %(kind)s AND a.effective_at >= %(starts_at)s
          AND (%(ends_at)s::timestamptz IS NULL OR a.effective_at < %(ends_at)s)
          AND {amount} > 0
          AND NOT EXISTS (
              SELECT FROM rewards_stamp s WHERE s.activity_id = a.id AND s.purchase_id IS NULL
              AND s.reverses_id IS NULL AND s.version_id = ANY(%(siblings)s))
          AND EXISTS (
              SELECT FROM rewards_challengegate g
              JOIN members_audiencemember am ON am.audience_id = g.audience_id
              WHERE g.version_id = %(version)s AND am.member_id = m.id
              AND g.opens_at <= a.effective_at
              AND (g.closes_at IS NULL OR a.effective_at < g.closes_at))
    )
"""
# At most so many a day: what the day has had before, then this batch in order of time.
_LIMITED = """
    limited AS (
        SELECT f.member_id, f.activity_id, f.purchase_id, f.purchase_version, f.positions, f.key,
               f.effective_at, f.tie,
               least(f.room, f.running) - least(f.room, f.running - f.amount) AS amount
        FROM (
            SELECT f.*, greatest(%(day_limit)s - coalesce(used.amount, 0), 0) AS room,
                   sum(f.amount) OVER (
                       PARTITION BY f.member_id, (f.effective_at AT TIME ZONE %(zone)s)::date
                       ORDER BY f.effective_at, f.tie) AS running
            FROM matched f
            LEFT JOIN LATERAL (
                SELECT sum(s.amount + coalesce((
                           SELECT sum(r.amount) FROM rewards_stamp r WHERE r.reverses_id = s.id
                       ), 0)) AS amount
                FROM rewards_stampbook own
                JOIN LATERAL (
                    SELECT own.id UNION ALL
                    SELECT id FROM rewards_stampbook WHERE merged_into_id = own.id
                ) AS b ON true
                JOIN rewards_stamp s ON s.book_id = b.id
                WHERE own.challenge_id = %(challenge)s AND own.member_id = f.member_id
                  AND s.reverses_id IS NULL AND s.grant_id IS NULL
                  AND (s.effective_at AT TIME ZONE %(zone)s)::date
                      = (f.effective_at AT TIME ZONE %(zone)s)::date
            ) AS used ON true
        ) AS f
    )
"""
# Books are locked by their members' standings, so nobody makes one beside this.
_STAMP = """
    , books AS (
        INSERT INTO rewards_stampbook (challenge_id, member_id, total)
        SELECT %(challenge)s, member_id, {total} FROM {given} WHERE amount > 0 GROUP BY member_id
        ON CONFLICT (member_id, challenge_id)
            DO UPDATE SET total = rewards_stampbook.total + excluded.total
        RETURNING id, member_id, total
    ),
    stamped AS (
        INSERT INTO rewards_stamp (book_id, version_id, amount, activity_id, purchase_id,
            purchase_version, positions, key, effective_at, recorded_at)
        SELECT books.id, %(version)s, g.amount, g.activity_id, g.purchase_id, g.purchase_version,
            g.positions, g.key, g.effective_at, %(now)s
        FROM {given} g JOIN books ON books.member_id = g.member_id WHERE g.amount > 0
        RETURNING id, book_id, amount, effective_at
    )
    SELECT s.book_id, max(books.member_id), max(books.total), sum(s.amount)::bigint, min(s.id),
           min(s.effective_at), max(s.effective_at)
    FROM stamped s JOIN books ON books.id = s.book_id GROUP BY s.book_id
"""

_KEYS = {
    DistinctOf.PRODUCT: "l.product_id::text",
    DistinctOf.CATEGORY: "l.category_id::text",
    DistinctOf.STORE: "l.store_id::text",
    DistinctOf.DAY: "((l.effective_at AT TIME ZONE %(zone)s)::date)::text",
}


def build_gain(
    version: VersionTerms, *, batch_id: int, is_amended: bool, category_ids: Sequence[int],
    zone: str, now: dt.datetime,
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """The statement that stamps what a batch gives under one version, with its values.

    Answers with book, member, the book's total, what was added, the first of its stamps, and the
    first and last time.
    """
    values = {
        "batch": batch_id, "version": version.id, "siblings": version.sibling_ids,
        "challenge": version.challenge_id, "starts_at": version.starts_at,
        "ends_at": version.ends_at, "minimum": version.minimum_amount,
        "kind": version.activity_kind,
        "products": version.product_ids, "categories": list(category_ids),
        "channels": version.channel_ids, "stores": version.store_ids,
        "day_limit": version.day_limit, "zone": zone, "now": now,
    }  # fmt: skip
    is_distinct = version.measure == ChallengeMeasure.DISTINCT
    parts = _build_purchases(version, is_amended) if is_bought(version) else _build_done(version)
    given = "matched"
    if version.day_limit is not None:
        parts.append(_LIMITED)
        given = "limited"
    # Of different ones, how many there are is counted afterwards.
    total = "0" if is_distinct else "sum(amount)"
    return f"WITH {', '.join(parts)}{_STAMP.format(given=given, total=total)}", values


def is_bought(version: VersionTerms) -> bool:
    return version.activity_kind == "purchase"


def _build_purchases(version: VersionTerms, is_amended: bool) -> list[str]:
    source, activity = "members_activity a", "a.id"
    if is_amended:
        source = (
            "(SELECT subject_id, max(id) AS id FROM members_activity WHERE batch_id = %(batch)s "
            "AND subject_type = 'purchases.purchase' GROUP BY subject_id) AS a"
        )
    places = "" if is_amended else "AND a.batch_id = %(batch)s AND a.kind = 'purchase'"
    if version.channel_ids:
        places += " AND p.channel_id = ANY(%(channels)s)"
    if version.store_ids:
        places += " AND p.store_id = ANY(%(stores)s)"
    goods = [
        condition
        for ids, condition in (
            (version.product_ids, "l.product_id = ANY(%(products)s)"),
            (version.category_ids, "l.category_id = ANY(%(categories)s)"),
        )
        if ids
    ]
    key = _KEYS[DistinctOf(version.distinct_of)] if version.distinct_of else ""
    bought = _BOUGHT.format(
        source=source, activity=activity, places=places, active=str(MemberStatus.ACTIVE),
        known=_KNOWN if is_amended else "",
    )  # fmt: skip
    found = _FOUND.format(
        key=key or "''",
        known=f" AND {key} IS NOT NULL" if key else "",
        group=f", {key}" if key else "",
        positions="array_agg(l.position ORDER BY l.position)",
        amount=_build_amount(version),
        basis=_BASIS,
        items=_ITEMS,
        goods=f"WHERE {' OR '.join(goods)}" if goods else "",
        materialized="MATERIALIZED",
    )
    return [bought, _BACK.format(of="bought"), found]


def _build_amount(version: VersionTerms) -> str:
    if version.measure == ChallengeMeasure.SUM:
        return "sum(basis)"
    if version.measure == ChallengeMeasure.COUNT and version.count_by == CountBy.ITEM:
        return "sum(items)"
    return "1"


def _build_done(version: VersionTerms) -> list[str]:
    amount, key = "1", "''"
    if version.measure == ChallengeMeasure.SUM:
        amount = "coalesce((a.facts->>'amount')::bigint, 0)"
    elif version.distinct_of == DistinctOf.DAY:
        key = "((a.effective_at AT TIME ZONE %(zone)s)::date)::text"
    elif version.distinct_of:
        key = "coalesce(a.subject_id, a.id)::text"
    return [_DONE.format(amount=amount, key=key, active=str(MemberStatus.ACTIVE))]
