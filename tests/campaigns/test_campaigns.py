"""A campaign from draft to finish: who is written to, what is tested, who has to agree."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from django.utils.translation import override

from campaigns.models import Campaign, Message, SendingPolicy
from campaigns.selectors.recipients import list_recipients, list_sample
from campaigns.services.campaigns import (
    CampaignNotDraft,
    CampaignOutgrown,
    InvalidCampaign,
    InvalidTest,
    NobodyToTell,
    NoTestRunning,
    Terms,
    VariantTerms,
    WordsMissing,
    cancel_campaign,
    change_campaign,
    copy_campaign,
    decide_due_tests,
    decide_test,
    draft_campaign,
    finish_campaigns,
    pause_campaign,
    read_terms,
    release_campaign,
    resume_campaign,
    set_variants,
    start_due_campaigns,
    take_back_campaign,
)
from campaigns.services.sending import leave_messages, resend_messages
from core.models import AuditEntry
from members.models import Member
from rewards.models import ActLimit
from rewards.selectors.control import explain_excess
from rewards.services.approvals import OverApproverLimit, approve, refuse
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)
from tests.campaigns.crowds import divide, find_seed, share

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def states(campaign):
    rows = Message.objects.filter(mailing=campaign.mailing)
    return Counter(rows.values_list("state", "reason"))


@pytest.fixture
def start(staff, now):
    """Release by the owner and start at once."""

    def go(campaign):
        release_campaign(campaign, by=staff("owner"), now=now)
        assert start_due_campaigns(now=now) == 1
        return Campaign.objects.select_related("mailing").get(pk=campaign.pk)

    return go


def test_a_campaign_goes_to_its_audiences_but_not_to_those_left_out(
    crowd, make_campaign, start, now
):
    friends = crowd(3)
    crowd(2, "others")
    rivals = crowd(1, "rivals")
    campaign = make_campaign(audiences=["friends", "rivals"], excluded=["rivals"])
    start(campaign)
    told = Message.objects.filter(mailing=campaign.mailing).values_list("member", flat=True)
    assert sorted(told) == [member.pk for member in friends]
    assert rivals[0].pk not in told


def test_whoever_is_in_two_audiences_gets_one_message(crowd, make_campaign, start):
    crowd(2)
    crowd(1, "others")
    member = Member.objects.get(given_name="Name0")
    from members.services.audiences import AudienceMove, ensure_audience, move_members

    other = ensure_audience("others", kind="list", name="Others")
    move_members(None, [AudienceMove(other.pk, member.pk)], now=member.joined_at)
    campaign = start(make_campaign(audiences=["friends", "others"]))
    assert states(campaign) == {("waiting", ""): 3}


def test_starting_twice_plans_nobody_twice(crowd, make_campaign, start, now):
    crowd(4)
    campaign = start(make_campaign())
    assert start_due_campaigns(now=now + HOUR) == 0
    assert states(campaign) == {("waiting", ""): 4}


def test_a_campaign_waits_for_its_time(crowd, make_campaign, staff, now):
    crowd(1)
    campaign = make_campaign(starts_at=now + HOUR)
    release_campaign(campaign, by=staff("owner"), now=now)
    assert start_due_campaigns(now=now) == 0
    assert start_due_campaigns(now=now + HOUR) == 1


def test_words_and_people_are_needed_before_it_is_released(crowd, make_campaign, staff, now):
    owner = staff("owner")
    with pytest.raises(WordsMissing):
        release_campaign(make_campaign(words=False), by=owner, now=now)
    with pytest.raises(NobodyToTell):
        release_campaign(make_campaign(), by=owner, now=now)
    crowd(1)
    with pytest.raises(InvalidTest):  # nothing to compare
        release_campaign(make_campaign(test_percent=20), by=owner, now=now)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"name": " "}, InvalidCampaign),
        ({"purpose": "nonsense"}, InvalidCampaign),
        ({"channels": []}, InvalidCampaign),
        ({"channels": ["phone"]}, InvalidCampaign),
        ({"holdout_percent": 51}, InvalidTest),
        ({"test_percent": 0}, InvalidTest),
    ],
)
def test_terms_that_make_no_sense_are_refused(club, now, terms, refusal):
    values = {"name": "Autumn", "purpose": "offers", "channels": ["email"]} | terms
    with pytest.raises(refusal):
        draft_campaign(Terms(**values), by=None, now=now)


def test_a_released_campaign_is_taken_back_before_it_changes(crowd, make_campaign, staff, now):
    crowd(1)
    owner = staff("owner")
    campaign = release_campaign(make_campaign(starts_at=now + HOUR), by=owner, now=now)
    with pytest.raises(CampaignNotDraft):
        change_campaign(campaign, read_terms(campaign), by=owner, now=now)
    campaign = take_back_campaign(campaign, by=owner, now=now)
    assert campaign.state == "draft"
    assert release_campaign(campaign, by=owner, now=now).state == "scheduled"


def test_another_name_leaves_no_translation_of_the_old_one(make_campaign, staff, now):
    owner = staff("owner")
    terms = replace(read_terms(make_campaign()), name="Thank you", names={"name_ja": "お礼"})
    campaign = draft_campaign(terms, by=owner, now=now)
    set_variants(
        campaign,
        [VariantTerms("A", "Short", names={"name_ja": "短い"}), VariantTerms("B", "Long")],
        by=owner,
        now=now,
    )
    with override("ja"):
        assert str(campaign.mailing) == "お礼"
        assert [str(each) for each in campaign.variants.order_by("code")] == ["A 短い", "B Long"]
    kept = change_campaign(campaign, replace(read_terms(campaign), holdout_percent=10),
                           by=owner, now=now)  # fmt: skip
    set_variants(campaign, [VariantTerms("A", "Short"), VariantTerms("B", "Longer")],
                 by=owner, now=now)  # fmt: skip
    with override("ja"):
        assert str(kept.mailing) == "お礼"
        assert [str(each) for each in campaign.variants.order_by("code")] == ["A 短い", "B Longer"]
    changed = change_campaign(campaign, replace(read_terms(campaign), name="Many thanks"),
                              by=owner, now=now)  # fmt: skip
    copy = copy_campaign(kept, name="Thank you (copy)", by=owner, now=now)
    with override("ja"):
        assert str(changed.mailing) == "Many thanks"
        assert str(copy.variants.get(code="A")) == "A 短い"


# --- Approval ------------------------------------------------------------------------------------


def set_reach(role, **values):
    set_limit("campaign", role, **values)


def set_limit(kind, role, **values):
    assert ActLimit.objects.filter(kind=kind, role=role).update(**values) == 1


def test_a_large_campaign_waits_for_a_second_person(crowd, make_campaign, staff, now):
    crowd(3)
    set_reach("marketer", per_act=2)
    campaign = release_campaign(make_campaign(), by=staff("marketer"), now=now)
    assert campaign.state == "approval"
    assert start_due_campaigns(now=now) == 0
    approve(campaign.approval, by=staff("manager"), now=now)
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"
    assert start_due_campaigns(now=now) == 1


def test_a_refused_campaign_may_be_changed_and_asked_for_again(crowd, make_campaign, staff, now):
    crowd(3)
    set_reach("marketer", per_act=2)
    marketer = staff("marketer")
    campaign = release_campaign(make_campaign(), by=marketer, now=now)
    refuse(campaign.approval, note="Too many", by=staff("manager"), now=now)
    campaign.refresh_from_db()
    assert campaign.state == "draft"
    again = release_campaign(campaign, by=marketer, now=now)
    assert again.state == "approval"
    assert take_back_campaign(again, by=marketer, now=now).state == "draft"


def test_the_day_of_a_marketer_is_bounded_too(crowd, make_campaign, staff, now):
    crowd(3)
    set_reach("marketer", per_act=3, per_actor_day=5)
    marketer = staff("marketer")
    assert release_campaign(make_campaign(), by=marketer, now=now).state == "scheduled"
    assert release_campaign(make_campaign(), by=marketer, now=now).state == "approval"


def test_the_cost_of_a_day_is_bounded_too_and_of_who_approves(crowd, make_campaign, staff, now):
    """What it costs beside the messages counts for the next one, and for the second person."""
    crowd(3)
    set_limit("campaign_cost", "marketer", per_act=900, per_actor_day=1000)
    set_limit("campaign_cost", "manager", approve_act=2000, approve_day=2500)
    marketer, manager = staff("marketer"), staff("manager")
    assert release_campaign(make_campaign(budget_amount=800), by=marketer, now=now).state == (
        "scheduled"
    )
    second = release_campaign(make_campaign(budget_amount=800), by=marketer, now=now)
    assert second.state == "approval"
    (told,) = explain_excess(second.approval.excess, second.approval.kind)
    assert told.count("$") == 2  # money, though the campaign is approved by its size
    approve(second.approval, by=manager, now=now)
    dear = release_campaign(make_campaign(budget_amount=1900), by=marketer, now=now)
    with pytest.raises(OverApproverLimit):
        approve(dear.approval, by=manager, now=now)
    dear.refresh_from_db()
    assert dear.state == "approval"


def test_a_campaign_that_outgrew_what_was_released_waits_again(crowd, make_campaign, staff, now):
    crowd(3)
    set_reach("marketer", per_act=4)
    marketer, manager = staff("marketer"), staff("manager")
    small = release_campaign(make_campaign(), by=marketer, now=now)
    assert small.state == "scheduled"
    crowd(2)
    assert start_due_campaigns(now=now) == 0
    small.refresh_from_db()
    assert (small.state, small.estimate_count) == ("approval", 5)
    assert not Message.objects.exists()
    approve(small.approval, by=manager, now=now)
    crowd(1)  # a few more are no other campaign
    assert start_due_campaigns(now=now) == 1
    assert Message.objects.filter(mailing=small.mailing).count() == 6


def test_a_test_does_not_grow_past_what_was_released(crowd, make_campaign, staff, now):
    crowd(40)
    set_reach("marketer", per_act=45)
    marketer = staff("marketer")
    campaign = make_campaign(by=marketer, test_percent=50, winner_rule="clicks")
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B")], by=marketer, now=now)
    release_campaign(divide(campaign, tested=20), by=marketer, now=now)
    start_due_campaigns(now=now)
    told = Message.objects.count()
    assert told == 20
    crowd(20)
    with pytest.raises(CampaignOutgrown):
        decide_test(campaign, "A", by=marketer, now=now)
    assert decide_due_tests(now=now + 25 * HOUR) == 0
    assert Message.objects.count() == told
    decide_test(campaign, "A", by=staff("owner"), now=now)
    assert Message.objects.count() == 60


def test_what_nobody_knows_about_keeps_a_campaign_open(crowd, make_campaign, start, staff, now):
    """Or what staff send again would wait for ever."""
    crowd(2)
    start(make_campaign())
    ids = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(state="unknown")
    assert finish_campaigns(now=now) == 0
    resend_messages([ids[0]], by=None, now=now)
    leave_messages([ids[1]], by=None, now=now)
    assert finish_campaigns(now=now) == 0
    Message.objects.filter(pk=ids[0]).update(state="sent", sent_at=now)
    assert finish_campaigns(now=now) == 1


# --- Control groups ------------------------------------------------------------------------------


def test_a_control_group_hears_nothing_and_is_the_same_when_asked_again(
    crowd, make_campaign, start, now
):
    crowd(60)
    campaign = start(divide(make_campaign(holdout_percent=50), held=30))
    assert states(campaign) == {("not_sent", "holdout"): 30, ("waiting", ""): 30}
    first = set(Message.objects.filter(reason="holdout").values_list("member", flat=True))
    Message.objects.all().delete()
    Campaign.objects.update(state="scheduled")
    start_due_campaigns(now=now)
    assert set(Message.objects.filter(reason="holdout").values_list("member", flat=True)) == first


def test_the_permanent_control_group_hears_no_campaign(crowd, make_campaign, start):
    ids = [each.pk for each in crowd(60)]
    seed = find_seed(lambda seed: sum(share(seed, pk) < 2_000 for pk in ids) == 12)
    SendingPolicy.objects.create(pk=1, holdout_percent=20, holdout_seed=seed)
    held = [
        set(
            Message.objects.filter(mailing=start(make_campaign()).mailing, reason="holdout")
            .values_list("member", flat=True)
        )
        for _time in range(2)
    ]  # fmt: skip
    assert held[0] == held[1]
    assert len(held[0]) == 12
    service = start(make_campaign(purpose="service"))
    assert states(service) == {("waiting", ""): 60}


def test_who_shares_an_address_with_the_control_group_still_hears(crowd, make_campaign, start):
    """One who is left out takes nobody's address."""
    crowd(40)
    first = list(Member.objects.order_by("pk")[:20])
    last = list(Member.objects.order_by("pk")[20:])
    for one, other in zip(first, last, strict=True):
        Member.objects.filter(pk=other.pk).update(email=one.email)
    campaign = start(divide(make_campaign(holdout_percent=50), held=20))
    rows = {m.member_id: (m.state, m.reason) for m in Message.objects.filter(mailing=campaign.pk)}
    for one, other in zip(first, last, strict=True):
        pair = {rows[one.pk], rows[other.pk]}
        if pair == {("not_sent", "holdout")}:
            continue
        assert ("waiting", "") in pair


# --- Tests ---------------------------------------------------------------------------------------


def test_a_test_goes_to_a_sample_and_the_rest_gets_the_winner(
    crowd, make_campaign, start, staff, now
):
    crowd(80)
    campaign = make_campaign(test_percent=30)
    owner = staff("owner")
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B", "Shorter")], by=owner, now=now)
    campaign = start(divide(campaign, tested=24, second=12))
    assert campaign.state == "testing"
    sample = set(list_sample(campaign).values_list("pk", flat=True))
    rows = Message.objects.filter(mailing=campaign.mailing)
    assert set(rows.values_list("member", flat=True)) == sample
    assert len(sample) == 24
    assert sorted(rows.values_list("variant", flat=True)) == ["A"] * 12 + ["B"] * 12
    before = dict(rows.values_list("member", "variant"))
    campaign = decide_test(campaign, "B", by=owner, now=now + HOUR)
    after = dict(rows.values_list("member", "variant"))
    assert len(after) == 80
    assert {pk: after[pk] for pk in before} == before
    assert {after[pk] for pk in after if pk not in before} == {"B"}
    with pytest.raises(NoTestRunning):
        decide_test(campaign, "A", by=owner, now=now + HOUR)


def test_clicks_of_people_decide_and_those_of_machines_do_not(
    crowd, make_campaign, start, staff, now
):
    from campaigns.models import MessageEvent

    crowd(60)
    campaign = make_campaign(test_percent=60, winner_rule="clicks")
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B")], by=staff("owner"), now=now)
    campaign = start(divide(campaign, tested=36, second=18))
    Message.objects.filter(mailing=campaign.mailing).update(state="sent", sent_at=now)
    sent = Message.objects.filter(mailing=campaign.mailing).order_by("variant", "pk")
    for place, message in enumerate(sent):
        actor = "human" if message.variant == "B" and place % 2 else "machine"
        MessageEvent.objects.create(
            message=message, kind="clicked", actor=actor, effective_at=now, recorded_at=now
        )
    assert decide_due_tests(now=now + 23 * HOUR) == 0
    assert decide_due_tests(now=now + 24 * HOUR) == 1
    campaign.refresh_from_db()
    assert (campaign.winner, campaign.state) == ("B", "running")


@pytest.mark.parametrize(
    "variants",
    [
        [VariantTerms("B")],
        [VariantTerms("A", weight=0)],
        [VariantTerms("A"), VariantTerms("b")],
        [VariantTerms("A", hour=24)],
        [VariantTerms(code) for code in "ABCDEF"],
    ],
)
def test_variants_that_compare_nothing_are_refused(make_campaign, now, variants):
    with pytest.raises(InvalidTest):
        set_variants(make_campaign(), variants, by=None, now=now)


def test_an_hour_is_the_readers_own(crowd, make_campaign, start, staff, now):
    """Noon in Los Angeles is four in the morning of the next day in Tokyo."""
    (near,) = crowd(1)
    (far,) = crowd(1, zone="Asia/Tokyo")
    campaign = make_campaign()
    set_variants(campaign, [VariantTerms("A", hour=9)], by=staff("owner"), now=now)
    campaign = start(campaign)
    due = dict(Message.objects.filter(mailing=campaign.mailing).values_list("member", "due_at"))
    assert due[near.pk] == dt.datetime(2026, 3, 11, 16, tzinfo=dt.UTC)  # 9:00 there, tomorrow
    assert due[far.pk] == dt.datetime(2026, 3, 11, 0, tzinfo=dt.UTC)  # 9:00 there, in five hours


# --- Stop, finish, copy --------------------------------------------------------------------------


def test_pause_resume_and_cancel(crowd, make_campaign, start, staff, now):
    crowd(2)
    owner = staff("owner")
    campaign = pause_campaign(start(make_campaign()), by=owner, now=now)
    campaign.mailing.refresh_from_db()
    assert (campaign.state, campaign.mailing.state) == ("paused", "paused")
    campaign = resume_campaign(campaign, by=owner, now=now)
    campaign.mailing.refresh_from_db()
    assert (campaign.state, campaign.mailing.state) == ("running", "running")
    campaign = cancel_campaign(campaign, by=owner, now=now)
    campaign.mailing.refresh_from_db()
    assert (campaign.state, campaign.mailing.state) == ("cancelled", "cancelled")
    with pytest.raises(CampaignNotDraft):
        resume_campaign(campaign, by=owner, now=now)


def test_a_campaign_is_over_once_nothing_is_left(crowd, make_campaign, start, now):
    crowd(2)
    campaign = start(make_campaign())
    assert finish_campaigns(now=now) == 0
    Message.objects.filter(mailing=campaign.mailing).update(state="sent", sent_at=now)
    assert finish_campaigns(now=now) == 1
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("finished", now)


def test_a_copy_has_the_words_and_goes_to_everybody_again(crowd, make_campaign, start, staff, now):
    crowd(2)
    campaign = start(make_campaign(holdout_percent=10, excluded=["rivals"]))
    copy = copy_campaign(campaign, name="Autumn again", by=staff("owner"), now=now)
    assert (copy.state, copy.holdout_percent, copy.seed == campaign.seed) == ("draft", 10, False)
    words = copy.mailing.editions.get().contents.get()
    assert words.subject == "Autumn is here"
    assert list_recipients(copy).count() == 2


def test_each_act_is_in_the_trail(crowd, make_campaign, start, staff, now):
    crowd(1)
    campaign = start(make_campaign())
    pause_campaign(campaign, by=staff("owner"), now=now)
    acts = AuditEntry.objects.filter(subject_type="campaigns.campaign").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        "campaign.drafted", "campaign.released", "campaign.started", "campaign.paused",
    ]  # fmt: skip
