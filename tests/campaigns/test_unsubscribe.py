"""Letting go by the link in a message: by people, by mail programs, never by who only looks."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from campaigns import links
from campaigns.models import MessageEvent
from campaigns.services import unsubscribing
from members.enums import Channel, ConsentSource, MemberStatus
from members.models import Consent, Member
from members.selectors.consents import has_agreed
from members.services.consents import Answer, record_answers
from tests.campaigns.readers import DAY, HOUR, make_mailing, make_message, make_reader

pytestmark = pytest.mark.django_db
EMAIL, SMS = Channel.EMAIL, Channel.SMS
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
AGREES = [("offers", EMAIL), ("offers", SMS), ("news", EMAIL)]


@pytest.fixture
def mei(club, now):
    return make_reader(1, now=now - DAY, agrees=AGREES)


@pytest.fixture
def message(mei, now):
    return make_message(make_mailing(now=now), mei, now=now, sent=True)


@pytest.fixture
def path(message):
    return links.sign_unsubscribe(message.pk)


def agreed(member):
    return [pair for pair in AGREES if has_agreed(member, *pair)]


# --- Looking --------------------------------------------------------------------------------------


def test_looking_changes_nothing(mei, path, client):
    before = Consent.objects.count()
    page = client.get(path)
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex"
    assert "no-store" in page["Cache-Control"]
    assert client.head(path).status_code == 200
    assert client.get(path + "?act=all&List-Unsubscribe=One-Click").status_code == 200
    assert client.put(path, "act=all").status_code == 405
    assert Consent.objects.count() == before
    assert agreed(mei) == AGREES
    assert not MessageEvent.objects.exists()
    # Nothing on the page sends a form by itself.
    assert "autofocus" not in page.text
    assert "<script" not in page.text.split("<main", 1)[1].split("</main>", 1)[0]


@pytest.mark.parametrize("locale", ["ja", "zh-hans", "zh-hant"])
def test_it_speaks_the_language_of_the_reader(mei, path, client, locale, settings):
    Member.objects.filter(pk=mei.pk).update(locale=locale)
    page = client.get(path, headers={"accept-language": "en"})
    assert f'<html lang="{locale}"' in page.text.lower()
    with translation.override(locale):
        assert translation.gettext("Offers") in page.text
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"  # they chose another here
    assert "Choose what we write about" in client.get(path).text


def test_a_forged_or_foreign_link_opens_nothing(message, path, client, now):
    other = make_message(message.mailing, make_reader(2, now=now - DAY), now=now, sent=True)
    mark = path.rstrip("/").rpartition(".")[2]
    for forged in (
        f"/m/u/{other.pk}.{mark}/",
        f"/m/u/{message.pk}.{mark[::-1]}/",
        f"/m/u/{message.pk}/",
        links.sign_message_link(message.pk, 1).replace("/m/", "/m/u/"),
        links.sign_unsubscribe(10**9),
    ):
        assert client.get(forged).status_code == 404
        assert client.post(forged, ONE_CLICK, content_type=FORM).status_code == 404


# --- One click of a mail program (RFC 8058) -------------------------------------------------------


def test_a_mail_program_posts_and_it_is_done_once(mei, path):
    program = Client(enforce_csrf_checks=True)
    for _each in range(2):
        answer = program.post(path, ONE_CLICK, content_type=FORM)
        assert answer.status_code == 200  # no redirect: programs follow none
        assert not answer.cookies
    assert agreed(mei) == [("offers", SMS), ("news", EMAIL)]
    row = Consent.objects.filter(is_given=False).get()
    assert (row.source, row.channel, row.purpose) == (ConsentSource.LINK, EMAIL, "offers")
    event = MessageEvent.objects.get()
    assert (event.kind, event.actor, event.evidence) == (
        "unsubscribed", "human", {"extent": "purpose"},
    )  # fmt: skip


def test_a_mail_program_may_post_as_a_form_of_parts(mei, path):
    """RFC 8058 allows multipart/form-data too."""
    answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not has_agreed(mei, "offers", EMAIL)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one(club, now):
    mei = make_reader(1, now=now - DAY, agrees=AGREES)
    message = make_message(make_mailing(now=now), mei, now=now, sent=True)
    path = links.sign_unsubscribe(message.pk)

    def press():
        try:
            assert Client().post(path, ONE_CLICK, content_type=FORM).status_code == 200
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _each in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert Consent.objects.filter(is_given=False).count() == 1
    assert MessageEvent.objects.count() == 1


# --- The page -------------------------------------------------------------------------------------


def test_no_more_of_this_with_a_reason(mei, path, client):
    page = client.post(path, {"act": "purpose", "reason": "too_many"})
    assert "We won't send you “Offers”" in page.text
    assert agreed(mei) == [("offers", SMS), ("news", EMAIL)]
    assert MessageEvent.objects.get().evidence == {"extent": "purpose", "reason": "too_many"}


def test_a_made_up_reason_is_no_reason(path, client):
    client.post(path, {"act": "purpose", "reason": "<script>"})
    assert "reason" not in MessageEvent.objects.get().evidence


def test_none_of_it_in_one_press(mei, path, client):
    for _each in range(2):
        assert client.post(path, {"act": "all"}).status_code == 200
    assert agreed(mei) == []
    assert MessageEvent.objects.get().evidence == {"extent": "all"}
    # A no holds also where nothing was ever agreed to.
    assert Consent.objects.filter(purpose="birthday", is_given=False).exists()


def test_the_reader_chooses_what_they_hear(mei, path, client):
    page = client.get(path)
    assert page.text.count("checked") == len(AGREES) + 1  # and the reason that nobody has to give
    chosen = {"act": "choose", "news": ["email", "post"], "surveys": ["email"]}
    assert client.post(path, chosen).status_code == 200
    assert agreed(mei) == [("news", EMAIL)]
    assert has_agreed(mei, "news", Channel.POST)
    assert has_agreed(mei, "surveys", EMAIL)
    assert set(Consent.objects.filter(purpose="surveys").values_list("source", flat=True)) == {
        "link"
    }
    # What may be done with their data is not asked here, where nobody is logged in.
    assert not Consent.objects.filter(purpose__in=["profiling", "sensitive"]).exists()


def test_a_made_up_channel_is_refused(mei, path, client):
    answer = client.post(path, {"act": "choose", "news": ["owl"]})
    assert answer.status_code == 422
    assert agreed(mei) == AGREES


def test_the_young_need_more_than_a_link(mei, message, path, client):
    Member.objects.filter(pk=mei.pk).update(birth_year=2015, birth_month=1, birth_day=1)
    answer = client.post(path, {"act": "choose", "offers": ["email", "sms", "post"]})
    assert answer.status_code == 422
    assert not has_agreed(mei, "offers", Channel.POST)
    assert client.post(path, {"act": "all"}).status_code == 200  # to let go they need nobody
    assert agreed(mei) == []


def test_a_record_that_went_up_in_another_speaks_for_the_one_who_remains(mei, path, client, now):
    survivor = make_reader(2, now=now - DAY, agrees=AGREES)
    Member.objects.filter(pk=mei.pk).update(
        status=MemberStatus.MERGED, merged_into=survivor, user=None
    )
    client.post(path, ONE_CLICK, content_type=FORM)
    assert agreed(survivor) == [("offers", SMS), ("news", EMAIL)]


def test_of_what_is_service_there_is_nothing_to_leave(mei, now, client):
    service = make_message(make_mailing(now=now, purpose="service"), mei, now=now, sent=True)
    path = links.sign_unsubscribe(service.pk)
    assert 'value="purpose"' not in client.get(path).text
    assert client.post(path, ONE_CLICK, content_type=FORM).status_code == 200
    assert agreed(mei) == AGREES
    assert not MessageEvent.objects.exists()
    client.post(path, {"act": "all"})
    assert agreed(mei) == []


def test_whoever_comes_back_and_leaves_again_has_left(mei, message, now):
    unsubscribing.let_go(message, now=now)
    answers = [Answer("offers", EMAIL, True)]
    record_answers(mei, answers, source=ConsentSource.PROFILE, by=None, now=now + HOUR)
    unsubscribing.let_go(message, now=now + 2 * HOUR)
    assert not has_agreed(mei, "offers", EMAIL)
    assert MessageEvent.objects.get().effective_at == now
    assert now + dt.timedelta(hours=2) == Consent.objects.latest("pk").effective_at
