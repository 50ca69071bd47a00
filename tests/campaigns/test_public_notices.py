"""Public notices: whom they reach, where they stay, and what can't be changed any more."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from campaigns.models import Message, PublicNotice, PublicNoticeUpdate
from campaigns.services.public_notices import (
    InvalidNotice,
    NoticeOver,
    NoticePublished,
    NoticeTags,
    NoticeUnpublished,
    add_notice_update,
    delete_notice,
    publish_notice,
    save_notice,
)
from members.models import Audience, Member
from members.services.logins import create_login
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _waived_second_factor(settings):
    settings.STAFF_MFA_WAIVED = True


@pytest.fixture
def draft(club, now):
    def make(**fields):
        values = {
            "kind": "incident", "slug": "no-stamps", "title": "No stamps on Tuesday",
            "body": "The till gave none.\n\n- You need do nothing.", "title_ja": "スタンプの不具合",
            "body_ja": "スタンプが付きませんでした。",
        } | fields  # fmt: skip
        return save_notice(PublicNotice(**values), by=None, now=now)

    return make


def test_it_reaches_those_concerned_by_mail_and_on_these_pages_once(crowd, draft, staff, now):
    mei, _ken = crowd(2)  # Ken has no login: these pages tell him nothing
    user = create_login(email="mei@example.com", by=None, now=now)
    Member.objects.filter(pk=mei.pk).update(user=user)
    crowd(1, "others")
    owner = staff("owner")
    notice = draft(audience=Audience.objects.get(slug="friends"))
    published = publish_notice(notice, is_sent=True, by=owner, now=now)
    rows = Message.objects.filter(mailing=published.mailing)
    assert sorted(rows.values_list("channel", "state")) == [
        ("email", "waiting"), ("email", "waiting"), ("on_site", "not_sent"), ("on_site", "waiting"),
    ]  # fmt: skip
    assert (published.mailing.purpose, published.mailing.state) == ("service", "running")
    content = rows.first().edition.contents.get(channel="email")
    assert content.subject_ja == "スタンプの不具合"
    assert "/ja/announcements/no-stamps/" in content.body_ja
    with pytest.raises(NoticePublished):
        publish_notice(notice, is_sent=True, by=owner, now=now)
    assert rows.count() == 4
    update = add_notice_update(
        published, words={"body": "All are there."}, is_sent=True, is_over=True, by=owner, now=now
    )
    told = rows.filter(occurrence=f"update:{update.pk}")
    assert told.count() == 4
    assert told.first().edition.contents.get(channel="email").subject == (
        "Update: No stamps on Tuesday"
    )
    with pytest.raises(NoticeOver):
        add_notice_update(published, words={"body": "Again."}, is_over=True, by=owner, now=now)


def test_what_is_refused(draft, now):
    for fields, refusal in (
        ({"title": " "}, InvalidNotice),
        ({"kind": "rumour"}, InvalidNotice),
        ({"body_ja": "{{ member.name }}"}, NoticeTags),
    ):
        with pytest.raises(refusal):
            draft(**fields)
    notice = draft()
    with pytest.raises(NoticeUnpublished):
        add_notice_update(notice, words={"body": "New."}, by=None, now=now)
    published = publish_notice(notice, is_sent=False, by=None, now=now)
    assert published.mailing is None
    with pytest.raises(NoticePublished):
        save_notice(published, by=None, now=now)
    with pytest.raises(NoticePublished):
        delete_notice(published, by=None, now=now)
    with pytest.raises(InvalidNotice):
        add_notice_update(published, words={"body": " "}, by=None, now=now)
    delete_notice(draft(slug="other"), by=None, now=now)
    assert PublicNotice.objects.get() == published


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"kind": "rumour"}, "public_notice_kind_is_known"),
        ({"title": ""}, "public_notice_says_something"),
        ({"published_at": None, "mailing_id": 1}, "public_notice_sent_is_published"),
        ({"resolved_at": "2020-01-01T00:00Z"}, "public_notice_over_after_it_began"),
    ],
)
def test_the_database_refuses_too(draft, now, change, name):
    notice = publish_notice(draft(), is_sent=False, by=None, now=now)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PublicNotice.objects.filter(pk=notice.pk).update(**change)
    with pytest.raises(IntegrityError, match="update_says_something"), transaction.atomic():
        PublicNoticeUpdate.objects.create(notice=notice, body="", recorded_at=now)


def test_anybody_reads_the_archive_in_their_language_and_no_draft_is_in_it(draft, now):
    visitor = Client()
    assert "Nothing to announce" in visitor.get("/en/announcements/").content.decode()
    notice = publish_notice(draft(), is_sent=False, by=None, now=now)
    draft(slug="secret", title="A draft")
    add_notice_update(
        notice, words={"body": "Back.", "body_ja": "復旧しました。"}, is_over=True, by=None, now=now
    )
    listed = visitor.get("/ja/announcements/").content.decode()
    assert "スタンプの不具合" in listed
    assert "A draft" not in listed
    page = visitor.get("/ja/announcements/no-stamps/").content.decode()
    assert "復旧しました。" in page
    assert 'hreflang="en"' in page
    assert visitor.get("/en/announcements/secret/").status_code == 404
    sitemap = visitor.get(reverse("sitemap")).content.decode()
    assert "/ja/announcements/no-stamps/" in sitemap
    assert "secret" not in sitemap
    assert "/announcements/" in visitor.get("/en/contact/").content.decode()


def test_a_marketer_drafts_and_a_manager_publishes(crowd, staff, club):
    crowd(2)
    clients = {}
    for role in ("clerk", "marketer", "manager"):
        clients[role] = Client()
        clients[role].force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")
    add = reverse("admin:campaigns_publicnotice_add")
    words = {"kind": "change", "slug": "hours", "title": "New hours", "body": "From May."}
    assert clients["clerk"].get(add).status_code == 403
    refused = clients["marketer"].post(add, {**words, "body": "{{ member.name }}"})
    assert "holds no {{ … }}" in refused.content.decode()
    clients["marketer"].post(add, words)
    notice = PublicNotice.objects.get()
    publishing = reverse("admin:campaigns_publicnotice_publishing", args=[notice.pk])
    update = reverse("admin:campaigns_publicnotice_update", args=[notice.pk])
    page = reverse("admin:campaigns_publicnotice_change", args=[notice.pk])
    assert "A manager publishes it." in clients["marketer"].get(page).content.decode()
    assert clients["marketer"].post(publishing).status_code == 403
    assert "Not translated" in clients["manager"].get(publishing).content.decode()
    clients["manager"].post(publishing, {"is_sent": "on"})
    notice.refresh_from_db()
    assert Message.objects.filter(mailing=notice.mailing).count() == 4
    assert clients["marketer"].post(update, {"body": "Later."}).status_code == 403
    assert clients["manager"].post(update, {"body": ""}).status_code == 422
    clients["manager"].post(update, {"body": "Later.", "is_over": "on"})
    assert notice.updates.get().body == "Later."
    shown = clients["marketer"].get(page).content.decode()
    assert "Later." in shown
    assert "New update" not in shown
    removal = reverse("admin:campaigns_publicnotice_removal", args=[notice.pk])
    assert "is published" in clients["manager"].post(removal, follow=True).content.decode()
    assert PublicNotice.objects.exists()
