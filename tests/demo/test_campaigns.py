"""The demonstration's campaigns: complete in four languages, over where they are of the past."""

import re

import pytest
from django.db import connection
from django.db.models import F

from campaigns.channels.on_site.inbox import list_inbox, tells_of_today
from campaigns.enums import CampaignState, MailingState, MessageReason, MessageState
from campaigns.models import (
    Automation,
    Campaign,
    Content,
    Journey,
    Message,
    MessageEvent,
    PublicNotice,
    Segment,
    SegmentPick,
)
from campaigns.selectors.reports import get_funnel
from campaigns.services.sending.running import send_waiting_messages
from loyalty_site.demo.automations import list_automation_codes
from loyalty_site.demo.campaigns import read_campaigns
from loyalty_site.demo.data import LANGUAGE
from loyalty_site.demo.notices import read_notices
from loyalty_site.demo.removal import remove_demo
from members.models import Member, Notice, WorkItem
from tests.demo.test_catalogue import LANGUAGES, list_words

LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")


def test_every_text_stands_in_four_languages_each_its_own():
    found = [*list_words(read_campaigns()), *list_words(read_notices())]
    assert len(found) > 30
    for path, words in found:
        assert set(words) == set(LANGUAGES), path
        assert all(text == text.strip() for text in words.values()), path
        assert len(set(words.values())) == len(LANGUAGES), f"{path} is the same twice"


def test_each_language_asks_for_the_same_blocks_and_rewards():
    for path, words in list_words(read_campaigns()):
        if not path.endswith("/body"):
            continue
        asked = {
            language: sorted(set(re.findall(r"/rewards/[\w-]*|% (?:reward|points)[^%]*", text)))
            for language, text in words.items()
        }
        assert len({tuple(each) for each in asked.values()}) == 1, path
        for language, text in words.items():
            if language != "en":
                assert not re.search(r"[A-Za-z]{4}", LIQUID.sub("", text)), (path, language)


def test_what_there_is(larger_club, now):
    states = dict(Campaign.objects.values_list("mailing__name", "state"))
    told = read_campaigns()
    assert len(told["finished"]) == 6
    assert {states[each["name"][LANGUAGE]] for each in told["finished"]} == {CampaignState.FINISHED}
    assert [states[each["name"][LANGUAGE]] for each in told["coming"]] == [
        CampaignState.SCHEDULED, CampaignState.APPROVAL, CampaignState.DRAFT,
    ]  # fmt: skip
    assert Segment.objects.exclude(code="").filter(built_at=now).count() == 12
    assert {pick.is_in for pick in SegmentPick.objects.all()} == {True, False}
    finished = Campaign.objects.filter(state=CampaignState.FINISHED)
    assert finished.filter(holdout_percent__gt=0).count() == 2
    assert sum(each.variants.count() > 1 for each in finished) == 2
    assert Content.objects.exclude(i18n__has_keys=["body_ja", "body_zh_hans"]).count() == 0
    for campaign in finished:
        funnel = get_funnel(campaign.mailing)
        assert funnel.sent > 0
        assert campaign.mailing.state == MailingState.FINISHED
        assert campaign.started_at < campaign.finished_at < now
        assert campaign.figures.sent_count == funnel.sent
    assert MessageEvent.objects.filter(kind="clicked", actor="human").exists()
    assert MessageEvent.objects.filter(actor="machine").exists()


def test_the_archive_tells_of_an_incident_and_a_change(larger_club, now):
    incident, change = PublicNotice.objects.published().newest_first()
    assert (incident.kind, incident.resolved_at, change.kind) == ("incident", now, "change")
    assert incident.updates.count() == 1
    assert Message.objects.filter(mailing=incident.mailing, state="sent").exists()
    for notice in (incident, change):
        for language in ("ja", "zh_hans", "zh_hant"):
            assert getattr(notice, f"title_{language}")
            assert "%(" not in getattr(notice, f"body_{language}")
    assert not Message.objects.filter(recorded_at__gt=F("due_at"), mailing__kind="step").exists()


def test_nothing_happens_before_it_can(larger_club, now):
    sent = Message.objects.filter(state=MessageState.SENT)
    assert not sent.filter(sent_at__lt=F("member__joined_at")).exists()
    assert not sent.filter(sent_at__gt=now).exists()
    events = MessageEvent.objects.all()
    assert not events.filter(effective_at__lt=F("message__sent_at")).exists()
    assert not events.filter(effective_at__gt=now).exists()


def test_letters_of_the_past_tell_the_points_of_their_day(larger_club):
    letters = Message.objects.filter(channel="on_site", state=MessageState.SENT)
    told = [each for each in letters.select_related("mailing") if each.figures]
    assert told
    assert not any(tells_of_today(each) for each in letters)
    moved = """
        SELECT coalesce(sum(CASE a.id WHEN t.credit_account_id THEN t.amount ELSE -t.amount END), 0)
        FROM rewards_account a JOIN rewards_transfer t
          ON a.id IN (t.credit_account_id, t.debit_account_id) AND t.effective_at <= %s
        WHERE a.member_id = %s AND a.kind = 'available' AND a.unit = 'points'
    """
    with connection.cursor() as cursor:
        for letter in told[:40]:
            cursor.execute(moved, [letter.sent_at, letter.member_id])
            assert letter.figures["points.balance"] == cursor.fetchone()[0]


def test_a_mail_goes_to_who_had_agreed_alone(larger_club):
    marketing = Message.objects.exclude(mailing__purpose="service").filter(channel="email")
    for message in marketing.filter(state=MessageState.SENT).select_related("mailing", "member"):
        newest = (
            message.member.consents.about(message.mailing.purpose, "email")
            .filter(effective_at__lte=message.due_at)
            .order_by("-effective_at", "-id")
            .first()
        )
        assert newest is not None
        assert newest.is_given
    assert marketing.filter(reason=MessageReason.NO_CONSENT).exists()
    assert not Message.objects.filter(state=MessageState.NOT_SENT, reason="").exists()


def test_why_yuki_did_not_get_a_mail(larger_club):
    yuki = Member.objects.get(email="yuki.hoshino@example.org")
    refused = Message.objects.get(member=yuki, channel="email", mailing__name__startswith="Triple")
    assert (refused.state, refused.reason) == (MessageState.NOT_SENT, MessageReason.NO_CONSENT)


@pytest.mark.parametrize(
    ("email", "count"),
    [
        ("yuki.hoshino@example.org", 3),
        ("huiwen.xu@example.com", 3),
        ("priya.raman@example.com", 1),
        ("yongfu.he@example.org", 1),
    ],
)
def test_the_inbox_of_each_story_holds_something_to_read(larger_club, email, count, now):
    page = list_inbox(Member.objects.get(email=email), now=now)
    assert len(page.rows) >= count


def test_a_worker_finds_nothing_to_send(larger_club, now, mailoutbox):
    assert not Message.objects.filter(
        state__in=[MessageState.WAITING, MessageState.SENDING, MessageState.UNKNOWN]
    ).exists()
    send_waiting_messages(clock=lambda: now)
    assert mailoutbox == []


def test_removal_takes_it_all(larger_club, now):
    remove_demo(now=now)
    for model in (Automation, Campaign, Journey, Message, MessageEvent, Segment, Content):
        assert not model.objects.exists()


def test_automations_run_and_somebody_is_on_the_way(larger_club, now):
    assert Automation.objects.count() == len(list_automation_codes())
    assert not Automation.objects.filter(is_enabled=False).exists()
    assert Journey.objects.filter(entered_at__lt=now).exists()
    assert Message.objects.filter(mailing__kind="step", state=MessageState.SENT).exists()
    assert not WorkItem.objects.filter(consumer="automations").exists()
    assert not Notice.objects.filter(is_followed=False).exists()
