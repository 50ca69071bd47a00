import datetime as dt
from types import SimpleNamespace

import pytest

from members.enums import AudienceKind
from members.selectors.gates import GateClosed, GateNotYetOpen, GateOver, check_gates
from members.services.audiences import AudienceMove, ensure_audience, ensure_everyone, move_members

pytestmark = pytest.mark.django_db
NINE = dt.datetime(2026, 3, 10, 16, 0, tzinfo=dt.UTC)  # nine in the morning in Los Angeles
NOON = NINE + dt.timedelta(hours=3)


@pytest.fixture
def gold():
    return ensure_audience("tier-gold", kind=AudienceKind.TIER, name="Gold")


@pytest.fixture
def gates(gold):
    """Early access: gold at 09:00, everyone at 12:00."""
    everyone = ensure_everyone()
    return [
        SimpleNamespace(audience_id=everyone.pk, opens_at=NOON, closes_at=None),
        SimpleNamespace(audience_id=gold.pk, opens_at=NINE, closes_at=None),
    ]


def later(minutes):
    return NINE + dt.timedelta(minutes=minutes)


def test_early_access_goes_by_the_rows_at_the_press(make_member, gold, gates, now):
    member = make_member()
    move_members(None, [AudienceMove(gold.pk, member.pk)], now=now)
    assert check_gates(member, gates, now=later(10)).is_early
    move_members(None, [AudienceMove(gold.pk, member.pk, is_added=False)], now=later(20))
    with pytest.raises(GateNotYetOpen, match=r"March 10, 2026, 12:00|noon"):
        check_gates(member, gates, now=later(30))
    assert check_gates(member, gates, now=NOON).audience_id == gates[0].audience_id


def test_nothing_without_a_gate_is_open(make_member, now):
    with pytest.raises(GateClosed):
        check_gates(make_member(), [], now=now)


def test_gate_closes_at_its_last_instant(make_member, gates):
    gates[0].closes_at = later(300)
    member = make_member()
    assert check_gates(member, gates, now=later(299))
    with pytest.raises(GateOver):
        check_gates(member, gates, now=later(300))


def test_gates_take_one_query(make_member, gates, django_assert_num_queries):
    member = make_member()
    with django_assert_num_queries(1):
        check_gates(member, gates, now=NOON)
