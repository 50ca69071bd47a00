"""The privacy pages, the young and their guardians, and who of staff looked."""

import datetime as dt
import re
import time

import pytest
from django.core import mail
from django.urls import reverse

from core.models import AuditEntry
from members import links, registry
from members.enums import Channel, ConsentSource
from members.models import (
    Consent,
    DataExport,
    ErasureRequest,
    Guardian,
    Notice,
    Recipient,
)
from members.purposes import GUARDIAN, NEWS, OFFERS, PROFILING
from members.selectors.club import forget_club
from members.selectors.consents import has_agreed, wants_recommendations
from members.selectors.guardians import (
    GuardianNeeded,
    GuardianRefused,
    GuardianSilent,
    GuardianState,
    check_guardian,
    get_guardian_state,
    is_young,
)
from members.selectors.notices import list_notices
from members.selectors.privacy import count_held, get_seen, list_held, list_policy
from members.services.consents import Answer, record_answers
from members.services.erasure import request_erasure
from members.services.exports import process_waiting_exports, request_export
from members.services.guardians import (
    GuardianGone,
    NotYoung,
    OwnGuardian,
    answer_as_guardian,
    ask_guardians,
    name_guardian,
)
from members.services.profiles import attach_login, close_member
from members.services.roles import sync_roles
from members.services.viewing import record_view

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
ANY, EMAIL = Channel.ANY, Channel.EMAIL


@pytest.fixture
def mei(make_member, make_login, now):
    return attach_login(make_member(given_name="Mei"), make_login(), by=None, now=now)


@pytest.fixture
def young(make_member, make_login, now):
    member = make_member(given_name="Jo", birth_year=2015, birth_month=3, birth_day=11)
    return attach_login(member, make_login("jo@example.com"), by=None, now=now)


@pytest.fixture
def as_member(client):
    """``as_member(mei)`` is logged in as Mei; with ``recently`` a moment ago."""

    def log_in(member, recently=True):
        client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
        if recently:
            session = client.session
            session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
            session["account_authentication_methods_user"] = str(member.user.pk)
            session.save()
        return client

    return log_in


# --- What is held -------------------------------------------------------------------------------


def test_page_says_what_is_held_why_and_how_long(mei, as_member, now):
    Recipient.objects.create(name="Pigeon Post", what_for="Carries our letters.", country="CH")
    page = as_member(mei).get(reverse("privacy_mine")).text
    assert "Your record: names, contacts" in page
    assert "To know you, address you rightly" in page
    assert "As long as you are a member, and 3 years after." in page
    assert "Emptied when you ask to be forgotten." in page
    assert "Pigeon Post" in page
    assert "Switzerland" in page
    assert "No one of staff has opened your record." in page


def test_counts_come_from_the_registry_in_a_fixed_number_of_queries(
    mei, now, django_assert_num_queries
):
    def count():
        with django_assert_num_queries(QUERIES_OF_COUNT):
            return count_held(mei)

    QUERIES_OF_COUNT = _count_queries(mei)
    before = count()
    assert before["members.member"] == before["members.user"] == 1
    Notice.objects.bulk_create(
        [
            Notice(member=mei, code="x", key=str(n), effective_at=now, recorded_at=now)
            for n in range(5)
        ]
    )
    assert count()["members.notice"] == 5


def _count_queries(member):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        count_held(member)
    return len(queries)


def test_every_kind_of_a_member_s_data_can_be_counted(mei):
    counts = count_held(mei)
    assert [
        entry.model for entry in registry.personal_data if entry.model.lower() not in counts
    ] == []
    shown = {held.line.model for category in list_held(mei) for held in category.lines}
    assert "members.Member" in shown
    assert "members.Guardian" not in shown


def test_public_notice_shows_the_whole_policy(client, club):
    page = client.get(reverse("privacy_notice"))
    assert page.status_code == 200
    lines = [held for category in list_policy() for held in category.lines]
    assert all(str(held.line.what) in page.text.replace("&#x27;", "'") for held in lines)
    assert "With nobody. The club keeps your data itself." in page.text


# --- Consents -----------------------------------------------------------------------------------


def test_member_chooses_and_takes_back(mei, as_member):
    client = as_member(mei)
    url = reverse("privacy_consents")
    assert client.post(url, {"news": ["email", "post"], "profiling": "on"}).status_code == 302
    assert has_agreed(mei, NEWS, EMAIL)
    assert has_agreed(mei, NEWS, Channel.POST)
    assert not has_agreed(mei, OFFERS, EMAIL)
    assert wants_recommendations(mei)
    page = client.get(url).text
    assert re.search(r'name="news" value="email"[^>]*checked', page)
    assert "The club may tell me what is new" in page
    client.post(url, {})
    assert not has_agreed(mei, NEWS, EMAIL)
    assert not wants_recommendations(mei)
    assert Consent.objects.count() == 6
    assert set(Consent.objects.values_list("source", "recorded_by")) == {("profile", mei.user.pk)}


def test_channels_that_are_not_connected_are_not_offered(mei, as_member, settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"line": {"APPS": [{"client_id": "x"}]}, "weixin": {}}
    page = as_member(mei).get(reverse("privacy_consents")).text
    assert 'value="line"' in page
    assert 'value="wechat"' not in page


def test_recommendations_are_switched_in_one_press(mei, as_member):
    client = as_member(mei)
    client.post(reverse("recommendations_choice"), {"wanted": "1"})
    assert wants_recommendations(mei)
    client.post(reverse("recommendations_choice"), {"wanted": "0"})
    assert not wants_recommendations(mei)


@pytest.mark.parametrize(("every", "by_post"), [("", True), ("1", False)])
def test_link_of_a_message_unsubscribes_without_a_log_in(mei, client, now, every, by_post):
    answers = [Answer(NEWS, EMAIL, True), Answer(NEWS, Channel.POST, True)]
    record_answers(mei, answers, source=ConsentSource.PROFILE, by=None, now=now)
    url = links.build_unsubscribe_url(mei.pk, NEWS, EMAIL)
    path = "/" + url.split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert has_agreed(mei, NEWS, EMAIL)  # a scanner of mail has looked
    assert client.post(path, {"every": every} if every else {}).status_code == 200
    assert not has_agreed(mei, NEWS, EMAIL)
    assert has_agreed(mei, NEWS, Channel.POST) is by_post
    assert Consent.objects.latest("pk").source == "link"


def test_one_click_of_a_mail_program_unsubscribes(mei, now):
    """RFC 8058: a POST with this body, without cookies or a token of ours."""
    from django.test import Client

    record_answers(mei, [Answer(NEWS, EMAIL, True)], source=ConsentSource.PROFILE, by=None, now=now)
    url = reverse("unsubscribe", args=[links.sign("unsubscribe", [mei.pk, NEWS, EMAIL])])
    strict = Client(enforce_csrf_checks=True)
    body = "List-Unsubscribe=One-Click"
    answer = strict.post(url, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not has_agreed(mei, NEWS, EMAIL)


def test_tampered_or_foreign_link_is_not_found(mei, client, now):
    token = links.sign("unsubscribe", [mei.pk, NEWS, EMAIL])
    for path in (
        reverse("unsubscribe", args=[token[:-1] + ("a" if token[-1] != "a" else "b")]),
        reverse("unsubscribe", args=[links.sign("erasure", 1)]),
        reverse("erasure_link", args=[token]),
        reverse("guardian_answer", args=[token]),
        reverse("guardian_answer", args=[links.sign("guardian", 10**9)]),
    ):
        assert client.get(path).status_code == 404


# --- The young ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birthday", "expected"),
    [
        ((2013, 3, 10), False),
        ((2013, 3, 11), True),
        ((2013, 3, None), True),
        ((2013, None, None), True),
        ((2012, None, None), False),
        ((None, 3, 11), False),
        ((None, None, None), False),
    ],
)
def test_age_on_the_club_s_own_day(make_member, now, birthday, expected):
    """13 in the United States, on 10 March 2026."""
    year, month, day = birthday
    member = make_member(birth_year=year, birth_month=month, birth_day=day)
    assert is_young(member, now=now) is expected


@pytest.mark.parametrize(
    ("country", "own", "expected"),
    [("US", None, 13), ("CN", None, 14), ("JP", None, 18), ("TW", None, 18), ("FR", None, 16),
     ("JP", 20, 20), ("US", 0, 0)],
)  # fmt: skip
def test_age_of_each_country_and_of_the_club_s_own(club, country, own, expected):
    club.country, club.guardian_age = country, own
    assert club.get_guardian_age() == expected


def test_guardian_is_asked_by_mail_and_says_yes(young, as_member, client, now):
    assert get_guardian_state(young, now=now) == GuardianState.MISSING
    with pytest.raises(GuardianNeeded, match="under 13"):
        check_guardian(young, now=now)
    name_guardian(young, name="Lin", email="Lin@Example.com", by=young.user, now=now)
    with pytest.raises(GuardianSilent):
        check_guardian(young, now=now)
    assert [ask_guardians(now=now), ask_guardians(now=now)] == [1, 0]
    (letter,) = mail.outbox
    assert letter.to == ["lin@example.com"]
    path = re.search(r"https?://[^/]+(/\S+)", letter.body)[1]
    page = client.get(path)
    assert "Jo named you, Lin, as parent or guardian" in page.text
    assert get_guardian_state(young, now=now) == GuardianState.ASKED
    client.post(path, {"agrees": "1"})
    check_guardian(young, now=now)
    assert has_agreed(young, GUARDIAN)
    (notice,) = list_notices(young)
    assert notice.text == "Your parent or guardian agreed to your membership."
    assert record_answers(
        young, [Answer(PROFILING, ANY, True)], source=ConsentSource.PROFILE, by=None, now=now
    )


def test_guardian_s_no_takes_back_what_needed_their_yes(young, now):
    guardian = name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    answer_as_guardian(guardian, agrees=True, now=now)
    answers = [Answer(PROFILING, ANY, True), Answer(NEWS, EMAIL, True), Answer(OFFERS, EMAIL, True)]
    record_answers(young, answers, source=ConsentSource.PROFILE, by=None, now=now + HOUR)
    answer_as_guardian(guardian, agrees=False, now=now + 2 * HOUR)
    with pytest.raises(GuardianRefused):
        check_guardian(young, now=now)
    assert has_agreed(young, NEWS, EMAIL)
    assert not has_agreed(young, OFFERS, EMAIL)
    assert not has_agreed(young, PROFILING)
    assert not has_agreed(young, GUARDIAN)


def test_another_guardian_ends_the_former_one_and_their_yes(young, now):
    first = name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    answer_as_guardian(first, agrees=True, now=now)
    record_answers(
        young, [Answer(PROFILING, ANY, True)], source=ConsentSource.PROFILE, by=None, now=now
    )
    name_guardian(young, name="Wu", email="wu@example.com", by=None, now=now + HOUR)
    assert not has_agreed(young, PROFILING)
    assert get_guardian_state(young, now=now) == GuardianState.ASKED
    with pytest.raises(GuardianGone):
        answer_as_guardian(first, agrees=True, now=now)
    close_member(young, by=None, now=now)
    with pytest.raises(GuardianGone):
        answer_as_guardian(Guardian.objects.current().get(), agrees=True, now=now)


def test_nobody_is_their_own_guardian_and_grown_ups_have_none(young, mei, now):
    with pytest.raises(OwnGuardian):
        name_guardian(young, name="Jo", email="JO@example.com", by=None, now=now)
    with pytest.raises(NotYoung):
        name_guardian(mei, name="Lin", email="lin@example.com", by=None, now=now)


def test_mail_to_a_guardian_that_fails_is_tried_again(young, now, settings, caplog):
    name_guardian(young, name="Lin", email="lin@example.com", by=None, now=now)
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 1},
        }
    }
    assert ask_guardians(now=now) == 0
    assert Guardian.objects.get().asked_at is None


def test_young_member_names_a_guardian_on_their_page(young, as_member, mei):
    client = as_member(young)
    page = client.get(reverse("privacy_mine")).text
    assert "Members under 13 need a parent's or guardian's consent" in page
    url = reverse("privacy_guardian")
    assert client.post(url, {"name": "Lin", "email": "jo@example.com"}).status_code == 422
    assert client.post(url, {"name": "Lin", "email": "lin@example.com"}).status_code == 302
    assert "lin@example.com" in client.get(url).text
    refused = client.post(reverse("privacy_consents"), {"profiling": "on"})
    assert refused.status_code == 422
    assert "has not answered our mail yet" in refused.text
    assert not Consent.objects.exists()


def test_grown_up_has_no_page_for_guardians(mei, as_member):
    assert as_member(mei).get(reverse("privacy_guardian"))["Location"] == reverse("privacy_mine")


# --- Download and erasure on the pages ----------------------------------------------------------


def test_download_asks_for_a_recent_log_in(mei, as_member, now, settings, tmp_path, monkeypatch):
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    client = as_member(mei, recently=False)
    assert client.post(reverse("privacy_export")).status_code == 302
    moment = dt.datetime.now(dt.UTC)
    DataExport.objects.update(due_at=moment)
    process_waiting_exports(now=moment)
    export = DataExport.objects.get()
    url = reverse("privacy_export_file", args=[export.pk])
    asked = client.get(url)
    assert asked.status_code == 403
    assert f'name="next" value="{url}"' in asked.text
    again = client.post(reverse("login_again"), {"next": url})
    assert again["Location"] == f"{reverse('account_login')}?next={url.replace('/', '%2F')}"
    assert "_auth_user_id" not in client.session
    client = as_member(mei)
    answer = client.get(url)
    assert answer.status_code == 200
    assert re.fullmatch(
        r'attachment; filename="data-\d{4}-\d\d-\d\d.zip"', answer["Content-Disposition"]
    )
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert "no-store" in answer["Cache-Control"]
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)


def test_who_has_a_password_is_asked_for_it(make_member, make_login, client, now):
    user = make_login("lin@example.com", password="correct horse")
    attach_login(make_member(), user, by=None, now=now)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("privacy_erasure"))
    assert answer["Location"] == (
        f"{reverse('account_reauthenticate')}?next={reverse('privacy_erasure').replace('/', '%2F')}"
    )
    again = client.post(answer["Location"], {"password": "correct horse"})
    assert again["Location"] == reverse("privacy_erasure")
    assert client.get(again["Location"]).status_code == 200


def test_login_again_leads_nowhere_else(mei, as_member):
    answer = as_member(mei).post(reverse("login_again"), {"next": "https://evil.example.com/"})
    assert "evil" not in answer["Location"]


def test_another_s_download_is_not_found(mei, young, as_member, now):
    export = request_export(young, by=None, now=now)
    url = reverse("privacy_export_file", args=[export.pk])
    assert as_member(mei).get(url).status_code == 404


def test_member_asks_to_be_forgotten_and_thinks_again(mei, as_member):
    client = as_member(mei)
    assert "This is what happens" in client.get(reverse("privacy_erasure")).text
    client.post(reverse("privacy_erasure"))
    request = ErasureRequest.objects.waiting().get()
    assert (request.member, request.requested_by, request.source) == (mei, mei.user, "member")
    (notice,) = list_notices(mei, unread=True)
    assert notice.text.startswith("You asked to be forgotten. Your membership is erased on ")
    assert "You asked to be forgotten" in client.get(reverse("privacy_mine")).text
    client.post(reverse("privacy_erasure_cancellation"))
    assert not ErasureRequest.objects.waiting().exists()
    assert list_notices(mei, unread=True) == []
    assert client.post(reverse("privacy_erasure_cancellation")).status_code == 302


def test_post_without_a_recent_log_in_begins_again(mei, as_member):
    client = as_member(mei, recently=False)
    assert client.post(reverse("privacy_erasure"))["Location"] == reverse("privacy_erasure")
    assert not ErasureRequest.objects.exists()


def test_link_of_the_mail_keeps_the_membership_after_a_press(mei, client, now):
    request = request_erasure(mei, by=None, now=now)
    url = reverse("erasure_link", args=[links.sign("erasure", request.pk)])
    assert client.get(url).status_code == 200
    assert ErasureRequest.objects.waiting().exists()
    assert "Your membership stays" in client.post(url).text
    assert not ErasureRequest.objects.waiting().exists()
    assert "closed already" in client.get(url).text


# --- Staff --------------------------------------------------------------------------------------


@pytest.fixture
def staff(club, make_login, client, now):
    """``staff("clerk")`` is logged in as one."""
    sync_roles(by=None, now=now)

    def log_in(role):
        user = make_login(f"{role}@example.com", is_staff=True, roles=(role,))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user
        return client

    return log_in


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
    assert "your own record" in answer.text
    reason = {"reason": "I asked myself"}
    answer = manager.post(reverse("admin:members_erasurerequest_ask", args=[own.pk]), reason)
    assert "your own record" in answer.text
    assert not Consent.objects.exists()
    assert not ErasureRequest.objects.exists()


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


def test_manager_has_a_download_made_for_who_has_no_login(make_member, staff, settings, tmp_path,
                                                          monkeypatch):  # fmt: skip
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
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
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)


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
