"""The ledger, purchases and the trail are to look at, for the owner too."""

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from core.models import AuditEntry
from members.models import Audience
from members.services.enrolment import create_member

LEDGER = ("transfer", "lot", "lotmove", "award", "reversal", "account", "dayclose", "standing",
          "tierchange")  # fmt: skip


@pytest.fixture
def busy(shop, rules, now):
    from rewards.services.closing import close_days

    ticket = shop.buy("m0", "400.00", on=dt.date(2026, 2, 2))
    shop.give_back(ticket, {1: "1.00"}, on=dt.date(2026, 2, 3))
    close_days(now=now)


@pytest.mark.parametrize("name", LEDGER)
def test_owner_can_only_look_at_the_ledger(name, owner, busy):
    page = next(
        page for model, page in admin.site._registry.items() if model._meta.model_name == name
    )
    row = page.model.objects.order_by("-pk").first()
    assert row is not None
    change = reverse(f"admin:rewards_{name}_change", args=[row.pk])
    shown = owner.get(change)
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.text
    assert owner.post(change, {"amount": 5}).status_code == 403
    assert owner.get(reverse(f"admin:rewards_{name}_delete", args=[row.pk])).status_code == 403
    assert (
        owner.post(
            reverse(f"admin:rewards_{name}_delete", args=[row.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
    assert owner.get(reverse(f"admin:rewards_{name}_add")).status_code == 403
    owner.post(
        reverse(f"admin:rewards_{name}_changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert page.model.objects.filter(pk=row.pk).exists()


def test_trail_is_read_only(owner, busy):
    entry = AuditEntry.objects.first()
    url = reverse("admin:core_auditentry_change", args=[entry.pk])
    assert owner.get(url).status_code == 200
    assert owner.post(url, {"action": "x"}).status_code == 403
    assert owner.post(reverse("admin:core_auditentry_delete", args=[entry.pk])).status_code == 403


def test_plain_save_leaves_an_audit_row_with_names_of_fields_only(owner, club):
    audience = Audience.objects.create(slug="tasters", kind="list", name="Tasters")
    url = reverse("admin:members_audience_edit", args=[audience.pk])
    assert owner.post(url, {"name": "Cheese tasters"}).status_code == 302
    entry = AuditEntry.objects.about(audience).get()
    assert (entry.action, entry.actor, entry.changes) == (
        "model.changed", owner.user, {"fields": ["name"]},
    )  # fmt: skip
    assert not LogEntry.objects.exists()


def test_history_leads_to_the_trail_of_the_object(owner, club, now):
    member = create_member(now=now, source="test", family_name="A")
    response = owner.get(reverse("admin:members_member_history", args=[member.pk]))
    assert response["Location"].endswith(
        f"?subject_type__exact=members.member&subject_id__exact={member.pk}"
    )
    assert owner.get(response["Location"]).status_code == 200


def test_audiences_of_tiers_keep_their_names(owner, programme):
    audience = Audience.objects.get(slug="tier-gold")
    url = reverse("admin:members_audience_edit", args=[audience.pk])
    assert owner.post(url, {"name": "Mine"}).status_code == 403
