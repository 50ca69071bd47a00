import datetime as dt
import threading

import pytest
from django.db import connection

from members import registry
from members.models import Notice, WorkItem
from members.services.activities import ActivityRow, record_batch
from members.services.notices import NoticeRow, add_notices
from members.services.work import list_waiting, process_due_work


@pytest.fixture
def consumer(registered):
    def add(process, code="test.later"):
        registry.register_consumer(code, ["visit"], process)
        registered(registry.consumers, code)

    return add


@pytest.fixture
def record(make_member, now):
    member = make_member()

    def run(count=1):
        for _ in range(count):
            record_batch("visit", [ActivityRow(member.pk, "visit", now)], now=now)
        return member

    return run


@pytest.mark.django_db
def test_each_row_is_processed_once(consumer, record, now):
    seen = []
    consumer(lambda batch_id, at: seen.append(batch_id))
    record(3)
    assert list_waiting(now + dt.timedelta(minutes=5)) == {"test.later": dt.timedelta(minutes=5)}
    assert process_due_work(now=now) == 3
    assert process_due_work(now=now) == 0
    assert len(set(seen)) == 3
    assert list_waiting(now) == {}


@pytest.mark.django_db
def test_one_with_plenty_to_do_holds_up_no_other(consumer, record, now):
    seen = []
    for code in ("test.first", "test.second"):
        consumer(lambda batch_id, at, code=code: seen.append(code), code)
    record(3)
    assert process_due_work(now=now, limit=2) == 4
    assert sorted(seen) == ["test.first", "test.first", "test.second", "test.second"]


@pytest.mark.django_db
def test_failed_row_waits_longer_and_blocks_no_other(consumer, record, now):
    done = []

    def process(batch_id, at):
        if batch_id == first:
            raise RuntimeError("broken batch")
        done.append(batch_id)

    consumer(process)
    member = record(2)
    first = WorkItem.objects.order_by("batch_id").first().batch_id
    assert process_due_work(now=now) == 1
    item = WorkItem.objects.get()
    assert item.attempt_count == 1
    assert item.due_at == now + dt.timedelta(minutes=1)
    assert item.last_error == "RuntimeError: broken batch"
    assert process_due_work(now=now) == 0
    assert process_due_work(now=item.due_at) == 0
    item.refresh_from_db()
    assert item.due_at == now + dt.timedelta(minutes=1 + 2)
    assert len(done) == 1
    assert member.pk


@pytest.mark.django_db
def test_what_a_failing_consumer_wrote_is_undone(consumer, record, now):
    def process(batch_id, at):
        add_notices([NoticeRow(member.pk, "test", at, f"b{batch_id}")], now=at)
        raise RuntimeError

    consumer(process)
    member = record()
    process_due_work(now=now)
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_rows(consumer, record, now):
    seen, lock = [], threading.Lock()
    both_inside = threading.Barrier(2, timeout=10)

    def process(batch_id, at):
        both_inside.wait()  # breaks where one worker waits for the other's row
        with lock:
            seen.append(batch_id)

    def run():
        try:
            process_due_work(now=now)
        finally:
            connection.close()

    consumer(process)
    record(2)
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 2
    assert not WorkItem.objects.exists()
