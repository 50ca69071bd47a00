"""Two sweeps at once, two looks at once, and a worker that dies in the middle of a batch."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection

from campaigns.models import Journey, JourneyStep, Message
from campaigns.services.automations.entering import follow_notices, look_for_members
from campaigns.services.automations.running import run_batch
from members.services.notices import NoticeRow, add_notices
from rewards.models import Account
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import MESSAGE, points, wait

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 60


def at_once(act, times=3):
    def go(_number):
        close_old_connections()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(go, range(times)))


@pytest.fixture
def people(person):
    return [person(birth_month=3, birth_day=10, zone="America/Los_Angeles") for _ in range(PEOPLE)]


def test_sweeps_at_once_take_each_way_once(automate, people, programme, now):
    automate("notice", {"code": "tier_up"}, points(10), MESSAGE, budget_count=1000)
    add_notices([NoticeRow(each.pk, "tier_up", now, "up") for each in people], now=now)
    assert sum(at_once(lambda: follow_notices(now=now))) == PEOPLE
    assert Journey.objects.count() == PEOPLE

    def sweep():
        done = 0
        while count := run_batch(now=now, size=7):
            done += count
        return done

    assert sum(at_once(sweep)) == PEOPLE
    assert Message.objects.count() == PEOPLE
    assert JourneyStep.objects.count() == 2 * PEOPLE
    balances = Account.objects.filter(kind="available", member__isnull=False)
    assert set(balances.values_list("balance", flat=True)) == {10}


def test_looks_at_once_let_each_member_in_once(automate, people, now):
    automate("birthday", {"hour": 9}, MESSAGE, wait(days=1), reentry="after", reentry_days=300)
    at_once(lambda: look_for_members(now=now))
    assert Journey.objects.count() == PEOPLE


def test_a_worker_that_dies_leaves_each_way_to_the_next(automate, people, programme, now):
    """Its connection is cut while the batch is written, as by SIGKILL."""
    automate("birthday", {"hour": 9}, points(10), MESSAGE, budget_count=1000)
    look_for_members(now=now)

    def die():
        write = JourneyStep.objects.bulk_create

        def cut(rows):
            write(rows)
            connection.connection.pgconn.finish()

        JourneyStep.objects.bulk_create = cut
        try:
            run_batch(now=now)
        except Exception as error:
            return type(error).__name__
        finally:
            del JourneyStep.objects.bulk_create

    assert at_once(die, times=1) == ["OperationalError"]
    assert Message.objects.count() == JourneyStep.objects.count() == 0
    while run_batch(now=now):
        pass
    assert Message.objects.count() == PEOPLE
    assert set(Journey.objects.values_list("state", flat=True)) == {"done"}
    later = now + dt.timedelta(hours=1)
    look_for_members(now=later)
    assert Journey.objects.count() == PEOPLE
