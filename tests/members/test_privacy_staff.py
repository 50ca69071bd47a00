"""Who of staff looked, and what staff do for members."""
# ruff: noqa: F811 (fixtures come as imports)

import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members import registry
from members.enums import Channel
from members.models import (
    Consent,
    DataExport,
    ErasureRequest,
    Notice,
    Recipient,
)
from members.purposes import NEWS, PROFILING
from members.selectors.club import forget_club
from members.selectors.privacy import get_seen
from members.services.erasure import request_erasure
from members.services.exports import process_waiting_exports, request_export
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household
from members.services.profiles import attach_login
from members.services.viewing import record_view
from tests.members.privacy_cast import (  # noqa: F401 (fixtures)
    as_member,
    mei,
    private_folder,
    staff,
    young,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
ANY, EMAIL = Channel.ANY, Channel.EMAIL


def test_opening_a_member_s_page_is_noted_once_an_hour(mei, staff):
    clerk = staff("clerk")
    page = reverse("admin:members_member_change", args=[mei.pk])
    for _times in range(3):
        assert clerk.get(page).status_code == 200
    clerk.get(reverse("admin:members_member_edit", args=[mei.pk]))
    entry = AuditEntry.objects.get(action="member.viewed")
    assert (entry.actor, entry.subject_id) == (clerk.user, str(mei.pk))
    assert entry.changes == {"page": "admin:members_member_change"}


def test_views_are_told_apart_by_person_subject_and_hour(mei, young, make_login, now):
    clerk, other = make_login("c@example.com"), make_login("d@example.com")
    for moment, expected in ((now, True), (now + HOUR / 2, False), (now + HOUR, True)):
        assert record_view("members.Member", mei.pk, by=clerk, now=moment) is expected
    assert record_view("members.Member", young.pk, by=clerk, now=now)
    assert record_view("members.Member", mei.pk, by=other, now=now)
    assert record_view("tests.Delivery", 7, by=clerk, now=now)
    assert AuditEntry.objects.filter(action="delivery.viewed").count() == 1
    assert get_seen(mei).count == 3
    assert get_seen(mei).last_at == now + HOUR


def test_noting_a_view_takes_one_query(mei, make_login, now, django_assert_num_queries):
    clerk = make_login("c@example.com")
    with django_assert_num_queries(3):  # two of them hold the transaction
        record_view("members.Member", mei.pk, by=clerk, now=now)


def test_refused_page_and_list_leave_no_view(mei, staff):
    marketer = staff("marketer")
    assert marketer.get(reverse("admin:members_member_changelist")).status_code == 200
    assert marketer.get(reverse("admin:members_consent_record", args=[mei.pk])).status_code == 403
    assert not AuditEntry.objects.filter(action="member.viewed").exists()


def test_member_sees_how_often_and_not_who(mei, make_login, as_member, now):
    clerk = make_login("clerk@example.com", display_name="Nosy Clerk")
    record_view("members.Member", mei.pk, by=clerk, now=now)
    record_view("members.Member", mei.pk, by=mei.user, now=now)
    page = as_member(mei).get(reverse("privacy_mine")).text
    assert "Staff opened your record 1 time" in page
    assert "Nosy" not in page


def test_page_of_another_thing_counts_as_a_view_of_its_member(mei, staff, registered):
    registry.register_viewed(
        "admin:members_notice_change", "members.Notice", member_of=lambda pk: mei.pk
    )
    registered(registry.viewed, "admin:members_notice_change")
    moment = dt.datetime.now(dt.UTC)
    notice = Notice.objects.create(
        member=mei, code="x", key="x", effective_at=moment, recorded_at=moment
    )
    assert (
        staff("clerk").get(reverse("admin:members_notice_change", args=[notice.pk])).status_code
        == 200
    )
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "notice.viewed", "member.viewed"
    }  # fmt: skip


def test_trail_can_be_narrowed_to_views(mei, staff, now):
    owner = staff("manager")
    record_view("members.Member", mei.pk, by=owner.user, now=now)
    page = owner.get(reverse("admin:core_auditentry_changelist"), {"kind": "viewed"})
    rows = page.context["cl"].result_list
    assert [entry.action for entry in rows] == ["member.viewed"]


def test_clerk_writes_down_what_was_said(mei, staff, now):
    clerk = staff("clerk")
    url = reverse("admin:members_consent_record", args=[mei.pk])
    assert clerk.get(url).status_code == 200
    said = {"purpose": NEWS, "channel": "email", "is_given": "1", "source": "paper",
            "said_on": "2026-03-01"}  # fmt: skip
    assert clerk.post(url, said).status_code == 302
    row = Consent.objects.get()
    assert (row.source, row.recorded_by, row.is_given) == ("paper", clerk.user, True)
    assert row.effective_at == dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
    wrong = clerk.post(url, {**said, "purpose": PROFILING})
    assert wrong.status_code == 422
    assert "doesn&#x27;t ask for this" in wrong.text


def test_nobody_of_staff_does_it_to_their_own_record(staff, make_member, now):
    manager = staff("manager")
    own = attach_login(make_member(), manager.user, by=None, now=now)
    said = {"purpose": NEWS, "channel": "email", "is_given": "1", "source": "counter"}
    answer = manager.post(reverse("admin:members_consent_record", args=[own.pk]), said)
    assert "your own membership" in answer.text
    reason = {"reason": "I asked myself"}
    answer = manager.post(reverse("admin:members_erasurerequest_ask", args=[own.pk]), reason)
    assert "your own membership" in answer.text
    assert not Consent.objects.exists()
    assert not ErasureRequest.objects.exists()
    answer = manager.post(reverse("admin:members_dataexport_ask", args=[own.pk]))
    assert (answer.status_code, DataExport.objects.count()) == (403, 0)
    waiting = request_erasure(own, by=manager.user, now=now)
    export = request_export(own, by=manager.user, now=now)
    answer = manager.get(reverse("admin:members_dataexport_file", args=[export.pk]))
    assert answer.status_code == 403
    answer = manager.post(reverse("admin:members_erasurerequest_cancel", args=[waiting.pk]))
    assert answer.status_code == 403
    assert list_refused(own) == [
        "consent.record", "erasure.request", "export.request", "export.open", "erasure.cancel",
    ]  # fmt: skip


def list_refused(member):
    rows = AuditEntry.objects.about(member).filter(action="act.refused").order_by("pk")
    return [row.changes["act"] for row in rows]


def test_nor_to_one_of_their_household(staff, mei, make_member, now):
    manager = staff("manager")
    own = attach_login(make_member(), manager.user, by=None, now=now)
    open_household(own, by=manager.user, now=now)
    invitation = invite_to_household(own, by=manager.user, now=now, number=mei.number)
    accept_invitation(invitation, mei, by=mei.user, now=now)
    page = manager.get(reverse("admin:members_member_change", args=[mei.pk])).text
    assert reverse("admin:members_member_edit", args=[mei.pk]) not in page
    answer = manager.post(reverse("admin:members_member_close", args=[mei.pk]))
    assert "one of your household" in answer.text
    assert list_refused(mei) == ["member.close"]


def test_manager_notes_a_request_and_takes_it_back(mei, staff):
    manager = staff("manager")
    url = reverse("admin:members_erasurerequest_ask", args=[mei.pk])
    assert manager.post(url, {"reason": ""}).status_code == 422
    assert manager.post(url, {"reason": "A letter, with a copy of the passport"}).status_code == 302
    request = ErasureRequest.objects.get()
    assert (request.source, request.requested_by) == ("staff", manager.user)
    page = manager.get(reverse("admin:members_member_change", args=[mei.pk])).text
    assert "Asked to be forgotten" in page
    shown = manager.get(reverse("admin:members_erasurerequest_change", args=[request.pk]))
    assert "keep the membership" in shown.text
    manager.post(reverse("admin:members_erasurerequest_cancel", args=[request.pk]))
    assert not ErasureRequest.objects.waiting().exists()


def test_manager_has_a_download_made_for_who_has_no_login(make_member, staff, private_folder):
    manager, member = staff("manager"), make_member()
    manager.post(reverse("admin:members_dataexport_ask", args=[member.pk]))
    moment = dt.datetime.now(dt.UTC)
    process_waiting_exports(now=moment)
    export = DataExport.objects.get()
    url = reverse("admin:members_dataexport_file", args=[export.pk])
    page = manager.get(reverse("admin:members_dataexport_change", args=[export.pk]))
    assert url in page.text
    answer = manager.get(url)
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert AuditEntry.objects.filter(action="member.exported", actor=manager.user).exists()
    assert get_seen(member).count == 1


def test_club_s_age_is_staff_s_to_change(staff, young, now):
    owner = staff("owner")
    page = owner.get(reverse("admin:members_club_change", args=[1]))
    assert 'name="guardian_age"' in page.text
    forget_club()


def test_policy_and_recipients_are_staff_s_to_see(staff):
    manager = staff("manager")
    page = manager.get(reverse("admin:members_recipient_policy"))
    assert "members.Member" in page.text
    manager.post(
        reverse("admin:members_recipient_add"),
        {
            "name": "Pigeon Post",
            "what_for": "Carries letters.",
            "country": "CH",
            "is_current": "on",
        },
    )
    assert Recipient.objects.get().name == "Pigeon Post"
    assert (
        reverse("admin:members_recipient_policy")
        in manager.get(reverse("admin:members_recipient_changelist")).text
    )
