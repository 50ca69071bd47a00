"""Figures of a campaign against what a hand counts."""

import datetime as dt
import math

import pytest

from campaigns.models import CampaignFigures, Message
from campaigns.selectors.reports import (
    BY_CHANNEL,
    BY_DOMAIN,
    Group,
    add_results,
    by_segment,
    compare,
    get_funnel,
    get_lift,
    list_funnels,
    list_funnels_by_variant,
    list_groups,
    list_hours,
    list_reasons,
    list_results,
)
from campaigns.services.campaigns import VariantTerms, count_due_campaigns, set_variants
from members.models import Audience, Member
from members.services.logins import create_login
from tests.campaigns.bought import *  # noqa: F403 (fixtures)
from tests.campaigns.bought import respond, send_campaign
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)
from tests.campaigns.crowds import divide

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_funnel_counts_each_message_once_and_people_apart_from_machines(
    crowd, make_campaign, staff, now
):
    crowd(4)
    crowd(1, email=None)
    campaign = make_campaign()
    first, second, third, fourth = send_campaign(campaign, by=staff("owner"), now=now)
    for message in (first, second, third):
        respond(message, "delivered", now, "unknown")
    respond(first, "opened", now + HOUR)
    respond(first, "opened", now + 2 * HOUR)
    respond(first, "clicked", now + 2 * HOUR)
    respond(second, "opened", now, "machine")
    respond(second, "clicked", now, "machine")
    respond(third, "unsubscribed", now + HOUR)
    respond(fourth, "bounced", now, "unknown")
    funnel = get_funnel(campaign.mailing)
    assert (funnel.meant, funnel.sent, funnel.not_sent) == (5, 4, 1)
    assert (funnel.delivered, funnel.bounced, funnel.unsubscribed) == (3, 1, 1)
    assert (funnel.opened, funnel.opened_by_machines) == (1, 1)
    assert (funnel.clicked, funnel.clicked_by_machines) == (1, 1)
    assert funnel.share("clicked") == 0.25
    assert list_reasons(campaign.mailing) == [("no_address", 1)]
    hours = [(hour.opened, hour.clicked) for hour in list_hours(campaign.mailing)]
    assert hours == [(1, 0), (1, 1)]


def test_members_are_counted_once_however_many_channels(crowd, make_campaign, staff, now):
    """Mei reads mail and these pages, Ken these pages alone, Ana has no login."""
    mei, ken, _ana = crowd(3)
    for member in (mei, ken):
        user = create_login(email=f"login{member.pk}@example.com", by=None, now=now)
        Member.objects.filter(pk=member.pk).update(user=user)
    Member.objects.filter(pk=ken.pk).update(email=None)
    campaign = make_campaign(channels=["email", "on_site"], reach="every")
    send_campaign(campaign, by=staff("owner"), now=now)
    sent = Message.objects.filter(mailing=campaign.mailing, state="sent")
    sent.filter(channel="on_site", member=mei).update(read_at=now + HOUR)
    respond(sent.get(channel="email", member=mei), "opened", now + 2 * HOUR)
    funnel = get_funnel(campaign.mailing)
    assert (funnel.meant, funnel.messages, funnel.sent, funnel.members_sent) == (3, 6, 4, 3)
    assert (funnel.opened, funnel.members_opened) == (2, 1)
    assert dict(list_reasons(campaign.mailing)) == {"no_address": 1, "no_login": 1}
    assert [hour.opened for hour in list_hours(campaign.mailing)] == [1, 1]


def test_revenue_counts_after_returns_within_the_days_and_once(
    crowd, make_campaign, staff, buy, now
):
    """Mei bought before, within and after; Ken clicked; Ana heard of another campaign since."""
    crowd(3)
    campaign = make_campaign(attribution_days=3)
    owner = staff("owner")
    mei, ken, ana = send_campaign(campaign, by=owner, now=now)
    buy(mei.member_id, 9_900, now - HOUR)
    buy(mei.member_id, 1_000, now + HOUR, returned=300)
    buy(mei.member_id, 5_000, now + 3 * DAY)
    respond(ken, "clicked", now + HOUR)
    buy(ken.member_id, 2_000, now + DAY)
    buy(ken.member_id, 400, now + 2 * DAY)
    later = make_campaign()
    send_campaign(later, by=owner, now=now + DAY)
    Message.objects.filter(mailing=later.mailing).exclude(member=ana.member_id).delete()
    buy(ana.member_id, 800, now + 2 * DAY)
    (result,) = list_results(campaign)
    assert (result.buyers, result.purchases, result.revenue) == (2, 3, 700 + 2_000 + 400)
    assert (result.clicked_buyers, result.clicked_revenue) == (1, 2_400)
    assert add_results(list_results(later)).revenue == 800


def test_a_purchase_after_two_messages_of_one_campaign_counts_for_the_clicked_one(
    crowd, make_campaign, staff, buy, now
):
    crowd(1, phone="+14155550111")
    campaign = make_campaign(channels=["email", "sms"], reach="every")
    messages = send_campaign(campaign, by=staff("owner"), now=now)
    assert len(messages) == 2
    by_mail = next(message for message in messages if message.channel == "email")
    respond(by_mail, "clicked", now + HOUR)
    buy(by_mail.member_id, 1_200, now + 2 * HOUR)
    assert [(r.key, r.buyers, r.revenue) for r in list_results(campaign, BY_CHANNEL)] == [
        ("email", 1, 1_200)
    ]
    assert add_results(list_results(campaign)).revenue == 1_200


def test_divisions_add_up(crowd, make_campaign, staff, buy, now):
    crowd(5)
    members = list(Member.objects.order_by("pk"))
    Member.objects.filter(pk=members[0].pk).update(email="one@example.org")
    campaign = make_campaign()
    set_variants(campaign, [VariantTerms("A"), VariantTerms("B")], by=None, now=now)
    messages = send_campaign(divide(campaign, second=2), by=staff("owner"), now=now)
    Message.objects.filter(pk=messages[0].pk).update(cost="0.0150")
    buy(messages[0].member_id, 900, now + HOUR)
    domains = list_funnels(campaign.mailing, BY_DOMAIN, most_first=True)
    assert [(each.key, each.sent) for each in domains] == [("example.com", 4), ("example.org", 1)]
    assert [r.key for r in list_results(campaign, BY_DOMAIN)] == ["example.org"]
    variants = list_funnels_by_variant(campaign.mailing)
    assert [(each.key, each.sent) for each in variants] == [("A", 3), ("B", 2)]
    assert sum(each.cost for each in variants) == get_funnel(campaign.mailing).cost
    friends = Audience.objects.get(slug="friends")
    (segment,) = list_funnels(campaign.mailing, by_segment([friends.pk]))
    assert (segment.key, segment.sent) == (str(friends.pk), 5)


def test_lift_is_the_difference_of_means_with_welchs_interval():
    """Means 12 and 10, variances 16 and 25 of 400 and 100 members: 2 ± 1.959964·√(16/400 + 25/100),
    by hand 0.9445 to 3.0555.
    """
    told = Group("told", 400, 300, 4_800, 16 * 399 + 400 * 12**2)
    held_out = Group("", 100, 60, 1_000, 25 * 99 + 100 * 10**2)
    lift = compare(told, held_out)
    assert lift.difference == pytest.approx(2)
    assert lift.low == pytest.approx(0.9445, abs=1e-4)
    assert lift.high == pytest.approx(3.0555, abs=1e-4)
    assert lift.is_enough
    assert lift.is_clear


@pytest.mark.parametrize(
    ("members", "buyers", "enough"), [(100, 5, True), (99, 5, False), (100, 4, False)]
)
def test_too_little_says_so(members, buyers, enough):
    group = Group("", members, buyers, 100, 1_000)
    assert compare(group, Group("told", 100, 5, 200, 4_000)).is_enough is enough


def test_everybody_who_was_meant_is_compared(crowd, make_campaign, staff, buy, now):
    """Whoever was left out by chance, and whoever was told or could not be."""
    crowd(40)
    campaign = make_campaign(holdout_percent=50, attribution_days=2)
    sent = send_campaign(divide(campaign, held=20), by=staff("owner"), now=now)
    held = list(Message.objects.filter(mailing=campaign.mailing, reason="holdout"))
    buy(sent[0].member_id, 600, now + HOUR, returned=100)
    buy(held[0].member_id, 300, now + HOUR)
    buy(held[1].member_id, 300, now + 2 * DAY)  # too late
    groups = {group.key: group for group in list_groups(campaign)}
    assert (groups["told"].members, groups["told"].revenue) == (len(sent), 500)
    assert (groups[""].members, groups[""].buyers, groups[""].revenue) == (len(held), 1, 300)
    assert groups["told"].mean == 500 / len(sent)
    n, total = len(held), 300
    spread = 300**2 - total**2 / n
    assert groups[""].variance == pytest.approx(spread / (n - 1))
    lift = get_lift(campaign)
    assert math.isclose(lift.difference, 500 / len(sent) - 300 / n)
    assert not lift.is_enough


def test_days_begin_when_each_was_due(crowd, make_campaign, staff, buy, now):
    """The rest of a test in two stages hears two days later: its days end two days later."""
    crowd(2)
    campaign = make_campaign(attribution_days=2)
    first, second = send_campaign(campaign, by=staff("owner"), now=now)
    Message.objects.filter(pk=second.pk).update(due_at=now + 2 * DAY)
    for message in (first, second):
        buy(message.member_id, 100, now + DAY)
        buy(message.member_id, 250, now + 3 * DAY)
    (told,) = list_groups(campaign)
    assert (told.buyers, told.revenue) == (2, 100 + 250)


def test_figures_are_counted_again_while_people_answer(crowd, make_campaign, staff, buy, now):
    crowd(2)
    campaign = make_campaign(budget_amount=250)
    first, _second = send_campaign(campaign, by=staff("owner"), now=now)
    assert count_due_campaigns(now=now) == 1
    assert count_due_campaigns(now=now + HOUR / 2) == 0
    respond(first, "clicked", now + HOUR)
    buy(first.member_id, 700, now + HOUR)
    assert count_due_campaigns(now=now + HOUR) == 1
    figures = CampaignFigures.objects.get(campaign=campaign)
    assert (figures.sent_count, figures.clicked_count, figures.revenue_amount) == (2, 1, 700)
    assert (figures.cost_amount, figures.lift_amount) == (250, None)
    assert count_due_campaigns(now=now + 60 * DAY) == 0
