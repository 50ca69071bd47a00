"""Rows of the table of idempotency records stand for any."""

import pytest
from django.db import IntegrityError, connection, transaction

from core import bulk
from core.bulk import COPY_FROM, RowWriter, read_together, reserve_ids
from core.models import IdempotencyRecord

pytestmark = pytest.mark.django_db

TABLE = "core_idempotencyrecord"
COLUMNS = ("caller", "operation", "key", "payload_hash", "result", "recorded_at")


@pytest.fixture
def rows(now):
    def build(count, caller="till"):
        # A tab, a quote, a backslash and NULL: COPY and INSERT must write the same.
        return [(caller, "a\t'\\N", f"{n}", b"\x00\xff", None, now) for n in range(count)]

    return build


@pytest.fixture
def copied(monkeypatch):
    """The sizes of what went by COPY."""
    sizes, copy = [], bulk._copy

    def spy(table, columns, rows):
        sizes.append(len(rows))
        copy(table, columns, rows)

    monkeypatch.setattr(bulk, "_copy", spy)
    return sizes


def read_all():
    fields = ("caller", "operation", "key", "payload_hash", "result", "recorded_at")
    return [
        (*row[:3], bytes(row[3]), *row[4:])
        for row in IdempotencyRecord.objects.order_by("pk").values_list(*fields)
    ]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, []), (COPY_FROM - 1, []), (COPY_FROM, [COPY_FROM]), (500, [500])],
)
def test_few_rows_are_inserted_and_many_copied_alike(rows, copied, count, sizes):
    writer = RowWriter()
    writer.add(TABLE, COLUMNS, rows(count))
    assert writer.flush() == count
    assert copied == sizes
    assert read_all() == rows(count)


def test_rows_of_several_calls_go_together_and_only_once(rows, copied):
    writer = RowWriter()
    for start in ("a", "b"):
        writer.add(TABLE, COLUMNS, rows(COPY_FROM // 2, caller=start))
    assert writer.flush() == COPY_FROM
    assert copied == [COPY_FROM]
    assert writer.flush() == 0
    assert IdempotencyRecord.objects.count() == COPY_FROM


def test_tables_are_written_in_the_order_of_add(now):
    """A row finds the one that it refers to, whichever of the two is copied."""
    for entries, notes in [(1, 1), (COPY_FROM, 1), (1, COPY_FROM), (COPY_FROM, COPY_FROM)]:
        ids = reserve_ids(core_auditentry=max(entries, notes))["core_auditentry"]
        writer = RowWriter()
        writer.add(
            "core_auditentry",
            ("id", "recorded_at", "action", "subject_type", "subject_id", "changes"),
            [(pk, now, "test", "", "", "{}") for pk in ids],
        )
        writer.add("core_auditnote", ("entry_id", "text"), [(pk, "") for pk in ids[:notes]])
        writer.flush()
        connection.check_constraints()


def test_statements_run_after_the_rows(rows):
    writer = RowWriter()
    writer.execute(f"UPDATE {TABLE} SET caller = %s WHERE key = %s", ["shop", "0"])
    writer.add(TABLE, COLUMNS, rows(2))
    assert writer.flush() == 2
    assert [row[0] for row in read_all()] == ["shop", "till"]


@pytest.mark.parametrize("count", [2, COPY_FROM])
def test_a_refused_row_is_django_s_error_and_leaves_none(rows, count):
    writer = RowWriter()
    writer.add(TABLE, COLUMNS, [*rows(count), *rows(1)])
    with pytest.raises(IntegrityError, match="idempotency_once_per_key"), transaction.atomic():
        writer.flush()
    assert read_all() == []


def test_reserved_ids_are_new_and_per_table():
    first = reserve_ids(core_idempotencyrecord=3, core_auditentry=0)
    second = reserve_ids(core_idempotencyrecord=2)
    assert first["core_auditentry"] == []
    taken = first[TABLE] + second[TABLE]
    assert taken == list(range(taken[0], taken[0] + 5))
    assert reserve_ids() == {}


def test_statements_read_together_answer_in_order():
    answers = read_together(
        [("SELECT %s::int", [1]), ("SET LOCAL work_mem = '4MB'", []), ("SELECT 2, 'b'", [])]
    )
    assert answers == [[(1,)], [], [(2, "b")]]
