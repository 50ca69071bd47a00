"""Where words are written: kept, refused, looked at as a member, sent to oneself."""

import pytest
from django.core import mail
from django.db import IntegrityError
from django.urls import reverse

from campaigns.enums import MailingKind
from campaigns.models import Content, Mailing, MailingPicture
from campaigns.services.editions import freeze_edition, get_draft, save_content
from campaigns.writing.compile import compile_content
from core.models import AuditEntry
from members.services.enrolment import create_member
from tests.admin.conftest import (  # noqa: F401 (fixtures)
    _waived_second_factor,
    clock,
    log_in,
    roles,
)
from tests.rewards.test_reward_pictures import media, upload  # noqa: F401 (a fixture)

BODY = "Dear {{ member.name }},\n\n{% points %}\n\n[Look](https://example.org/look)"


@pytest.fixture
def mailing(club, now):
    return Mailing.objects.create(
        kind=MailingKind.CAMPAIGN, name="Spring", purpose="offers", channels=["email", "sms"],
        created_at=now,
    )  # fmt: skip


@pytest.fixture
def marketer(log_in):  # noqa: F811
    return log_in("marketer")


@pytest.fixture
def mei(club, now):
    return create_member(
        now=now, source="test", given_name="Mei", family_name="Chen", email="mei@example.com"
    )


@pytest.fixture
def page_url(mailing):
    return reverse("admin:campaigns_mailing_words", args=[mailing.pk])


def test_words_are_kept_by_language_and_refused_where_they_stand(
    marketer,
    mailing,
    page_url,
    clock,  # noqa: F811
):
    words = {"subject": "Spring", "body": BODY, "subject_ja": "春", "body_ja": "こんにちは"}
    assert marketer.post(page_url, words).status_code == 302
    content = Content.objects.get(edition=get_draft(mailing))
    assert (content.body, content.body_ja, content.body_zh_hans) == (BODY, "こんにちは", None)
    answer = marketer.post(page_url, words | {"subject_ja": "{{ member.password }}"})
    assert answer.status_code == 422
    assert "There is no “member.password”." in answer.content.decode()
    content.refresh_from_db()
    assert content.subject_ja == "春"
    shown = marketer.get(page_url).content.decode()
    assert "简体中文: Nothing written." in shown
    assert AuditEntry.objects.filter(action="mailing.words_saved").count() == 1


def test_frozen_words_are_shown_and_a_change_begins_an_edition(
    marketer,
    mailing,
    page_url,
    now,
    clock,  # noqa: F811
):
    save_content(mailing, channel="email", words={"subject": "S", "body": BODY}, by=None, now=now)
    first = freeze_edition(mailing, by=None, now=now)
    assert "As they were sent" in marketer.get(page_url).content.decode()
    marketer.post(page_url, {"subject": "S", "body": "Other"})
    assert (first.contents.get().body, get_draft(mailing).contents.get().body) == (BODY, "Other")


def test_preview_shows_what_a_member_would_get_and_who_looked(
    marketer,
    mailing,
    mei,
    clock,  # noqa: F811
):
    url = reverse("mailing_preview", args=[mailing.pk, "email", "A"])
    asked = {"subject": "Hi {{ member.name }}", "body": BODY, "member": mei.number,
             "language": "ja", "scheme": "dark", "width": "390"}  # fmt: skip
    answer = marketer.post(url, asked)
    shown = answer.content.decode()
    assert "<b>Hi Mei</b>" in shown
    assert "nothing is written in 日本語" in shown
    assert "Dear Mei," in shown
    assert "@media all" in shown
    assert "sheet--390" in shown
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert (answer.headers["X-Frame-Options"]) == "SAMEORIGIN"
    assert AuditEntry.objects.filter(action="member.viewed", subject_id=str(mei.pk)).count() == 1
    assert not Content.objects.exists()
    broken = marketer.post(url, asked | {"body": "{% if member.name %}"}).content.decode()
    assert "has no other end" in broken


def test_trial_goes_to_who_presses_and_to_nobody_else(
    marketer,
    mailing,
    mei,
    clock,  # noqa: F811
):
    url = reverse("admin:campaigns_mailing_trial", args=[mailing.pk])
    asked = {"subject": "Hi {{ member.name }}", "body": BODY, "body_ja": "こんにちは",
             "subject_ja": "春", "member": "mei@example.com", "language": "en"}  # fmt: skip
    for language in ("en", "ja"):
        marketer.post(f"{url}?channel=email", asked | {"language": language})
    assert [each.to for each in mail.outbox] == [["marketer@example.com"]] * 2
    assert mail.outbox[0].subject == "[Trial] Hi Mei"
    assert mail.outbox[1].subject.endswith("春")
    html = mail.outbox[0].alternatives[0].content
    assert "https://example.org/look" in html
    assert "/m/" not in html
    assert "Dear Mei" in mail.outbox[0].body
    assert AuditEntry.objects.filter(action="mailing.trial_sent").count() == 2
    marketer.post(f"{url}?channel=sms", {"body": "Hi", "language": "en"})
    assert len(mail.outbox) == 2


def test_text_message_says_what_it_costs_and_keeps_its_template(
    marketer,
    mailing,
    page_url,
    mei,
    clock,  # noqa: F811
):
    url = reverse("mailing_preview", args=[mailing.pk, "sms", "A"])
    asked = {"body": "Dear {{ member.name }}, " + "x" * 160, "template_id": "SMS_1"}
    assert "2 segments (GSM-7)" in marketer.post(url, asked).content.decode()
    assert "1 segment (UCS-2)" in (
        marketer.post(url, {"body": "亲爱的{{ member.name }}，新豆到了"}).content.decode()
    )
    marketer.post(f"{page_url}?channel=sms", asked)
    assert get_draft(mailing).contents.get(channel="sms").extras == {"template_id": "SMS_1"}
    assert "SMS_1" in marketer.get(f"{page_url}?channel=sms").content.decode()


def test_a_picture_is_kept_with_what_it_shows_and_put_into_a_mail(
    marketer,
    mailing,
    settings,
    media,  # noqa: F811
    clock,  # noqa: F811
):
    settings.SITE_URL = "https://club.example"
    url = reverse("admin:campaigns_mailing_pictures", args=[mailing.pk])
    words = {"subject": "Spring", "body": "Not kept yet"}
    answer = marketer.post(url, words | {"photo": upload(), "description": " "})
    assert answer.status_code == 422
    assert not MailingPicture.objects.exists()
    answer = marketer.post(url, words | {"photo": upload(), "description": 'A "blue" pot'})
    assert answer.status_code == 200
    assert "Not kept yet" in answer.text
    picture = MailingPicture.objects.get()
    assert (picture.mailing, picture.description) == (mailing, 'A "blue" pot')
    assert f"{picture.kilobytes} KB" in answer.text
    save_content(mailing, channel="email", words={"subject": "Spring", "body": picture.snippet},
                 by=None, now=picture.added_at)  # fmt: skip
    compiled = compile_content(Content.objects.get(), "en")
    html = compiled.fill({"message_id": None, "club": {}}).html
    assert f'src="https://club.example{picture.url}"' in html
    assert "A ”blue” pot" in html
    file = marketer.get(picture.url)
    assert file.headers["Content-Type"] == "image/jpeg"
    assert len(b"".join(file.streaming_content)) == picture.size
    with pytest.raises(IntegrityError, match="mailing_picture_says_what_it_shows"):
        MailingPicture.objects.update(description="")


def test_a_letter_is_opened_as_it_is_printed(marketer, mailing, mei):
    words = {"subject": "Spring", "body": "Dear {{ member.name | default: 'you' }}."}
    url = reverse("mailing_sheet", args=[mailing.pk, "A"])
    answer = marketer.post(url, words | {"paper": "hagaki"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    answer = marketer.post(url, words | {"member": mei.number})
    assert answer.status_code == 422
    assert "no postal address" in answer.text
    preview = reverse("mailing_preview", args=[mailing.pk, "post", "A"])
    assert "Dear Mei." in marketer.post(preview, words | {"member": mei.number}).text
    preview = reverse("mailing_preview", args=[mailing.pk, "on_site", "A"])
    assert "letter-words" in marketer.post(preview, words | {"member": mei.number}).text
