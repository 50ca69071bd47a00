"""What the probes answer, and to whom; servers that go away: tests/workshop/test_compose.py."""

import datetime as dt

import pytest
from celery import current_app
from django.core.cache import caches
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from core.services.heartbeat import record_heartbeat
from loyalty_site.health import SILENT_AFTER, WORKER
from members import registry
from members.models import ActivityBatch, WorkItem
from members.services.work import LATE_AFTER


@pytest.fixture
def ask():
    """A probe by address, over plain HTTP, as a container's health check comes."""
    client = Client(headers={"host": "10.1.2.3:8000"}, raise_request_exception=False)
    return client.get


@pytest.fixture
def living(db):
    """A worker has just shown a sign of life."""
    record_heartbeat(WORKER, now=timezone.now())


@pytest.fixture
def waiting():
    """``waiting(minutes)`` registers a queue whose oldest row has waited so long."""

    def register(minutes):
        registry.register_waiting_queue(
            "parcels",
            lambda now: {"": dt.timedelta(minutes=minutes)},
            late_after=dt.timedelta(minutes=10),
        )

    yield register
    registry.waiting_queues.remove("parcels")


def failed(response):
    assert response.status_code == 503
    body = response.json()
    assert body["ready"] is False
    return {name: result for name, result in body["checks"].items() if not result["ok"]}


def test_living_process_answers_without_a_database(ask, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["club.example.com"], True
    response = ask("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.cookies == {}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_only_read(path):
    assert Client().post(path).status_code == 405


def test_club_is_ready_when_all_answers(ask, living, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["club.example.com"], True
    response = ask("/readyz")
    assert response.status_code == 200
    body = response.json()
    assert body["ready"] is True
    assert list(body["checks"]) == [
        "database", "cache", "broker", "migrations", "worker", "waiting",
    ]  # fmt: skip
    assert body["checks"]["waiting"]["oldest_seconds"] == {}


def test_readiness_is_cheap(ask, living, django_assert_max_num_queries):
    ask("/readyz")
    # Nine of them save, restore and limit; a queue takes one or two.
    with django_assert_max_num_queries(11 + 2 * len(list(registry.waiting_queues))):
        ask("/readyz")


@pytest.mark.django_db
def test_worker_that_never_lived_is_named(ask):
    found = failed(ask("/readyz"))
    assert list(found) == ["worker"]
    assert found["worker"]["reason"] == "no sign of life yet"


@pytest.mark.django_db
def test_silent_worker_is_named_with_its_silence(ask):
    record_heartbeat(WORKER, now=timezone.now() - SILENT_AFTER - dt.timedelta(seconds=5))
    found = failed(ask("/readyz"))
    assert list(found) == ["worker"]
    assert found["worker"]["reason"] == "no sign of life of late"
    assert found["worker"]["seconds"] >= SILENT_AFTER.total_seconds()


def test_migration_that_the_database_has_not_seen_is_named(ask, living):
    MigrationRecorder.Migration.objects.filter(app="core", name="0001_initial").delete()
    found = failed(ask("/readyz"))
    assert found["migrations"]["missing"] == ["core.0001_initial"]
    assert found["migrations"]["reason"] == "run manage.py migrate"


def test_database_ahead_of_the_code_is_no_matter(ask, living, now):
    MigrationRecorder.Migration.objects.create(app="core", name="9999_later", applied=now)
    assert ask("/readyz").status_code == 200


def test_rows_within_their_time_are_shown_and_late_ones_named(ask, living, waiting):
    waiting(9)
    ages = ask("/readyz").json()["checks"]["waiting"]["oldest_seconds"]
    assert ages == {"parcels": 540}
    registry.waiting_queues.remove("parcels")
    waiting(11)
    assert failed(ask("/readyz"))["waiting"]["late"] == ["parcels"]


def test_work_rows_that_nobody_did_are_late(ask, living):
    then = timezone.now() - LATE_AFTER - dt.timedelta(seconds=5)
    batch = ActivityBatch.objects.create(kind="visit", recorded_at=then, activity_count=1)
    WorkItem.objects.create(batch=batch, consumer="post", recorded_at=then, due_at=then)
    assert failed(ask("/readyz"))["waiting"]["late"] == ["work.post"]


def test_closed_broker_and_cache_are_named_without_their_addresses(ask, living, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://:s3cret@127.0.0.1:9/0")
    monkeypatch.setattr(
        type(caches["default"]), "set", lambda *args: (_ for _ in ()).throw(OSError("s3cret"))
    )
    response = ask("/readyz")
    found = failed(response)
    assert list(found) == ["cache", "broker"]
    assert found["cache"]["reason"] == "no answer (OSError)"
    assert found["broker"]["reason"].startswith("no answer (")
    assert b"s3cret" not in response.content


def test_beat_is_a_task_of_the_schedule(db):
    from loyalty_site.celery import app
    from loyalty_site.tasks import beat

    assert app.conf.beat_schedule["beat"]["task"] == beat.name
    assert dt.timedelta(seconds=app.conf.beat_schedule["beat"]["schedule"]) < SILENT_AFTER / 3
    beat()
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("queue", list(registry.waiting_queues), ids=lambda queue: queue.code)
def test_every_queue_is_asked_briefly(queue, db, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        assert queue.list_oldest(now) == {}
