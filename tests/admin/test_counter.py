"""The counter: who may open it, who is there, who they are on record as."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse

from core.models import AuditEntry
from members.models import StaffPin, User
from members.services.logins import create_login
from members.services.pins import set_pin
from purchases.models import Purchase
from rewards.models import Register
from rewards.services.redemption import redeem_reward
from tests.admin.counters import PIN, prove_log_in, url

pytestmark = pytest.mark.django_db

PAGES = {
    "": (),
    "enrol": (),
    "member": ("member",),
    "rewards": ("member",),
    "redeem": ("member", "reward"),
    "sale": (),
    "receipt": ("purchase",),
    "return": ("purchase",),
    "voucher": ("voucher",),
    "poster": (),
    "register": (),
    "switch": (),
}


@pytest.fixture
def things(mei, make_reward, now):
    reward = make_reward()
    return {
        "member": mei.pk,
        "reward": reward.pk,
        "voucher": redeem_reward(mei, reward, key="a", by=None, now=now).pk,
        "purchase": Purchase.objects.get().pk,
    }


# --- Devices ------------------------------------------------------------------------------------


def test_a_device_is_asked_once_which_register_it_is(clerk, register, clock):
    assert clerk.get(url()).url == url("register")
    response = clerk.post(url("register"), {"register": register.pk})
    cookie = response.cookies["counter_register"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (url(), True, "Lax")
    assert clerk.get(url()).url.startswith(url("switch"))
    entry = AuditEntry.objects.get(action="counter.device_set_up")
    assert (entry.actor, entry.subject_id) == (clerk.user, str(register.pk))


@pytest.mark.parametrize("value", ["1", "x:y", ""])
def test_a_forged_register_is_none(clerk, register, value):
    clerk.cookies["counter_register"] = value
    assert clerk.get(url()).url == url("register")


def test_a_register_out_of_use_is_none(till):
    assert till.get().status_code == 200
    Register.objects.update(is_active=False)
    assert till.get().url == url("register")


@pytest.mark.parametrize("page", PAGES)
def test_clerk_opens_every_page(page, till, things):
    response = till.get(page, *(things[name] for name in PAGES[page]))
    assert response.status_code == 200
    assert "camera=(self)" in response["Permissions-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("page", PAGES)
def test_marketer_opens_none(page, log_in, register, clock, things):
    client = log_in("marketer")
    arguments = [things[name] for name in PAGES[page]]
    assert client.get(url(page, *arguments)).status_code == 403
    assert client.post(url("register"), {"register": register.pk}).status_code == 403


def test_other_pages_open_no_camera(till, client):
    for path in ("/admin/", "/"):
        response = till.client.get(path, follow=True)
        assert response["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"


# --- Who is there ---------------------------------------------------------------------------------


def test_name_then_pin_then_the_page_that_was_wanted(set_up, now):
    till = set_up("clerk")
    sam = till.client.user
    page = till.get("switch")
    assert list(page.context["clerks"]) == []
    assert "You have no PIN yet" in page.content.decode()
    set_pin(sam, PIN, by=sam, now=now)
    assert list(till.get("switch").context["clerks"]) == [sam]
    response = till.give_pin(sam, next=url("enrol"))
    assert response.url == url("enrol")
    assert till.get("enrol").status_code == 200
    entry = AuditEntry.objects.get(action="counter.switched")
    assert (entry.actor, entry.changes) == (sam, {"before": None})


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/admin/", "x"])
def test_pin_leads_nowhere_but_to_the_counter(till, target):
    assert till.give_pin(till.clerk, next=target).url == url()


def test_wrong_pin_is_said_limited_and_on_record(set_up, now):
    till = set_up("clerk")
    sam = till.client.user
    set_pin(sam, PIN, by=sam, now=now)
    for _try in range(4):
        response = till.give_pin(sam, "000001")
        assert (response.status_code, response.context["refusal"]) == (
            422, "That is not the PIN.",
        )  # fmt: skip
    assert "locked until" in till.give_pin(sam, "000001").context["refusal"]
    assert "locked until" in till.give_pin(sam).context["refusal"]
    assert till.get().url.startswith(url("switch"))
    assert AuditEntry.objects.filter(
        action="pin.wrong", changes__register=till.register.pk
    ).count() == 5  # fmt: skip


def test_only_who_may_serve_is_offered(till, now):
    for email, fields in (
        ("plain@example.com", {"is_staff": True}),
        ("gone@example.com", {"is_staff": True, "roles": ("clerk",)}),
        ("member@example.com", {}),
        ("boss@example.com", {"is_staff": True, "is_superuser": True}),
    ):
        user = create_login(email=email, by=None, now=now, **fields)
        set_pin(user, PIN, by=user, now=now)
    User.objects.filter(email="gone@example.com").update(is_active=False)
    offered = {user.email for user in till.get("switch").context["clerks"]}
    assert offered == {"clerk@example.com", "boss@example.com"}
    plain = User.objects.get(email="plain@example.com")
    assert till.give_pin(plain).status_code == 200  # the list again


def test_who_gave_the_pin_is_named_whoever_is_logged_in(set_up, mei, now):
    till = set_up("manager")
    sam = create_login(
        email="sam@example.com", display_name="Sam", is_staff=True, roles=("clerk",), by=None,
        now=now,
    )  # fmt: skip
    set_pin(sam, PIN, by=sam, now=now)
    till.give_pin(sam)
    till.post(
        "sale", do="ring_up", price="5", quantity="1", product="", member=mei.pk, key="k" * 16
    )
    assert AuditEntry.objects.get(action="counter.sold").actor == sam
    till.get("member", mei.pk)
    assert AuditEntry.objects.get(action="member.viewed").actor == sam


def test_permissions_are_those_of_the_person(set_up, mei, now):
    till = set_up("manager")
    new = create_login(email="new@example.com", is_staff=True, by=None, now=now)
    new.user_permissions.add(Permission.objects.get(codename="use_counter"))
    set_pin(new, PIN, by=new, now=now)
    till.give_pin(new)
    assert till.get().status_code == 200
    assert "New member" not in till.get().content.decode()
    assert till.get("enrol").status_code == 403
    assert till.post("claim_code", mei.pk).status_code == 403
    assert till.get("return", Purchase.objects.get().pk).status_code == 403
    new.user_permissions.clear()
    assert till.get().status_code == 403


def test_it_locks_after_three_minutes_without_a_touch(till, now):
    moment = now
    for _touch in range(3):
        moment += dt.timedelta(minutes=2, seconds=50)
        with time_machine.travel(moment, tick=False):
            assert till.get().status_code == 200
    moment += dt.timedelta(minutes=3, seconds=1)
    with time_machine.travel(moment, tick=False):
        assert till.get("enrol").url == f"{url('switch')}?next={url('enrol').replace('/', '%2F')}"


def test_a_form_that_came_too_late_leads_back_to_its_page(till, now):
    with time_machine.travel(now + dt.timedelta(minutes=4), tick=False):
        page = url("sale")
        response = till.client.post(page, {}, headers={"referer": f"http://testserver{page}"})
    assert response.url == f"{url('switch')}?next={page.replace('/', '%2F')}"


def test_lock_ends_the_turn_and_is_on_record(till):
    response = till.post("lock", next=url("sale"))
    assert response.url == f"{url('switch')}?next={url('sale').replace('/', '%2F')}"
    assert till.get().url.startswith(url("switch"))
    assert AuditEntry.objects.get(action="counter.locked").actor == till.clerk
    till.post("lock")
    assert AuditEntry.objects.filter(action="counter.locked").count() == 1


@pytest.mark.parametrize("end", ["new PIN", "no PIN", "left"])
def test_the_turn_ends_with_the_pin_or_the_login(till, now, end):
    later = now + dt.timedelta(seconds=5)
    if end == "new PIN":
        set_pin(till.clerk, "618305", by=till.clerk, now=later)
    elif end == "no PIN":
        StaffPin.objects.all().delete()
    else:
        User.objects.filter(pk=till.clerk.pk).update(is_staff=False)
    answer = till.get()
    assert answer.url.startswith((url("switch"), reverse("admin:login")))


def test_a_register_of_one_person_asks_for_no_pin(set_up):
    till = set_up("clerk")
    Register.objects.update(asks_for_pin=False)
    assert till.get().status_code == 200
    assert "data-idle" not in till.get().content.decode()


# --- One's own PIN --------------------------------------------------------------------------------


def test_own_pin_needs_a_fresh_log_in(set_up):
    till = set_up("clerk")
    assert till.get("pin").status_code == 403  # log in again, it says
    assert till.post("pin", pin=PIN, again=PIN).url == url("pin")
    assert StaffPin.objects.count() == 0
    prove_log_in(till.client)
    assert till.get("pin").status_code == 200
    assert till.post("pin", pin=PIN, again=PIN).url == url()
    assert StaffPin.objects.get().user == till.client.user


@pytest.mark.parametrize(
    ("pin", "again"), [("123456", "123456"), (PIN, "618305"), ("12", "12"), ("", "")]
)
def test_a_pin_that_cant_be_is_refused_in_words(set_up, pin, again):
    till = set_up("clerk")
    prove_log_in(till.client)
    response = till.post("pin", pin=pin, again=again)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert StaffPin.objects.count() == 0
