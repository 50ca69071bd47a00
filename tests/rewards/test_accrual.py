import datetime as dt
import random

import pytest
from django.db import transaction

from members.models import AudienceMember
from rewards.models import Award, Lot, Reversal, Standing, TierChange, Transfer
from rewards.services.closing import close_days
from rewards.services.settlement import settle_members
from tests.rewards.conftest import assert_ledger_true, at, balances, entries

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 5)


def test_purchase_earns_pending_points_with_their_story(shop, rules):
    shop.buy("mei", "18.40", on=DAY)
    member = shop.member("mei")
    assert balances(member) == {"pending": 18, "status_pending": 18}
    award = Award.objects.get(unit="points")
    assert (award.basis_amount, award.awarded_points, award.parts) == (1840, 18, [[1840, 1, 1, []]])
    assert Lot.objects.get(award=award).release_on == DAY + dt.timedelta(days=14)
    assert Transfer.objects.get(award=award).key == f"earn:award:{award.pk}"
    assert_ledger_true()


def test_same_purchase_again_earns_nothing_more(shop, rules):
    ticket = shop.ticket("mei", "18.40", on=DAY)
    shop.take_in(ticket)
    before = entries()
    assert shop.take_in(ticket).receipts == []
    assert entries() == before


def test_release_moves_up_at_once_and_into_the_tier_audience(shop, rules, now):
    shop.buy("mei", "320", on=DAY)
    member = shop.member("mei")
    settle_members([member.pk], until=DAY + dt.timedelta(days=14), now=now)
    standing = Standing.objects.get(member=member)
    assert standing.tier.slug == "silver"
    assert standing.tier_since_on == DAY + dt.timedelta(days=14)
    audiences = AudienceMember.objects.filter(member=member, audience__kind="tier")
    assert [row.audience_id for row in audiences] == [standing.tier.audience_id]
    assert TierChange.objects.get().status_credits == 320
    assert_ledger_true()


def test_multiplier_is_that_of_the_tier_at_the_start_of_the_day(counter, rules):
    counter.buy("mei", "320", on=DAY, hour=9)
    counter.buy("mei", "100", on=DAY, hour=10)
    counter.buy("mei", "100", on=DAY + dt.timedelta(days=1))
    points = Award.objects.filter(unit="points").order_by("effective_at")
    assert [award.awarded_points for award in points] == [320, 100, 125]


def test_counter_points_are_available_at_once(counter, rules):
    counter.buy("mei", "10", on=DAY)
    assert balances(counter.member("mei")) == {"available": 10, "status": 10}
    assert Lot.objects.get(unit="points").expires_on == dt.date(2027, 1, 5)


def test_return_in_the_same_batch_as_its_purchase(shop, rules):
    ticket = shop.ticket("mei", "60", "40", on=DAY)
    shop.take_in(ticket, shop.slip(ticket.external_id, {2: "40"}, on=DAY, hour=13))
    assert balances(shop.member("mei")) == {"pending": 60, "status_pending": 60}
    assert Reversal.objects.get(award__unit="points").pending_points == 40
    assert_ledger_true()


def test_return_after_release_takes_points_and_status(shop, rules, now):
    ticket = shop.buy("mei", "100", on=DAY)
    shop.give_back(ticket, {1: "40"}, on=DAY + dt.timedelta(days=20))
    assert balances(shop.member("mei")) == {"available": 60, "status": 60}
    shop.give_back(ticket, {1: "60"}, on=DAY + dt.timedelta(days=21))
    assert balances(shop.member("mei")) == {}
    assert_ledger_true()


def test_late_item_is_applied_and_marked(shop, rules, now):
    shop.buy("mei", "10", on=DAY + dt.timedelta(days=9))
    shop.buy("mei", "20", on=DAY)
    late = Transfer.objects.filter(is_late=True)
    assert {transfer.award.awarded_points for transfer in late} == {20}


def test_cap_trims_and_a_return_gives_room_to_later_purchases_only(shop, make_rule):
    make_rule(cap_points=50, cap_period="month")
    first = shop.buy("mei", "40", on=DAY)
    shop.buy("mei", "40", on=DAY + dt.timedelta(days=1))
    shop.give_back(first, {1: "40"}, on=DAY + dt.timedelta(days=2))
    shop.buy("mei", "45", on=DAY + dt.timedelta(days=3))
    awards = Award.objects.order_by("effective_at")
    given = [(award.awarded_points, award.cap_trimmed_points) for award in awards]
    assert given == [(40, 0), (10, 30), (40, 5)]
    assert_ledger_true()


def test_budget_is_shared_and_never_exceeded(shop, make_rule):
    rule = make_rule(budget_points=100).rule
    for index, name in enumerate(["mei", "ken", "ana"]):
        shop.buy(name, "45", on=DAY + dt.timedelta(days=index))
    awards = Award.objects.order_by("effective_at")
    assert [award.awarded_points for award in awards] == [45, 45, 10]
    assert awards[2].budget_trimmed_points == 35
    rule.refresh_from_db()
    assert rule.used_points == 100


def test_first_purchase_bonus_is_given_once_and_stays_gone_after_a_return(shop, make_rule):
    make_rule("welcome", kind="fixed", points=100, first_time="ever")
    ticket = shop.buy("mei", "10", on=DAY)
    shop.give_back(ticket, {1: "10"}, on=DAY + dt.timedelta(days=1))
    shop.buy("mei", "10", on=DAY + dt.timedelta(days=2))
    assert Award.objects.count() == 1
    assert balances(shop.member("mei")) == {}


def test_point_day_adds_to_the_tier_and_multiply_says_otherwise(counter, make_rule, rules):
    counter.buy("mei", "1000", on=DAY)
    make_rule("fifth", kind="multiplier", points=0, per_amount=0, multiplier_milli=5000,
              days_of_month=[6])  # fmt: skip
    counter.buy("mei", "10", on=DAY + dt.timedelta(days=1))
    make_rule("seventh", kind="multiplier", points=0, per_amount=0, multiplier_milli=5000,
              combine="multiply", days_of_month=[7])  # fmt: skip
    counter.buy("mei", "10", on=DAY + dt.timedelta(days=2))
    awards = Award.objects.filter(unit="points").order_by("effective_at")
    assert [award.awarded_points for award in awards] == [1000, 55, 75]


def test_snapshot_tells_the_end_of_each_day(shop, rules, now):
    shop.buy("mei", "100", on=DAY)
    shop.buy("mei", "50", on=DAY + dt.timedelta(days=20))
    closes = close_days(now=now, last=DAY + dt.timedelta(days=30))
    told = {
        (close.day_on - DAY).days: (close.pending_points, close.available_points)
        for close in closes
    }
    assert (told[0], told[13], told[20], told[30]) == ((100, 0), (0, 100), (50, 100), (50, 100))
    assert closes[13].released_points == 100
    assert close_days(now=now, last=DAY + dt.timedelta(days=30)) == []


# --- Any batching, same entries (points.md 7) ----------------------------------------------------


def _random_history(shop, seed):
    draw = random.Random(seed)
    items, tickets = [], []
    for _ in range(120):
        day = DAY + dt.timedelta(days=draw.randrange(400))
        hour = draw.choice([0, 1, 9, 12, 18, 23])
        if tickets and draw.random() < 0.15:
            name, ticket, bought, amounts = draw.choice(tickets)
            line = draw.randrange(len(amounts))
            if day > bought and amounts[line]:
                part = draw.choice([amounts[line], round(amounts[line] / 3, 2)])
                if part:
                    amounts[line] = round(amounts[line] - part, 2)
                    slip = shop.slip(ticket, {line + 1: part}, on=day, hour=hour)
                    items.append((slip.returned_at, 1, slip.external_id, slip))
                    continue
        amounts = [round(draw.uniform(0, 90), 2) for _ in range(draw.randrange(1, 5))]
        name = draw.choice("abcd")
        ticket = shop.ticket(name, *amounts, on=day, hour=hour)
        tickets.append((name, ticket.external_id, day, amounts))
        items.append((ticket.purchased_at, 0, ticket.external_id, ticket))
    return [item for *_, item in sorted(items, key=lambda row: row[:3])]


def _entries_of(shop, items, sizes, until, now):
    """Entries after taking the items in by batches of the given sizes; then all is undone."""
    with transaction.atomic():
        rest = list(items)
        while rest:
            size = next(sizes)
            shop.take_in(*rest[:size], now=now)
            del rest[:size]
        settle_members([shop.member(name).pk for name in "abcd"], until=until, now=now)
        assert_ledger_true()
        names = {shop.member(name).pk: name for name in "abcd"}
        result = sorted((names[pk], *map(str, row)) for pk, *row in entries())
        tiers = sorted(
            (names[pk], *map(str, row))
            for pk, *row in TierChange.objects.values_list(
                "member_id", "from_tier_id", "to_tier_id", "status_credits", "effective_at"
            )
        )
        transaction.set_rollback(True)
    return result, tiers


def _always(size):
    while True:
        yield size


def _randomly(seed):
    draw = random.Random(seed)
    while True:
        yield draw.choice([1, 2, 3, 10, 40])


@pytest.mark.parametrize("seed", range(6))
def test_any_batching_writes_the_same_entries(shop, make_rule, rules, seed):
    make_rule("welcome", kind="fixed", points=100, first_time="ever", priority=50)
    make_rule("fifth", kind="multiplier", points=0, per_amount=0, multiplier_milli=3000,
              days_of_month=[5, 6, 7])  # fmt: skip
    make_rule("basket", kind="fixed", points=40, minimum_amount=10000, cap_points=80)
    make_rule("budget", points=1, per_amount=500, budget_points=700)
    items = _random_history(shop, seed)
    until = DAY + dt.timedelta(days=480)
    now = at(until)
    whole = _entries_of(shop, items, _always(len(items)), until, now)
    assert len(whole[0]) > 200
    assert _entries_of(shop, items, _always(1), until, now) == whole
    assert _entries_of(shop, items, _randomly(seed), until, now) == whole


def test_club_without_a_programme_takes_purchases_in_and_owes_nothing(club, now):
    from purchases.models import Channel, Source
    from tests.rewards.conftest import Shop

    channel = Channel.objects.get_or_create(code="shop", defaults={"name": "Shop"})[0]
    source = Source.objects.create(code="till", name="Till", default_channel=channel)
    Shop(source, now).buy("mei", "10", on=DAY)
    assert Standing.objects.count() == 0
    assert close_days(now=now) == []
