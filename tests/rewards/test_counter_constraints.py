import pytest

from members.models import Member, StaffPin, User
from members.services.enrolment import create_member
from purchases.models import Channel, Purchase, ReceiptClaim, Source, Store
from rewards.models import Bill, Register
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(club, now):
    channel = Channel.objects.create(code="shop", name="Shop")
    source = Source.objects.create(code="till", name="Till", default_channel=channel)
    store = Store.objects.create(code="s", name="S", zone="UTC", channel=channel)
    member = create_member(now=now, source="test")
    purchase = Purchase.objects.create(
        source=source, external_id="P0", content_hash=b"", channel=channel, purchased_at=now,
        recorded_at=now, currency="USD", total_amount=500, line_count=1,
    )  # fmt: skip
    register = Register.objects.create(name="Till 0", store=store)
    rows = {
        StaffPin: {"user": User.objects.create(email="a@example.com"), "set_at": now},
        ReceiptClaim: {"member": member, "attempted_at": now, "refusal": "x"},
        Register: {"name": "Till 1", "store": store},
        Bill: {"number": "N", "register": register, "member": member, "total_amount": 1,
               "opened_at": now},
    }  # fmt: skip
    known = {"purchase": purchase, "now": now}

    def build(model, **changes):
        changes = {name: known.get(value, value) for name, value in changes.items()}
        return model.objects.create(**rows[model] | changes)

    assert isinstance(member, Member)
    return build


def test_pin_counts_no_further_than_its_limit(make):
    guards(
        "staff_pin_tries_are_limited",
        lambda **changes: make(StaffPin, **changes),
        {"failed_count": 20},
        {"failed_count": 21},
    )


def test_successful_claim_names_its_purchase(make):
    guards(
        "receipt_claim_names_purchase",
        lambda **changes: make(ReceiptClaim, **changes),
        {"refusal": "", "purchase": "purchase"},
        {"refusal": ""},
    )


def test_a_purchase_is_claimed_once(make):
    guards(
        "receipt_claimed_once",
        lambda **changes: make(ReceiptClaim, purchase="purchase", **changes),
        {},
        {"refusal": ""},
        beside={"refusal": ""},
    )


def test_register_has_its_name_once_in_a_store(make):
    guards(
        "register_once_per_store",
        lambda **changes: make(Register, **changes),
        {"name": "Till 2"},
        {},
        beside={},
    )


@pytest.mark.parametrize("minutes", [0, 61])
def test_register_locks_within_an_hour(make, minutes):
    guards(
        "register_locks_within_an_hour",
        lambda **changes: make(Register, **changes),
        {"idle_minutes": 60},
        {"idle_minutes": minutes},
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"state": "paid", "closed_at": "now"},
        {"state": "open", "purchase": "purchase"},
    ],
)
def test_paid_bill_has_its_purchase(make, bad):
    guards(
        "bill_paid_has_purchase",
        lambda **changes: make(Bill, **changes),
        {"state": "paid", "purchase": "purchase", "closed_at": "now"},
        bad,
    )


@pytest.mark.parametrize("bad", [{"state": "cancelled"}, {"state": "open", "closed_at": "now"}])
def test_closed_bill_has_its_time(make, bad):
    guards(
        "bill_closed_has_time",
        lambda **changes: make(Bill, **changes),
        {"state": "cancelled", "closed_at": "now"},
        bad,
    )
