"""Back office: whom the club doesn't write to, how often it writes, and when not."""

import datetime as dt

import pytest
from django.urls import reverse

from campaigns.models import SendingPolicy, Suppression
from campaigns.selectors.policy import get_policy
from core.models import AuditEntry
from members.forms_profile import OwnProfileForm, StaffMemberForm
from members.models import ContactCap, ContactPolicy
from tests.campaigns.readers import make_reader

pytestmark = pytest.mark.django_db
LOOK_UP = "admin:campaigns_suppression_add"


def test_an_address_is_looked_up_put_on_the_list_and_lifted(log_in):
    client = log_in("marketer")
    url = reverse(LOOK_UP)
    asked = {"channel": "email", "address": "Gone@example.com"}
    assert "may be written to" in client.post(url, asked).text
    assert not Suppression.objects.exists()  # asking adds nobody
    page = client.post(url, asked | {"add": "1", "reason": "by_hand", "note": "At the counter"})
    assert "At the counter" in page.text
    row = Suppression.objects.get()
    assert "At the counter" in client.post(url, asked | {"address": "gone@EXAMPLE.com"}).text
    assert (
        "gone@example.com" not in client.get(reverse("admin:campaigns_suppression_changelist")).text
    )
    lift = reverse("admin:campaigns_suppression_lift", args=[row.pk])
    assert client.get(lift).status_code == 405
    client.post(lift)
    assert client.post(lift).status_code == 302  # pressed twice
    assert not Suppression.objects.exists()
    assert client.post(url, {"channel": "email", "address": "nobody"}).status_code == 422


def test_clerks_neither_ask_nor_lift(log_in, now):
    row = Suppression.objects.create(
        channel="email", address_key="0" * 32, reason="bounced", added_at=now
    )
    client = log_in("clerk")
    assert client.get(reverse(LOOK_UP)).status_code == 403
    lift = reverse("admin:campaigns_suppression_lift", args=[row.pk])
    assert client.post(lift).status_code == 403


def test_a_manager_changes_caps_and_quiet_hours(log_in):
    client = log_in("manager")
    client.post(reverse("admin:members_contactcap_add"), {"channel": "post", "most": 1, "days": 90})
    cap = ContactCap.objects.get(channel="post", days=90)
    delete = reverse("admin:members_contactcap_delete", args=[cap.pk])
    client.post(delete, {"post": "yes"})
    assert not ContactCap.objects.filter(pk=cap.pk).exists()
    client.post(
        reverse("admin:members_contactpolicy_change", args=[1]),
        {"quiet_from": "22:30", "quiet_until": "07:00", "quiet_channels": ["sms", "email"]},
    )
    policy = ContactPolicy.objects.get()
    assert (policy.quiet_from, policy.quiet_until) == (dt.time(22, 30), dt.time(7))
    assert policy.quiet_channels == ["sms", "email"]
    acts = AuditEntry.objects.filter(action__startswith="contact.").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        "contact.cap_set",
        "contact.cap_removed",
        "contact.quiet_hours_changed",
    ]


def test_the_rules_of_sending_are_one_page_from_the_first_day(log_in):
    client = log_in("manager")
    page = reverse("admin:campaigns_sendingpolicy_change", args=[1])
    assert client.get(reverse("admin:campaigns_sendingpolicy_changelist"))["Location"] == page
    assert client.get(page).context["adminform"].form.instance.holdout_percent == 0
    assert not SendingPolicy.objects.exists()
    for percent in (5, 10):
        assert client.post(page, {"holdout_percent": percent})["Location"] == page
        assert get_policy().holdout_percent == percent
    another = reverse("admin:campaigns_sendingpolicy_change", args=[2])
    assert client.get(another).status_code == 302
    acts = AuditEntry.objects.filter(subject_type="campaigns.sendingpolicy")
    assert [entry.subject_id for entry in acts] == ["1", "1"]
    assert log_in("marketer").post(page, {"holdout_percent": 0}).status_code == 403


def test_the_forms_of_a_member_hold_the_zone_and_the_mourning(club, now):
    member = make_reader(1, now=now, agrees=(), zone="Indian/Mauritius")
    own = OwnProfileForm({"zone": "Asia/Tokyo"}, instance=member)
    assert own.is_valid(), own.errors
    assert own.get_changes() == {"zone": "Asia/Tokyo"}
    assert ("Indian/Mauritius", "Mauritius") in own.fields["zone"].choices
    assert not OwnProfileForm({"zone": "Mars/Olympus"}, instance=member).is_valid()
    told = {"zone": "", "mourning_ends_on": "2026-12-31", "email": member.email}
    staff = StaffMemberForm(told | {"phone": member.phone}, instance=make_reader(2, now=now))
    assert staff.is_valid(), staff.errors
    assert staff.get_changes()["mourning_ends_on"] == dt.date(2026, 12, 31)
