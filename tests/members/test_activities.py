import pytest
from django.db import IntegrityError, connection, transaction

from core.bulk import RowWriter, reserve_ids
from members import registry
from members.models import Activity, ActivityBatch, WorkItem
from members.registry import Receipt
from members.services.activities import ActivityRow, record_batch
from members.tasks import sweep_work

pytestmark = pytest.mark.django_db


def test_batch_writes_activities_and_sums_receipts(make_member, now, registered):
    member = make_member()
    heard = []

    def listen(batch_id, activities, payload, at):
        heard.append((batch_id, [activity.id for activity in activities], payload, at))
        return [Receipt("points", 3), Receipt("points", 4), Receipt("status", 1)]

    registry.register_listener("test.first", ["visit"], listen)
    registry.register_listener("test.second", ["visit"], lambda *args: None)
    registry.register_listener("test.other", ["other"], lambda *args: 1 / 0)
    for code in ("test.first", "test.second", "test.other"):
        registered(registry.listeners, code)

    rows = [ActivityRow(member.pk, "visit", now, "store", 7, {"a": 1}) for _ in range(2)]
    receipts = record_batch("visit", rows, payload="payload", now=now)

    batch = ActivityBatch.objects.get()
    assert batch.activity_count == 2
    assert receipts == [Receipt("points", 7), Receipt("status", 1)]
    assert heard == [(batch.pk, [row.id for row in rows], "payload", now)]
    kept = Activity.objects.order_by("pk").first()
    assert (kept.pk, kept.subject_type, kept.subject_id, kept.facts) == (
        rows[0].id,
        "store",
        7,
        {"a": 1},
    )


@pytest.mark.django_db(transaction=True)
def test_work_calls_a_worker_once_it_is_committed(make_member, now, registered, sent_tasks):
    member = make_member()

    def record():
        record_batch("visit", [ActivityRow(member.pk, "visit", now)], now=now)

    record()
    assert sent_tasks == []  # nobody waits for it
    registry.register_consumer("test.later", ["visit"], lambda batch_id, at: None)
    registered(registry.consumers, "test.later")
    with transaction.atomic():
        record()
        assert sent_tasks == []
    assert sent_tasks == [(sweep_work.name, [])]


@pytest.mark.django_db(transaction=True)
def test_listener_s_failure_undoes_the_batch(make_member, now, registered):
    member = make_member()
    registry.register_listener("test.broken", ["visit"], lambda *args: 1 / 0)
    registered(registry.listeners, "test.broken")
    with pytest.raises(ZeroDivisionError):
        record_batch("visit", [ActivityRow(member.pk, "visit", now)], now=now)
    assert not Activity.objects.exists()


def test_consumers_of_the_kind_get_work_rows(make_member, now, registered):
    member = make_member()
    registry.register_consumer("test.later", ["visit"], lambda batch_id, at: None)
    registered(registry.consumers, "test.later")
    record_batch("visit", [ActivityRow(member.pk, "visit", now)], now=now)
    record_batch("other", [ActivityRow(member.pk, "other", now)], now=now)
    assert list(WorkItem.objects.values_list("consumer", "batch__kind")) == [
        ("test.later", "visit")
    ]


def test_writer_and_ids_of_the_caller_travel_along(make_member, now):
    member = make_member()
    ids = reserve_ids(members_activitybatch=1, members_activity=1)
    writer = RowWriter()
    writer.add(
        "members_memberreference",
        ["source_code", "external_id", "member_id", "created_at"],
        [("till", "H1", member.pk, now)],
    )
    row = ActivityRow(member.pk, "visit", now, id=ids["members_activity"][0])
    record_batch("visit", [row], now=now, writer=writer, batch_id=ids["members_activitybatch"][0])
    assert Activity.objects.get().pk == ids["members_activity"][0]
    assert member.references.count() == 1


def test_empty_batch_records_nothing(now):
    assert record_batch("visit", [], now=now) == []
    assert not ActivityBatch.objects.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE members_activity SET kind = 'x'",
        "DELETE FROM members_activity",
        "TRUNCATE members_activity CASCADE",
    ],
)
def test_activities_are_append_only(make_member, now, sql):
    member = make_member()
    record_batch("visit", [ActivityRow(member.pk, "visit", now)], now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE trips over them first
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(sql)
