"""Several workers at one act, and members who spend meanwhile."""

import datetime as dt

import pytest

from members.models import Audience, User
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from rewards.models import Alert, BulkAct, Lot, Transfer
from rewards.services import bulk_running
from rewards.services.alerts import look_for_alerts
from rewards.services.bulk import BulkNotDraft, cancel_bulk, confirm_bulk, draft_bulk
from rewards.services.bulk_running import run_bulk_act
from rewards.services.grants import grant_points
from rewards.services.holding import hold_points
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 40


@pytest.fixture
def crowd(programme, now):
    audience = ensure_audience("friends", kind="list", name="Friends")
    members = []
    for number in range(COUNT):
        member = create_member(now=now, source="test", family_name=f"Name{number}")
        member.user = User.objects.create(email=f"m{number}@example.com")
        member.save(update_fields=["user"])
        members.append(member)
    move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
    return members


@pytest.fixture
def act(crowd, staff, now, monkeypatch):  # noqa: F811
    monkeypatch.setattr(bulk_running, "BATCH", 3)
    return draft_bulk(
        "grant", Audience.objects.get(slug="friends"), public_reason="Sorry", points=50,
        by=staff("owner"), now=now,
    )  # fmt: skip


def errors(results):
    return [result for result in results if isinstance(result, Exception)]


def test_confirmed_once_however_often_it_is_pressed(act, staff, now):  # noqa: F811
    """Lock: the act's row."""
    results = together(*(lambda: confirm_bulk(act, by=staff("owner"), now=now) for _ in range(5)))
    assert sum(isinstance(result, BulkNotDraft) for result in results) == 4
    act.refresh_from_db()
    assert (act.state, act.member_count, act.rows.count()) == ("running", COUNT, COUNT)


def test_five_workers_give_each_member_once(act, crowd, staff, now):  # noqa: F811
    """Locks: the act's rows, each claimed by one worker; the rest of the keys stand behind."""
    confirm_bulk(act, by=staff("owner"), now=now)
    results = together(*(lambda: run_bulk_act(act.pk, now=now) for _ in range(5)))
    assert errors(results) == []
    act.refresh_from_db()
    assert (act.state, act.done_count, act.moved_points) == ("done", COUNT, 50 * COUNT)
    assert all(balances(member) == {"available": 50} for member in crowd)
    assert Transfer.objects.filter(reason="grant").count() == COUNT
    assert_ledger_true()


def test_spending_beside_a_run_loses_nothing(act, crowd, staff, now):  # noqa: F811
    for member in crowd:
        grant_points(
            member, 60, expires_on=dt.date(2026, 3, 15), note="", key=f"g{member.pk}", by=None,
            now=now,
        )  # fmt: skip
    BulkAct.objects.filter(pk=act.pk).update(
        kind="expiry", points=None, until_on=dt.date(2026, 6, 30)
    )
    act.refresh_from_db()
    confirm_bulk(act, by=staff("owner"), now=now)
    results = together(
        lambda: run_bulk_act(act.pk, now=now),
        lambda: run_bulk_act(act.pk, now=now),
        *(lambda m=m: hold_points(m, 25, cause=("test", m.pk), now=now) for m in crowd[:12]),
    )
    assert errors(results) == []
    act.refresh_from_db()
    assert (act.done_count, act.moved_points) == (COUNT, 60 * COUNT)
    assert set(Lot.objects.values_list("expires_on", flat=True)) == {dt.date(2026, 6, 30)}
    assert balances(crowd[0]) == {"available": 35, "held": 25}
    assert_ledger_true()


def test_cancelling_beside_a_run_stops_it_whole(act, crowd, staff, now):  # noqa: F811
    confirm_bulk(act, by=staff("owner"), now=now)
    together(
        lambda: run_bulk_act(act.pk, now=now),
        lambda: cancel_bulk(act, by=staff("manager"), now=now),
    )
    act.refresh_from_db()
    given = sum(balances(member).get("available", 0) for member in crowd)
    assert (act.moved_points, act.done_count * 50) == (given, given)
    assert_ledger_true()


def test_two_checks_at_once_tell_it_once(make_rule, now):
    """Constraint: alert_once_while_open."""
    rule = make_rule("party", budget_points=100).rule
    rule.used_points = 100
    rule.save(update_fields=["used_points"])
    results = together(*(lambda: look_for_alerts(now=now) for _ in range(6)))
    assert errors(results) == []
    assert Alert.objects.count() == 3
