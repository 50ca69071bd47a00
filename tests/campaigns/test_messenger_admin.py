"""The club's accounts at LINE and WeChat in the back office, and those of members."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.admin import messengers
from campaigns.models import ChannelPrice
from core.models import AuditEntry
from members.services.logins import create_login
from members.services.roles import sync_roles
from tests.campaigns.chats import ANNA, OPEN_ID, at_line, at_wechat, bind
from tests.campaigns.outbox import make_mailing
from tests.campaigns.readers import make_reader

pytestmark = pytest.mark.django_db
ACCOUNTS = "admin:campaigns_channelbinding_accounts"


@pytest.fixture(autouse=True)
def _at_the_desk(settings):
    settings.STAFF_MFA_WAIVED = True
    messengers._quotas.forget()
    messengers.kept.forget()


@pytest.fixture
def log_in(club, now):
    sync_roles(by=None, now=now)

    def enter(role):
        user = create_login(
            email=f"{role}@example.com", display_name=role, is_staff=True, roles=(role,),
            by=None, now=now,
        )  # fmt: skip
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user
        return client

    return enter


@pytest.fixture
def anna(club, now):
    return make_reader(1, now=now, agrees=(), given_name="Anna")


def test_the_page_of_accounts_says_what_is_missing_and_what_is_left(log_in, settings, now):
    client = log_in("marketer")
    page = client.get(reverse(ACCOUNTS)).text
    assert "LINE_CHANNEL_SECRET" in page
    assert f"{settings.SITE_URL}/webhooks/wechat/" in page
    with at_line(settings) as line, at_wechat(settings):
        line.limit, line.usage = 1000, 997
        page = client.get(reverse(ACCOUNTS)).text
        assert "3 of 1,000 messages are left this month." in page
        assert "499,988 of 500,000" in page
        messengers._quotas.forget()
        settings.LINE_CHANNEL_ACCESS_TOKEN = "another"
        assert "401" in client.get(reverse(ACCOUNTS)).text


@pytest.mark.parametrize(("role", "status"), [("clerk", 302), ("marketer", 403), ("manager", 302)])
def test_staff_disconnect_an_account_and_it_is_on_record(log_in, anna, now, role, status):
    binding = bind(anna, ANNA, now=now)
    client = log_in(role)
    assert client.get(reverse("admin:campaigns_channelbinding_changelist")).status_code == 200
    shown = client.get(reverse("admin:campaigns_channelbinding_change", args=[binding.pk]))
    assert shown.status_code == 200
    assert ANNA not in shown.text
    member_page = client.get(reverse("admin:members_member_change", args=[anna.pk])).text
    end = reverse("admin:campaigns_channelbinding_end", args=[binding.pk])
    assert (end in member_page) is (status == 302)
    assert client.get(end).status_code == 405
    assert client.post(end).status_code == status
    entry = AuditEntry.objects.filter(action="channel_binding.unbound").first()
    assert (entry.actor if entry else None) == (client.user if status == 302 else None)


def test_the_list_asks_the_same_for_few_and_for_many(
    log_in, anna, now, django_assert_max_num_queries
):
    bind(anna, ANNA, now=now)
    client, url = log_in("owner"), reverse("admin:campaigns_channelbinding_changelist")
    client.get(url)
    for place in range(2, 8):
        member = make_reader(place, now=now, agrees=())
        bind(member, f"{OPEN_ID}{place}", now=now, channel="wechat")
    with django_assert_max_num_queries(14):
        client.get(url)


def test_channels_are_offered_once_they_are_connected(log_in, settings):
    client, url = log_in("owner"), reverse("admin:campaigns_campaign_draft")
    assert 'value="line"' not in client.get(url).text
    with at_line(settings):
        page = client.get(url).text
    assert 'value="line"' in page
    assert 'value="wechat"' not in page


def test_a_price_holds_from_the_next_estimate_on(log_in):
    client = log_in("manager")
    client.post(reverse("admin:campaigns_channelprice_add"), {"channel": "line", "price": "0.03"})
    assert ChannelPrice.objects.get().price == messengers.find_message_price("line")


def test_the_preview_is_a_bubble_or_a_template_with_its_fields(log_in, now):
    mailing = make_mailing(now=now, channels=("line", "wechat"), purpose="offers")
    client = log_in("owner")
    words = {"body": "Autumn is here.\n\n20% off", "language": "en"}
    page = client.post(reverse("mailing_preview", args=[mailing.pk, "line", "A"]), words).text
    assert '<p class="chat-bubble"' in page
    assert "of 25000 characters" in page
    assert "STOP" in page
    template = {"template_id": "T1", "template_fields": "thing1 amount2"}
    url = reverse("mailing_preview", args=[mailing.pk, "wechat", "A"])
    page = client.post(url, words | template).text
    assert "<dt>amount2</dt>" in page
    assert "STOP" not in page
    page = client.post(url, words | {"body": "秋" * 700}).text
    assert "2048 bytes" in page
    assert "chat-bubble" not in page
