"""Addresses in messages that were edited, guessed, or belong to somebody who is gone."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import links
from campaigns.models import MessageEvent
from members.models import Consent
from members.services.erasing import erase_member
from tests.campaigns.readers import DAY, HOUR, make_mailing, make_message, make_reader

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mei(club, now):
    return make_reader(1, now=now - DAY)


@pytest.fixture
def message(mei, now):
    mailing = make_mailing(now=now, urls=["https://shop.example/", "https://[x"])
    return make_message(mailing, mei, now=now - HOUR, sent=True)


def test_no_mark_that_was_edited_opens_anything(message, client):
    link = links.sign_message_link(message.pk, 1)
    value, _dot, mark = link.removeprefix("/m/").rstrip("/").rpartition(".")
    before = Consent.objects.count()
    for token in (
        f"{value}.{mark[:-1]}", f"{value}.{mark}A", f"{value}.", f".{mark}", value, ".", "é.é",
        f"{value}.{mark}é", f"０.{mark}", f"{message.pk}.2.{mark}", f"{message.pk}.1.1.{mark}",
        f"-{value}.{mark}", f"%20{value}.{mark}", f"{value}.{mark}%20", f"{value}.{mark}%00",
        f"{value}.{mark.swapcase()}", "9" * 5000 + f".{mark}", "%ed%a0%80.%ed%a0%80",
    ):  # fmt: skip
        for path in (f"/m/{token}/", f"/m/u/{token}/", f"/m/o/{token}.gif"):
            assert client.get(path).status_code == client.head(path).status_code == 404, path
            assert client.post(path, ONE_CLICK).status_code in (404, 405), path
    assert Consent.objects.count() == before
    answer = client.get(f"{link}?to=https://evil.example&next=//evil.example")
    assert answer["Location"] == "https://shop.example/"


def test_an_address_that_no_browser_could_follow_leads_home(message, client):
    """Words that were frozen before such addresses were refused."""
    answer = client.get(links.sign_message_link(message.pk, 2))
    assert answer["Location"] == reverse("landing")


def test_links_of_somebody_who_was_erased_are_harmless(mei, message, now):
    client = Client(enforce_csrf_checks=True)
    path = links.sign_unsubscribe(message.pk)
    erase_member(mei, by=None, now=now)
    before = Consent.objects.count()
    assert client.get(path).status_code in (200, 404)
    for data in (ONE_CLICK, {"act": "all"}, {"act": "choose"}, {"act": "purpose"}, {}):
        assert client.post(path, data).status_code in (200, 404, 422), data
    assert client.get(links.sign_message_link(message.pk, 1)).status_code == 302
    assert client.get(links.sign_open(message.pk)).status_code == 200
    assert Consent.objects.count() == before
    assert not MessageEvent.objects.filter(kind="unsubscribed").exists()
