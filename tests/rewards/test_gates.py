import datetime as dt
from types import SimpleNamespace

import pytest

from members.models import User
from members.selectors.gates import GateClosed, check_gates
from members.services.audiences import AudienceMove, ensure_everyone, move_members
from rewards.models import Tier
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import capture_hold, hold_points

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 5)


def test_reservation_survives_the_loss_of_the_tier(counter, rules):
    counter.buy("mei", "1200", on=DAY - dt.timedelta(days=1))
    mei = counter.member("mei")
    mei.user = User.objects.create(email="mei@example.com")
    mei.save(update_fields=["user"])
    gold = Tier.objects.get(slug="gold").audience_id
    gates = [
        SimpleNamespace(audience_id=gold, opens_at=at(DAY, 9), closes_at=None),
        SimpleNamespace(audience_id=ensure_everyone().pk, opens_at=at(DAY, 12), closes_at=None),
    ]
    ten_past = at(DAY, 9) + dt.timedelta(minutes=10)
    check_gates(mei, gates, now=ten_past)
    hold = hold_points(mei, 70, key="order", now=ten_past)
    move_members(None, [AudienceMove(gold, mei.pk, is_added=False)], now=at(DAY, 9))
    with pytest.raises(GateClosed):
        check_gates(mei, gates, now=ten_past + dt.timedelta(minutes=20))
    capture_hold(hold, now=at(DAY, 10))
    assert balances(mei)["available"] == 1130
    move_members(None, [AudienceMove(gold, mei.pk)], now=at(DAY, 10))
    assert_ledger_true()
