"""One message wakes a worker, however many wait for it."""

import pytest
from django.core.cache import cache
from django.db import transaction

from core.wakes import note_awake, wake_once_committed

TASK = "tests.look"


@pytest.fixture(autouse=True)
def nobody_waits(db):
    note_awake(TASK)
    yield
    note_awake(TASK)


@pytest.mark.django_db(transaction=True)
def test_one_message_until_the_task_begins(sent_tasks):
    for _time in range(3):
        with transaction.atomic():
            wake_once_committed(TASK)
    assert sent_tasks == [(TASK, [])]

    note_awake(TASK)
    wake_once_committed(TASK)
    assert sent_tasks == [(TASK, [])] * 2


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_wakes_nobody_and_holds_nobody_back(sent_tasks):
    with transaction.atomic():
        wake_once_committed(TASK)
        transaction.set_rollback(True)
    assert sent_tasks == []
    wake_once_committed(TASK)
    assert sent_tasks == [(TASK, [])]


@pytest.mark.django_db(transaction=True)
def test_every_commit_sends_where_processes_share_no_cache(sent_tasks, settings):
    settings.IS_CACHE_SHARED = False
    wake_once_committed(TASK)
    wake_once_committed(TASK)
    assert sent_tasks == [(TASK, [])] * 2


@pytest.mark.django_db(transaction=True)
def test_cache_that_is_away_holds_nobody_back(sent_tasks, monkeypatch):
    def fail(*_args, **_more):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", fail)
    wake_once_committed(TASK)
    assert sent_tasks == [(TASK, [])]
