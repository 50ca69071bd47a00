import datetime as dt

import pytest

from core.models import AuditEntry
from loyalty_site.demo.programme import set_up_programme
from members.services.enrolment import create_member
from members.services.profiles import close_member
from rewards.enums import AccountKind, Reason
from rewards.models import Lot, Transfer
from rewards.services.grants import CannotGrant, InvalidGrant, grant_points
from rewards.services.ledger import write_ledger
from rewards.services.settlement import open_settled_ledger
from rewards.services.verification import verify_ledger

NOW = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
LAST = dt.date(2026, 3, 6)


@pytest.fixture
def member(db):
    set_up_programme(now=NOW)
    return create_member(now=NOW, source="counter", family_name="Lee")


def grant(member, points=150, *, expires_on=LAST, key="k1", now=NOW):
    return grant_points(
        member, points, expires_on=expires_on, note="Sorry", key=key, by=None, now=now
    )


def balances(member):
    return dict(member.accounts.values_list("kind", "balance"))


def test_a_grant_opens_a_lot_with_its_own_last_day(member):
    transfer = grant(member)

    lot = Lot.objects.get()
    assert (transfer.amount, transfer.reason) == (150, Reason.GRANT)
    assert (lot.available, lot.expires_on, lot.award_id) == (150, LAST, None)
    assert balances(member) == {"available": 150}
    entry = AuditEntry.objects.get(action="points.granted")
    assert entry.note.text == "Sorry"
    assert entry.changes["points"] == 150
    assert verify_ledger()[1] == []


def test_without_a_day_the_programme_decides(member):
    grant(member, expires_on=None)
    assert Lot.objects.get().expires_on == dt.date(2027, 3, 2)


def test_the_same_key_grants_once(member):
    first = grant(member)
    again = grant(member)
    other = grant(member, key="k2")
    assert first == again != other
    assert balances(member) == {"available": 300}
    assert AuditEntry.objects.filter(action="points.granted").count() == 2


def test_a_grant_repays_what_is_owed(member):
    ledger = open_settled_ledger([member.pk], now=NOW)
    ledger.books[member.pk].transfer(
        AccountKind.OWED, AccountKind.RETURNED, 40, Reason.OWE, at=NOW, key="test:owe"
    )
    write_ledger(ledger, now=NOW)

    grant(member, 100)

    assert balances(member) == {"available": 60, "owed": 0}
    assert verify_ledger()[1] == []


def test_a_grant_expires_after_its_day(member):
    grant(member)
    grant(member, 10, expires_on=None, key="k2", now=NOW + dt.timedelta(days=5))
    assert balances(member) == {"available": 10}
    assert Transfer.objects.get(reason=Reason.EXPIRE).amount == 150


@pytest.mark.parametrize(
    ("points", "expires_on"), [(0, LAST), (-5, LAST), (10, dt.date(2026, 3, 1))]
)
def test_a_grant_that_means_nothing_is_refused(member, points, expires_on):
    with pytest.raises(InvalidGrant):
        grant(member, points, expires_on=expires_on)
    assert not Transfer.objects.exists()


def test_the_day_itself_is_usable(member):
    grant(member, expires_on=dt.date(2026, 3, 2))
    assert balances(member) == {"available": 150}


def test_an_ended_membership_gets_nothing(member):
    member = close_member(member, by=None, now=NOW)
    with pytest.raises(CannotGrant):
        grant(member)
