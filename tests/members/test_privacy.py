"""What members see of their own data, and steer: held, agreed to, taken along, forgotten."""
# ruff: noqa: F811 (fixtures come as imports)

import datetime as dt
import re

import pytest
from django.urls import reverse

from members import links, registry
from members.enums import Channel
from members.models import (
    Consent,
    DataExport,
    ErasureRequest,
    Notice,
    Recipient,
)
from members.purposes import NEWS, OFFERS
from members.selectors.consents import has_agreed, wants_recommendations
from members.selectors.notices import list_notices
from members.selectors.privacy import count_held, list_held, list_policy
from members.services.erasure import request_erasure
from members.services.exports import process_waiting_exports, request_export
from members.services.profiles import attach_login
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
    assert "No member of staff has opened your record." in page


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


def test_tampered_or_foreign_link_is_not_found(mei, client, now):
    request = request_erasure(mei, by=None, now=now)
    token = links.sign("erasure", request.pk)
    assert client.get(reverse("erasure_link", args=[token])).status_code == 200
    for path in (
        reverse("erasure_link", args=[token[:-1] + ("a" if token[-1] != "a" else "b")]),
        reverse("erasure_link", args=[links.sign("guardian", request.pk)]),
        reverse("guardian_answer", args=[token]),
        reverse("guardian_answer", args=[links.sign("guardian", 10**9)]),
    ):
        assert client.get(path).status_code == 404


# --- Download and erasure on the pages ----------------------------------------------------------


def test_download_asks_for_a_recent_log_in(mei, as_member, private_folder):
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
