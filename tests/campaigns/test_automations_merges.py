"""Records that become one, or nothing, while automations take them on their way."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, transaction

from campaigns.models import Journey
from campaigns.services.automations.entering import follow_batch, follow_notices
from campaigns.services.automations.running import run_batch
from core.errors import DomainError
from members.models import Activity, Member
from members.services.activities import ActivityRow, record_batch
from members.services.erasing import erase_member
from members.services.merging import merge_members
from members.services.notices import NoticeRow, add_notices
from rewards.models import Account
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import MESSAGE, points

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 60


def beside(*acts):
    """What each of them returned or raised, all at once, each with a connection of its own."""

    def go(act):
        close_old_connections()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(go, act) for act in acts]]


def test_neither_waits_for_the_other_in_a_circle(automate, person, programme, now):
    """A deadlock raises; the sweep would try again, and whoever merges would read an error."""
    people = [person() for _ in range(PEOPLE)]
    automate("notice", {"code": "tier_up"}, points(10), MESSAGE, budget_count=10_000)
    automate("notice", {"code": "spins_given"}, points(5), budget_count=10_000)
    automate("activity", {"kind": "signup"}, points(1), budget_count=10_000)
    automate("activity", {"kind": "signup"}, MESSAGE)
    for turn in range(4):
        codes = zip(people, itertools.cycle(["tier_up", "spins_given"]), strict=False)
        add_notices([NoticeRow(each.pk, code, now, f"up:{turn}") for each, code in codes], now=now)
    rows = [ActivityRow(each.pk, "signup", now) for each in people]
    record_batch("signup", rows, payload=rows, now=now)
    batch = Activity.objects.get(pk=rows[0].id).batch_id
    left = people[: PEOPLE // 2]

    def sweep():
        with transaction.atomic():  # as work is done
            follow_batch(batch, now)
        for _turn in range(30):
            follow_notices(now=now)
            run_batch(now=now, size=7)

    def merge():
        for source, target in zip(left[::2], reversed(people[PEOPLE // 2 :]), strict=False):
            merge_members(source, target, by=None, reason="the same person", now=now)

    def erase():
        for member in left[1::2]:
            try:
                erase_member(member, by=None, now=now)
            except DomainError:
                continue

    beside(sweep, sweep, merge, erase)
    while run_batch(now=now):
        pass
    assert not Journey.objects.filter(state="active").exists()
    assert Member.objects.filter(status="merged").count() == PEOPLE // 4
    kept = Account.objects.filter(kind="available", member__in=people[PEOPLE // 4 :])
    assert sum(kept.values_list("balance", flat=True)) > 0
