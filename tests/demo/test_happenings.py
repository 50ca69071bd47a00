"""What staff and members find in the demonstration, beside its purchases."""

import datetime as dt
import zipfile

import pytest
from django.core.management import call_command
from django.db.models import F
from django.urls import reverse

from core.time import get_zone
from loyalty_site.demo.clock import awake
from loyalty_site.demo.counter import PINS, list_register_names
from loyalty_site.demo.removal import remove_demo
from loyalty_site.demo.webhooks import URLS
from members.models import Consent, DataExport, Erasure, ErasureRequest, Member, User
from members.services.pins import set_pin
from purchases.models import Purchase, ShopConnection, ShopRefund, WebhookDelivery
from rewards.models import (
    Delivery,
    Redemption,
    Register,
    RewardSession,
    Transfer,
    WebhookEndpoint,
    WebhookMessage,
)
from rewards.services.verification import verify_ledger

ZONE = "America/Los_Angeles"


# --- The counter ---------------------------------------------------------------------------------


def test_somebody_can_serve_at_once(stories, client, now):
    clerk = User.objects.get(email="clerk@example.com")
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    register = Register.objects.get(store__code="main-street")

    client.post(reverse("admin:counter_register"), {"register": register.pk})
    client.post(reverse("admin:counter_switch"), {"clerk": clerk.pk, "pin": PINS["clerk"]})

    page = client.get(reverse("admin:counter"))
    assert page.status_code == 200
    assert "Sam Whitfield" in page.content.decode()


def test_each_store_has_a_register(stories):
    made = Register.objects.active().values_list("store__code", "name")
    assert sorted(made) == sorted(list_register_names())


def test_pins_are_printed(stories, capsys):
    call_command("demo_logins")
    printed = capsys.readouterr().out
    assert all(pin in printed for pin in PINS.values())


def test_a_pin_of_ones_own_is_not_printed(stories, now, capsys):
    clerk = User.objects.get(email="clerk@example.com")
    set_pin(clerk, "918273", by=clerk, now=now + dt.timedelta(days=1))
    call_command("demo_logins")
    printed = capsys.readouterr().out
    assert PINS["manager"] in printed
    assert PINS["clerk"] not in printed
    assert "918273" not in printed


# --- What was agreed to, downloaded and forgotten ------------------------------------------------


def test_a_consent_is_given_withdrawn_and_given_again(stories):
    member = Member.objects.get(email="yuki.hoshino@example.org")
    offers = Consent.objects.filter(member=member, purpose="offers", channel="email")
    offers = offers.order_by("effective_at")
    assert list(offers.values_list("is_given", "source")) == [
        (True, "profile"),
        (False, "link"),
        (True, "profile"),
    ]
    assert {row.wording.locale for row in offers} == {"ja"}
    early = Consent.objects.filter(effective_at__lt=F("member__joined_at"))
    assert not early.exists()


def test_a_download_is_ready_and_open(stories, now):
    export = DataExport.objects.get()
    assert export.can_be_downloaded(now)
    with export.file.open() as file, zipfile.ZipFile(file) as archive:
        assert "README.txt" in archive.namelist()


def check_one_waits_to_be_forgotten_and_one_is(now):
    waiting = ErasureRequest.objects.waiting().get()
    assert waiting.requested_at < now < waiting.due_at
    assert waiting.told_at is not None
    done = ErasureRequest.objects.exclude(pk=waiting.pk).get()
    assert done.state == "done"
    assert done.due_at < done.closed_at == now
    erased = Member.objects.get(pk=done.member_id)
    assert (erased.status, erased.email, erased.phone) == ("erased", None, None)
    assert Erasure.objects.get().erased_at == now


def test_files_go_with_the_demonstration(
    stories, now, private_folder, django_capture_on_commit_callbacks
):
    assert list(private_folder.rglob("*.zip"))
    with django_capture_on_commit_callbacks(execute=True):
        remove_demo(now=now)
    assert not list(private_folder.rglob("*.zip"))


# --- Shops and addresses -------------------------------------------------------------------------


def check_a_shop_of_each_kind_with_messages_of_each_outcome(now):
    kinds = ShopConnection.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["shopify", "woocommerce"]
    found = set(WebhookDelivery.objects.values_list("verdict", "state"))
    assert found == {
        ("accepted", "done"),
        ("accepted", "ignored"),
        ("accepted", "parked"),
        ("ping", "ignored"),
        ("old_secret", "refused"),
        ("wrong_signature", "refused"),
    }
    assert WebhookDelivery.objects.filter(seen_count=2).count() == 1
    assert not WebhookDelivery.objects.exclude(last_error="").exists()
    assert sorted(ShopRefund.objects.values_list("state", flat=True)) == ["applied", "parked"]
    amended = Purchase.objects.get(source__code="plumtree-pantry", version=2)
    assert amended.lines.count() == 3
    times = WebhookDelivery.objects.order_by("pk").values_list("received_at", flat=True)
    assert list(times) == sorted(times)


def check_addresses_that_are_told_send_nothing_more(now):
    endpoints = WebhookEndpoint.objects.all()
    assert sorted(endpoints.values_list("url", flat=True)) == sorted(URLS.values())
    assert not endpoints.open().exists()
    states = WebhookMessage.objects.values_list("endpoint__url", "state").distinct()
    assert set(states) == {
        (URLS["screen"], "sent"),
        (URLS["letters"], "sent"),
        (URLS["letters"], "failed"),
        (URLS["letters"], "waiting"),
    }


# --- Redemptions ---------------------------------------------------------------------------------


def check_each_page_of_staff_has_something_to_do(now):
    assert Delivery.objects.filter(redemption__state="confirmed").to_pack().exists()
    assert set(Delivery.objects.values_list("state", flat=True)) >= {"to_pack", "packed"}
    gone = Delivery.objects.filter(state__in=["sent", "delivered", "returned"])
    assert not gone.filter(tracking_number="").exists()
    assert RewardSession.objects.filter(seats_left__lt=F("seat_count")).exists()
    kinds = set(Redemption.objects.values_list("reward__kind", flat=True))
    assert kinds >= {"goods", "experience", "download", "voucher"}
    states = set(Redemption.objects.values_list("state", flat=True))
    assert states >= {"confirmed", "fulfilled", "used", "cancelled"}


def check_nobody_redeems_before_joining(now):
    assert not Redemption.objects.filter(reserved_at__lt=F("member__joined_at")).exists()


def check_nobody_spends_what_they_earn_later(now):
    """Read in the order of time, no balance goes below zero."""
    for member in Member.objects.filter(redemptions__isnull=False).distinct():
        balance = 0
        rows = Transfer.objects.filter(member=member, unit="points").order_by("effective_at", "pk")
        for row in rows.select_related("debit_account", "credit_account"):
            balance += _change(row, member)
            assert balance >= 0, (member.pk, row.pk, row.effective_at)


def _change(row, member):
    """What an entry adds to the points that can be used."""
    change = 0
    if row.credit_account.member_id == member.pk and row.credit_account.kind == "available":
        change += row.amount
    if row.debit_account.member_id == member.pk and row.debit_account.kind == "available":
        change -= row.amount
    return change


def check_the_sleeper_sleeps_and_the_saver_saves(now):
    for email in ("yongfu.he@example.org", "huiwen.xu@example.com"):
        assert not Redemption.objects.filter(member__email=email).exists()


def check_nothing_is_redeemed_at_night(now):
    hours = {
        moment.astimezone(get_zone(ZONE)).hour
        for moment in Redemption.objects.filter(reserved_at__lt=now - dt.timedelta(days=1))
        .values_list("reserved_at", flat=True)
    }  # fmt: skip
    assert hours <= set(range(8, 21))


@pytest.mark.parametrize(
    ("wall", "awake_at"), [((0, 0), "08:00"), ((12, 0), "14:30"), ((23, 59), "20:59")]
)
def test_moments_move_into_the_day(stories, wall, awake_at):
    moment = dt.datetime(2026, 11, 3, *wall, tzinfo=get_zone(ZONE))
    moved = awake(moment).astimezone(get_zone(ZONE))
    assert (moved.date(), f"{moved:%H:%M}") == (moment.date(), awake_at)


# --- The books -----------------------------------------------------------------------------------


def check_the_books_are_right(now):
    assert verify_ledger()[1] == []


def test_a_larger_club(larger_club, now):
    check_one_waits_to_be_forgotten_and_one_is(now)
    check_a_shop_of_each_kind_with_messages_of_each_outcome(now)
    check_addresses_that_are_told_send_nothing_more(now)
    check_each_page_of_staff_has_something_to_do(now)
    check_nobody_redeems_before_joining(now)
    check_nobody_spends_what_they_earn_later(now)
    check_the_sleeper_sleeps_and_the_saver_saves(now)
    check_nothing_is_redeemed_at_night(now)
    check_the_books_are_right(now)

    remove_demo(now=now)

    for model in (ShopConnection, WebhookDelivery, WebhookEndpoint, Register, Erasure, DataExport):
        assert not model.objects.exists()
    assert not Purchase.objects.exists()
