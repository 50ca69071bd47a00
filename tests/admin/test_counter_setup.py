"""What managers set up for the counter: registers, PINs, what points are worth."""

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.models import StaffPin
from members.services.pins import set_pin
from rewards.admin.counter.rates import build_examples
from rewards.models import PointsRate, Register
from tests.admin.counters import PIN, url

pytestmark = pytest.mark.django_db
RATE = {
    "is_open": "on", "rate_points": "100", "rate_money": "1.00", "minimum_points": "100",
    "step_points": "50", "largest_percent": "40", "starts_at": "",
}  # fmt: skip


def test_manager_adds_a_register(log_in, register, clock):
    manager = log_in("manager")
    response = manager.post(
        reverse("admin:rewards_register_add"),
        {"name": "Till 2", "store": register.store_id, "asks_for_pin": "on", "idle_minutes": 5,
         "is_active": "on"},
    )  # fmt: skip
    assert response.status_code == 302
    made = Register.objects.get(name="Till 2")
    assert AuditEntry.objects.get(action="model.added", subject_id=str(made.pk)).actor
    assert "Till 2" in manager.get(url("register")).content.decode()


def test_manager_removes_a_pin_and_nobody_sees_it(log_in, till):
    manager = log_in("manager")
    pin = StaffPin.objects.get()
    for page in ("changelist", "change"):
        arguments = [pin.pk] if page == "change" else []
        text = manager.get(reverse(f"admin:members_staffpin_{page}", args=arguments))
        assert text.status_code == 200
        assert pin.pin_hash not in text.content.decode()
    target = reverse("admin:members_staffpin_remove", args=[pin.pk])
    assert manager.get(target).status_code == 405
    assert manager.post(target).status_code == 302
    assert AuditEntry.objects.get(action="pin.removed").actor == manager.user
    assert till.get().url.startswith(url("switch"))


def test_clerk_removes_no_pin(clerk, now):
    pin = set_pin(clerk.user, PIN, by=clerk.user, now=now)
    target = reverse("admin:members_staffpin_remove", args=[pin.pk])
    assert clerk.post(target).status_code == 403


# --- What points are worth ----------------------------------------------------------------------


def test_rate_is_published_after_an_example(log_in, programme, clock):
    manager = log_in("manager")
    target = reverse("admin:rewards_pointsrate_publish")
    assert manager.get(target).status_code == 200
    page = manager.post(target, RATE | {"stage": "preview"})
    example = page.context["examples"][1]
    assert (example.bill_amount, [quote.points for quote in example.quotes]) == (
        2000, [250, 800, 800],
    )  # fmt: skip
    assert PointsRate.objects.count() == 0
    assert manager.post(target, RATE | {"stage": "edit"}).status_code == 200
    assert manager.post(target, RATE | {"stage": "publish"}).status_code == 302
    rate = PointsRate.objects.get()
    assert (rate.rate_amount, rate.step_points, rate.starts_at, rate.published_by) == (
        100, 50, clock, manager.user,
    )  # fmt: skip
    assert AuditEntry.objects.get(action="points_rate.published").actor == manager.user
    assert manager.get(target).context["form"]["largest_percent"].value() == 40
    changelist = manager.get(reverse("admin:rewards_pointsrate_changelist")).content.decode()
    assert "100 points = $1.00" in changelist


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_points": "0"},
        {"rate_money": "x"},
        {"rate_money": "0"},
        {"largest_percent": "101"},
        {"step_points": "0"},
        {"minimum_points": "-1"},
        {"starts_at": "2026-03-10T11:59"},
    ],
)
def test_a_rate_that_cant_be_is_refused(log_in, programme, clock, wrong):
    page = log_in("manager").post(
        reverse("admin:rewards_pointsrate_publish"), RATE | wrong | {"stage": "publish"}
    )
    assert page.context["form"].errors.keys() == wrong.keys()
    assert PointsRate.objects.count() == 0


def test_rates_are_published_by_heads_alone(log_in, programme):
    for role in ("clerk", "marketer"):
        target = reverse("admin:rewards_pointsrate_publish")
        assert log_in(role).post(target, RATE | {"stage": "publish"}).status_code == 403


def test_examples_are_of_the_currencys_own_size():
    rate = PointsRate(rate_points=1, rate_amount=1, minimum_points=0, step_points=1,
                      largest_percent=100)  # fmt: skip
    assert [each.bill_amount for each in build_examples(rate, "JPY")] == [500, 2000, 8000, 25000]
    assert [each.bill_amount for each in build_examples(rate, "USD")] == [500, 2000, 8000, 25000]
