"""A file's rows in unlogged tables of its own: grouped, judged and ordered by the database.

``rows`` holds the file as it was read; ``heads`` one row per purchase or return, with its
state (``new``, ``known``, ``refused``), and for the new ones their place in processing order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from django.db import connection, transaction

from core.bulk import read_together
from members.services.enrolment import MemberKey
from purchases import errors
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
)
from purchases.parsing.rows import STAGE_COLUMNS

_ROWS_PER_COPY = 50_000
_ROWS_PER_WRITE = 500
_TYPES = {
    "row_no": "bigint",
    "at": "timestamptz",
    "shifted": "boolean",
    "quantity": "numeric",
    **dict.fromkeys(["amount", "discount", "tax", "paid_otherwise", "cost"], "bigint"),
}
# The same text as purchases.incoming hashes.
_HEAD = (
    "concat_ws(chr(31), member, member_number, member_email, member_phone, said_at, store,"
    " channel, returned_of)"
)
_LINE = (
    "concat_ws(chr(31), line_id, product, category, coalesce(quantity::text, ''),"
    " coalesce(amount::text, ''), discount, tax, paid_otherwise, coalesce(cost::text, ''))"
)
_BUILD_HEADS = """
CREATE UNLOGGED TABLE {heads} AS
WITH grouped AS (
    SELECT kind, external_id, count(*) AS row_count, min(row_no) AS first_row,
        min(row_no) FILTER (WHERE error <> '') AS bad_row,
        min(member) AS member, min(member_number) AS member_number,
        min(member_email) AS member_email, min(member_phone) AS member_phone,
        min(at) AS at, min(said_at) AS said_at, min(store) AS store, min(channel) AS channel,
        min(returned_of) AS returned_of, bool_or(shifted) AS shifted,
        CASE
            WHEN min(member) <> max(member) THEN 'member'
            WHEN min(member_number) <> max(member_number) THEN 'member_number'
            WHEN min(member_email) <> max(member_email) THEN 'member_email'
            WHEN min(member_phone) <> max(member_phone) THEN 'member_phone'
            WHEN min(said_at) <> max(said_at) THEN 'purchased_at'
            WHEN min(store) <> max(store) THEN 'store'
            WHEN min(channel) <> max(channel) THEN 'channel'
            WHEN min(returned_of) <> max(returned_of) THEN 'returned_of'
            ELSE ''
        END AS differing,
        sha256(convert_to(
            min(head) || chr(10) || string_agg(line, chr(10) ORDER BY line), 'UTF8'
        )) AS content_hash
    FROM (
        SELECT *, {head} COLLATE "C" AS head, {line} COLLATE "C" AS line
        FROM {rows} WHERE external_id <> ''
    ) AS each
    GROUP BY kind, external_id
), judged AS (
    SELECT grouped.*, min(grouped.bad_row) OVER (PARTITION BY grouped.external_id) AS sibling,
        coalesce(purchase.content_hash, back.content_hash) AS known_hash
    FROM grouped
    LEFT JOIN purchases_purchase AS purchase
        ON kind = 'p' AND purchase.source_id = %s AND purchase.external_id = grouped.external_id
    LEFT JOIN purchases_return AS back
        ON kind = 'r' AND back.source_id = %s AND back.external_id = grouped.external_id
), stated AS (
    SELECT *, CASE
        WHEN sibling IS NOT NULL OR differing <> '' THEN 'refused'
        WHEN known_hash IS NULL THEN 'new'
        WHEN known_hash = content_hash THEN 'known'
        ELSE 'refused'
    END AS state
    FROM judged
)
SELECT kind, external_id, row_count, first_row, member, member_number, member_email, member_phone,
    at, said_at, store, channel, returned_of, shifted, content_hash, state, sibling,
    CASE
        WHEN state <> 'refused' OR sibling IS NOT NULL THEN ''
        WHEN differing <> '' THEN differing
        ELSE 'external_id'
    END AS field,
    CASE
        WHEN state <> 'refused' OR sibling IS NOT NULL THEN ''
        WHEN differing <> '' THEN %s
        ELSE replace(%s, '{{id}}', external_id)
    END AS reason,
    CASE WHEN state = 'new' THEN row_number() OVER (
        PARTITION BY state ORDER BY at, kind, external_id
    ) END AS ordinal
FROM stated
"""
_HEAD_BATCH = """
    SELECT ordinal, kind, external_id, row_count, member, member_number, member_email,
        member_phone, at, said_at, store, channel, returned_of, content_hash
    FROM {heads} WHERE ordinal > %s AND ordinal <= %s ORDER BY ordinal
"""
_ROW_BATCH = """
    SELECT head.ordinal, line_id, product, product_name, category, quantity, amount, discount, tax,
        paid_otherwise, cost
    FROM {heads} AS head
    JOIN {rows} AS line ON line.external_id = head.external_id AND line.kind = head.kind
    WHERE head.ordinal > %s AND head.ordinal <= %s
    ORDER BY head.ordinal, line.row_no
"""
_REPORT = """
    SELECT line.row_no, line.external_id,
        CASE WHEN line.error <> '' THEN line.field ELSE coalesce(head.field, '') END,
        line.error, coalesce(head.reason, ''), head.sibling
    FROM {rows} AS line
    LEFT JOIN {heads} AS head
        ON head.external_id = line.external_id AND head.kind = line.kind AND line.external_id <> ''
    WHERE line.error <> '' OR head.state = 'refused'
    ORDER BY line.row_no
"""


@dataclass(slots=True)
class Batch:
    """Purchases and returns in processing order; ``last`` is the last one's place."""

    purchases: list[IncomingPurchase]
    returns: list[IncomingReturn]
    last: int


class Stage:
    """The tables of one import, by the import's id."""

    def __init__(self, job_id: int, source_id: int):
        self._source_id = source_id
        self._names = {
            "rows": f"purchases_stage_{job_id}_rows",
            "heads": f"purchases_stage_{job_id}_heads",
        }

    def _sql(self, text: str) -> str:
        return text.format(head=_HEAD, line=_LINE, **self._names)

    def _execute(self, text, params=()):
        # psycopg's own cursor: the statements carry literal per cent signs nowhere.
        (rows,) = read_together([(self._sql(text), params)])
        return rows

    @transaction.atomic
    def drop(self) -> None:
        self._execute("DROP TABLE IF EXISTS {heads}, {rows}")

    @transaction.atomic
    def is_ready(self) -> bool:
        """Whether the rows were judged, and are still there (a crash of the server empties
        unlogged tables).
        """
        ((found,),) = self._execute("SELECT to_regclass('{heads}') IS NOT NULL")
        if not found:
            return False
        ((filled,),) = self._execute("SELECT EXISTS (SELECT FROM {heads})")
        return filled

    def fill(self, lines: Iterable[str], on_progress) -> int:
        """Copy the file's rows in, some ten thousand a transaction; returns their number."""
        columns = ", ".join(
            f"{name} {_TYPES.get(name, 'text COLLATE "C"')}" for name in STAGE_COLUMNS
        )
        with transaction.atomic():
            self._execute("DROP TABLE IF EXISTS {heads}, {rows}")
            self._execute(f"CREATE UNLOGGED TABLE {{rows}} ({columns})")
        copied = 0
        iterator = iter(lines)
        while True:
            count = self._copy_some(iterator)
            if not count:
                return copied
            copied += count
            on_progress(copied)

    @transaction.atomic
    def _copy_some(self, lines: Iterator[str]) -> int:
        connection.ensure_connection()
        count = 0
        sql = self._sql(f"COPY {{rows}} ({', '.join(STAGE_COLUMNS)}) FROM STDIN")
        with psycopg.Cursor(connection.connection) as cursor, cursor.copy(sql) as copy:
            chunk: list[str] = []
            for line in lines:
                chunk.append(line)
                count += 1
                if len(chunk) >= _ROWS_PER_WRITE:
                    copy.write("".join(chunk))
                    chunk.clear()
                if count >= _ROWS_PER_COPY:
                    break
            copy.write("".join(chunk))
        return count

    @transaction.atomic
    def judge(self) -> dict[str, int]:
        """Group, judge and order the rows; returns the number of purchases by state."""
        self._execute("SET LOCAL work_mem = '128MB'")
        self._execute(
            _BUILD_HEADS,
            [
                self._source_id,
                self._source_id,
                str(errors.RowsDisagree()),
                str(errors.OtherContent(value="{id}")),
            ],
        )
        counts = dict(self._execute("SELECT state, count(*) FROM {heads} GROUP BY state"))
        ((nameless, shifted),) = self._execute(
            "SELECT (SELECT count(*) FROM {rows} WHERE external_id = ''),"
            " (SELECT count(*) FROM {heads} WHERE shifted AND state = 'new')"
        )
        if counts.get("new"):
            self._execute("CREATE INDEX ON {rows} (external_id)")
        self._execute("CREATE INDEX ON {heads} (ordinal) WHERE ordinal IS NOT NULL")
        self._execute("CREATE INDEX ON {heads} (external_id)")
        self._execute("ANALYZE {heads}")
        self._execute("ANALYZE {rows}")
        counts["refused"] = counts.get("refused", 0) + nameless
        counts["shifted"] = shifted
        return counts

    def read_batch(self, after: int, size: int, max_rows: int) -> Batch:
        """The next purchases and returns, at most ``size`` and about ``max_rows`` rows."""
        heads = self._execute(_HEAD_BATCH, [after, after + size])
        row_count = 0
        for index, head in enumerate(heads):
            row_count += head[3]
            if row_count > max_rows and index:
                heads = heads[:index]
                break
        last = heads[-1][0] if heads else after
        batch = Batch([], [], last)
        items: dict[int, IncomingPurchase | IncomingReturn] = {}
        for head in heads:
            items[head[0]] = self._add_head(batch, head)
        for ordinal, line_id, product, name, category, *numbers in self._execute(
            _ROW_BATCH, [after, last]
        ):
            quantity, amount, discount, tax, otherwise, cost = numbers
            item = items[ordinal]
            if isinstance(item, IncomingPurchase):
                item.lines.append(
                    IncomingLine(
                        quantity,
                        amount,
                        product,
                        category,
                        line_id,
                        discount,
                        tax,
                        otherwise,
                        cost,
                        name,
                    )
                )
            elif quantity is not None or amount is not None or line_id or product:
                item.lines.append(IncomingReturnLine(quantity, amount, line_id, product))
        return batch

    @staticmethod
    def _add_head(batch, head):
        (_ordinal, kind, external_id, _count, member, number, email, phone, at, said_at, store,
         channel, returned_of, content_hash) = head  # fmt: skip
        if kind == "r":
            back = IncomingReturn(external_id, returned_of, at, [], said_at, content_hash)
            batch.returns.append(back)
            return back
        key = None
        if member or number or email or phone:
            key = MemberKey(member or None, number or None, email or None, phone or None)
        item = IncomingPurchase(external_id, at, [], key, store, channel, "", said_at, content_hash)
        batch.purchases.append(item)
        return item

    def refuse(self, kind: str, external_id: str, field: str, reason: str) -> None:
        self._execute(
            "UPDATE {heads} SET state = 'refused', field = %s, reason = %s"
            " WHERE kind = %s AND external_id = %s",
            [field, reason, kind, external_id],
        )

    @transaction.atomic
    def count_members(self) -> int:
        """How many members the accepted purchases named."""
        ((count,),) = self._execute(
            "SELECT count(*) FROM (SELECT DISTINCT member, member_number, member_email,"
            " member_phone FROM {heads} WHERE state = 'new' AND kind = 'p'"
            " AND member || member_number || member_email || member_phone <> '') AS named"
        )
        return count

    def iter_refused(self) -> Iterator[tuple[int, str, str, str]]:
        """Row number, external id, field and reason of every refused row, in file order.

        Inside the caller's transaction; rows arrive by a server-side cursor.
        """
        connection.ensure_connection()
        with connection.connection.cursor(name="refused_rows") as cursor:
            cursor.itersize = 5000
            cursor.execute(self._sql(_REPORT))
            for row_no, external_id, field, error, reason, sibling in cursor:
                text = error or (str(errors.BadSibling(row=sibling)) if sibling else reason)
                yield row_no, external_id, field, text


def drop_orphans(known_ids: Iterable[int]) -> int:
    """Drop stage tables whose import is over or gone; returns how many."""
    kept = {f"purchases_stage_{job_id}_" for job_id in known_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relname ~ '^purchases_stage_[0-9]+_(rows|heads)$' AND pg_table_is_visible(oid)"
        )
        orphans = [name for (name,) in cursor if name.rpartition("_")[0] + "_" not in kept]
        for name in orphans:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
    return len(orphans)
