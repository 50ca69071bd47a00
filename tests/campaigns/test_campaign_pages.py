"""The pages of campaigns as a marketer and a manager use them."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.services.campaigns import VariantTerms, count_due_campaigns, set_variants
from campaigns.services.editions import save_content
from core.models import AuditEntry
from members.models import Audience, Member
from rewards.models import ActLimit
from tests.campaigns.bought import *  # noqa: F403 (fixtures)
from tests.campaigns.bought import respond, send_campaign
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)
from tests.campaigns.crowds import divide

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _waived_second_factor(settings):
    settings.STAFF_MFA_WAIVED = True


@pytest.fixture
def enter(staff):
    def log_in(role):
        client = Client()
        client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


def at(page, campaign=None):
    return reverse(f"admin:campaigns_campaign_{page}", args=[campaign.pk] if campaign else [])


def act(client, campaign, name):
    answer = client.post(at("act", campaign), {"act": name}, follow=True)
    campaign.refresh_from_db()
    return answer.content.decode()


FORM = {
    "name": "Autumn", "purpose": "offers", "channels": ["email", "sms"], "reach": "first",
    "stale_after_hours": 72, "holdout_percent": 10, "attribution_days": 7, "budget": "12.50",
}  # fmt: skip


def test_a_marketer_writes_one_down_and_changes_it(crowd, enter):
    crowd(2)
    marketer = enter("marketer")
    friends = Audience.objects.get(slug="friends")
    answer = marketer.post(at("draft"), {**FORM, "name": "", "audiences": [friends.pk]})
    assert answer.status_code == 422
    answer = marketer.post(at("draft"), {**FORM, "audiences": [friends.pk]})
    campaign = Campaign.objects.get()
    assert answer.url == campaign.get_absolute_url()
    assert (campaign.budget_amount, campaign.holdout_percent) == (1250, 10)
    page = marketer.get(answer.url).content.decode()
    assert "Words are missing for: E-mail, Text message." in page
    assert "$12.50" in page
    changed = {**FORM, "name": "Late autumn", "audiences": [friends.pk]}
    assert marketer.post(at("terms", campaign), changed).status_code == 302
    assert str(Campaign.objects.get()) == "Late autumn"


def test_the_chosen_audiences_stand_first_and_nobody_is_left_by_a_slip(crowd, enter):
    crowd(1), crowd(1, "rivals")
    everyone, rivals = Audience.objects.get(kind="everyone"), Audience.objects.get(slug="rivals")
    marketer = enter("marketer")
    for answer in (
        marketer.get(at("draft"), {"audience": rivals.pk}),
        marketer.post(at("draft"), {**FORM, "name": "", "audiences": [rivals.pk]}),
    ):
        page = answer.content.decode()
        offered = {
            name: [int(pk) for pk in re.findall(rf'name="{name}" value="(\d+)"', page)]
            for name in ("audiences", "excluded")
        }
        assert offered["audiences"][:2] == [rivals.pk, everyone.pk]
        assert everyone.pk not in offered["excluded"]
        assert sorted(offered["audiences"]) == sorted([*offered["excluded"], everyone.pk])


def test_release_refuses_in_words_and_above_the_limit_asks_a_second_person(
    crowd, enter, make_campaign, staff
):
    crowd(3)
    ActLimit.objects.filter(kind="campaign", role="marketer").update(per_act=2)
    marketer, manager = enter("marketer"), enter("manager")
    bare = make_campaign(words=False, by=staff("marketer"))
    assert "Each channel needs its words" in act(marketer, bare, "release")
    campaign = make_campaign(by=staff("marketer"))
    assert (
        "A second person has to approve it"
        in marketer.get(campaign.get_absolute_url()).content.decode()
    )
    assert "Waiting for a second person." in act(marketer, campaign, "release")
    assert campaign.state == "approval"
    decide = reverse("admin:rewards_approval_change", args=[campaign.approval_id])
    assert decide not in marketer.get(campaign.get_absolute_url()).content.decode()
    assert decide in manager.get(campaign.get_absolute_url()).content.decode()
    act(marketer, campaign, "take_back")
    assert campaign.state == "draft"


def test_what_cannot_be_taken_back_is_pressed_twice(crowd, enter, make_campaign, staff):
    crowd(2)
    marketer, campaign = enter("marketer"), make_campaign(by=staff("owner"))
    page = marketer.get(campaign.get_absolute_url()).content.decode()
    assert re.search(r"<summary>Release it</summary>.*2 members, \$0\.00\.", page, re.DOTALL)
    page = act(marketer, campaign, "release")
    assert "it begins to leave within a minute" in page
    assert "<summary>Cancel it</summary>" in page


def test_a_draft_that_reaches_nobody_says_so(crowd, enter, make_campaign, staff):
    crowd(2)
    marketer, campaign = enter("marketer"), make_campaign(by=staff("owner"))
    warning = "Nobody can be reached by these channels"
    assert warning not in marketer.get(campaign.get_absolute_url()).content.decode()
    Member.objects.update(email=None)
    assert warning in marketer.get(campaign.get_absolute_url()).content.decode()


def test_a_variant_without_a_share_is_asked_for_it(crowd, enter, make_campaign):
    crowd(1)
    marketer, campaign = enter("marketer"), make_campaign()
    told = {"test_percent": 100, "winner_rule": "hand", "decide_after_hours": 24, "weight_A": 1}
    answer = marketer.post(at("experiment", campaign), {**told, "name_B": "Shorter"})
    assert (answer.status_code, campaign.variants.count()) == (422, 1)
    assert "Give it a share, or 0" in answer.content.decode()
    for share, count in (("0", 1), ("1", 2)):
        words = {**told, "name_B": "Shorter", "weight_B": share}
        assert marketer.post(at("experiment", campaign), words).status_code == 302
        assert campaign.variants.count() == count


def test_pause_resume_cancel_and_an_act_that_came_too_late(crowd, enter, make_campaign, staff, now):
    crowd(2)
    campaign = make_campaign()
    send_campaign(campaign, by=staff("owner"), now=now)
    marketer = enter("marketer")
    for name, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        act(marketer, campaign, name)
        assert campaign.state == state
    assert "not possible any more" in act(marketer, campaign, "resume")
    assert campaign.state == "cancelled"


def test_test_winner_and_copy(crowd, enter, make_campaign, staff, now):
    crowd(30)
    campaign = make_campaign()
    marketer = enter("marketer")
    rules = {"test_percent": 50, "winner_rule": "hand", "decide_after_hours": 24}
    one = {**rules, "weight_A": 0, "weight_B": 1}
    assert marketer.post(at("experiment", campaign), one).status_code == 422
    two = {**rules, "weight_A": 1, "weight_B": 1, "name_B": "Shorter", "hour_B": 9}
    assert marketer.post(at("experiment", campaign), two).status_code == 302
    campaign.refresh_from_db()
    send_campaign(divide(campaign, tested=15, second=7), by=staff("owner"), now=now)
    assert campaign.state == "testing"
    page = marketer.get(campaign.get_absolute_url()).content.decode()
    assert "B wins: send it to the rest" in page
    marketer.post(at("winner", campaign), {"variant": "Z"})
    campaign.refresh_from_db()
    assert campaign.state == "testing"
    marketer.post(at("winner", campaign), {"variant": "B"})
    campaign.refresh_from_db()
    assert (campaign.state, campaign.winner) == ("running", "B")
    answer = marketer.post(at("copy", campaign))
    copy = Campaign.objects.latest("pk")
    assert answer.url == copy.get_absolute_url()
    assert copy.is_draft
    assert copy.variants.count() == 2


def test_the_ready_test_says_the_same_without_what_is_the_members_own(
    crowd, enter, make_campaign, staff, now
):
    crowd(1)
    campaign = make_campaign(words=False)
    owner = staff("owner")
    marketer = enter("marketer")

    def press():
        return marketer.post(at("plain", campaign), follow=True).content.decode()

    def write(**words):
        save_content(campaign.mailing, channel="email", words=words, by=owner, now=now)

    assert "Write the words of A first" in press()
    write(subject="Autumn", body="Hello all.")
    assert "Nothing in the words of A" in press()
    write(subject="Autumn", body="You hold {{ points.balance }} points.")
    assert "{{ points.balance }}" in press()
    assert campaign.variants.count() == 1
    write(
        subject='{{ member.name | default: "You" }}, autumn is here',
        body="Hello, {{ member.name }}.\n\n{% points %}\n\nCome to {{ club.name }}.",
        subject_ja="{{ member.name }}さん、秋です",
        body_ja="{{ member.name }}さん、こんにちは。",
    )
    assert "The test is ready" in press()
    draft = campaign.mailing.editions.get()
    plain = draft.contents.get(variant="B")
    assert plain.subject == "Autumn is here"
    assert plain.body == "Hello.\n\n\nCome to {{ club.name }}."
    assert (plain.subject_ja, plain.body_ja) == ("秋です", "こんにちは。")
    assert campaign.variants.count() == 2


def test_report_and_its_csv(crowd, enter, make_campaign, staff, buy, now):
    crowd(4)
    campaign = make_campaign(name="=Autumn", budget_amount=500)
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B")], by=None, now=now)
    manager = enter("manager")
    assert manager.get(at("figures", campaign)).status_code == 302
    sent = send_campaign(divide(campaign, second=2), by=staff("owner"), now=now)
    first, second, *_rest = sent
    respond(first, "delivered", now, "unknown")
    respond(first, "opened", now)
    respond(first, "clicked", now)
    respond(second, "opened", now + (now - now), "machine")
    buy(first.member_id, 1_234, now)
    page = manager.get(campaign.get_absolute_url()).content.decode()
    for words in (
        "$12.34",
        "Without a control group",
        "not enough data yet",
        "$5.00",
        "By variant",
        "Delivered</span>",
    ):
        assert words in page
    answer = manager.get(at("figures", campaign))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    whole = rows[0]
    assert (whole["Sent"], whole["Clicked"], whole["Revenue"], whole["Cost"]) == (
        "4", "1", "12.34", "5.00",
    )  # fmt: skip
    parts = [row for row in rows if row["Division"] == "By variant"]
    assert [int(row["Sent"]) for row in parts] == [2, 2]
    assert AuditEntry.objects.filter(action="list.exported", subject_id=str(campaign.pk)).exists()


def test_why_somebody_did_not_get_it_is_two_steps_from_its_page(
    crowd, enter, make_campaign, staff, now
):
    (anna,) = crowd(1, email="anna@example.com", family_name="Kowalczyk")
    (ben,) = crowd(1, email=None, family_name="Nowak")
    campaign = make_campaign(by=staff("owner"))
    send_campaign(campaign, by=staff("owner"), now=now)
    marketer = enter("marketer")
    page = marketer.get(campaign.get_absolute_url()).content.decode()
    assert "Delivered</span>" not in page  # the server said nothing of it
    links = re.findall(r'href="([^"]+reason__exact=no_address)"', page)
    assert len(links) == 1
    shown = marketer.get(links[0].replace("&amp;", "&")).content.decode()
    assert str(ben) in shown
    assert str(anna) not in shown
    asked = {"mailing__id__exact": campaign.mailing_id, "q": "Nowak"}
    shown = marketer.get(reverse("admin:campaigns_message_changelist"), asked).content.decode()
    assert "The club has no address for this channel" in shown
    assert str(anna) not in shown


def test_list_and_page_ask_a_fixed_number_of_queries(crowd, enter, make_campaign, staff, buy, now):
    crowd(3)
    manager = enter("manager")
    owner = staff("owner")

    def count(url):
        manager.get(url)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert manager.get(url).status_code == 200
        return len(asked)

    campaign = make_campaign()
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B")], by=None, now=now)
    messages = send_campaign(divide(campaign, second=1), by=owner, now=now)
    count_due_campaigns(now=now)
    before = count(at("changelist")), count(campaign.get_absolute_url())
    for message in messages:
        respond(message, "clicked", now)
        buy(message.member_id, 500, now)
    for _time in range(3):
        send_campaign(make_campaign(), by=owner, now=now)
    count_due_campaigns(now=now)
    assert (count(at("changelist")), count(campaign.get_absolute_url())) == before
    assert before == (6, 23)


def test_a_clerk_sees_none_of_it(crowd, enter, make_campaign):
    crowd(1)
    campaign = make_campaign()
    clerk = enter("clerk")
    for url in (at("changelist"), campaign.get_absolute_url(), at("calendar"), at("digest")):
        assert clerk.get(url).status_code == 403
    assert clerk.post(at("act", campaign), {"act": "release"}).status_code == 403
    assert enter("marketer").get(at("digest")).status_code == 403


def test_calendar_shows_campaigns_and_the_feasts_of_chosen_countries(
    crowd, enter, make_campaign, staff, now
):
    import time_machine

    crowd(1)
    send_campaign(make_campaign(name="Cherry blossom"), by=staff("owner"), now=now)
    marketer = enter("marketer")
    with time_machine.travel(now, tick=False):
        own = marketer.get(at("calendar"), {"from": "2026-02"}).content.decode()
        japan = marketer.get(
            at("calendar"), {"from": "2026-02", "shown": "1", "country": "JP"}
        ).content.decode()
        far = marketer.get(at("calendar"), {"from": "2031-01"}).content.decode()
        odd = marketer.get(at("calendar"), {"from": "nonsense"})
    assert "Cherry blossom" in own
    assert "White Day" not in own  # of a club in the US, read by nobody in Japan
    assert "White Day" in japan
    assert "February 2026" in japan
    assert "March 2027" in far  # a year ahead and no further
    assert "January 2026" in odd.content.decode()
