"""Each way in which a shop's change of an order meets what became of its points (points.md 18)."""

import datetime as dt

import pytest

from members.services.enrolment import MemberKey
from purchases.models import Line, PurchaseVersion
from purchases.parsing.shops import Standing
from rewards.enums import Unit
from rewards.models import Award, EarningRule, ProgrammeVersion, Reversal, TierChange, Transfer
from rewards.models import Standing as TierStanding
from rewards.services.closing import close_days
from rewards.services.merging import forfeit_points, merge_points
from rewards.services.programme import end_rule, publish_rule
from rewards.services.settlement import settle_members
from tests.purchases.shops import make_shop
from tests.rewards.amended import DAY, Orders
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import cancel_hold, capture_hold, hold_points

pytestmark = pytest.mark.django_db


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@pytest.fixture
def orders(rules, now):
    """A shop with fourteen days of return."""
    return Orders(make_shop("shopify", now).connection)


@pytest.fixture
def bare(programme, now):
    """The same without a rule."""
    return Orders(make_shop("shopify", now).connection)


@pytest.fixture
def at_once(rules, now):
    """A shop without a time of return: points are available at once."""
    return Orders(make_shop("shopify", now, window=0).connection)


def points(member):
    found = balances(member)
    return {kind: found[kind] for kind in ("pending", "available", "owed") if kind in found}


def spend(member, amount, *, on, key="spent"):
    capture_hold(hold_points(member, amount, key=key, now=at(on, 15)), now=at(on, 16))


# --- Before and after the release ----------------------------------------------------------------


@pytest.mark.parametrize(("lines", "left"), [({"a": 150}, 150), ({"a": 40}, 40), ({"b": 7}, 7)])
def test_amended_before_release_is_pending_anew(orders, lines, left):
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("1", lines, on=day(3))

    member = orders.member()
    assert balances(member) == {"pending": left, "status_pending": left}
    settle_members([member.pk], until=day(14), now=at(day(14)))
    assert balances(member) == {"available": left, "status": left}
    assert_ledger_true()


def test_amended_after_release_is_usable_with_the_days_of_the_first(orders):
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("1", {"a": 100, "b": 50}, on=day(20))

    member = orders.member()
    assert balances(member) == {"available": 150, "status": 150}
    lot = member.lots.get(unit="points", available__gt=0)
    assert (lot.opened_at, lot.release_on, lot.expires_on) == (
        at(DAY), day(14), dt.date(2027, 3, 25)
    )  # fmt: skip
    assert set(member.lots.filter(unit="status").values_list("counts_on", flat=True)) == {DAY}
    assert_ledger_true()


def test_entries_tell_of_the_amendment_and_keep_its_day(orders):
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("1", {"a": 60}, on=day(20))

    version = PurchaseVersion.objects.get(number=2)
    back = Transfer.objects.get(reason="amend", unit="points")
    assert back.effective_at.date() == day(20)
    assert (back.reversal.purchase_version, back.reversal.own_lot_points) == (version, 100)
    assert (version.said_at, version.total_amount) == (back.effective_at, 6000)
    new = Award.objects.get(unit="points", purchase_version=2)
    assert (new.awarded_points, new.effective_at) == (60, at(DAY))


def test_lines_keep_their_place_and_what_they_were(orders):
    orders.say("1", {"a": 100, "b": 20}, on=DAY)
    orders.say("1", {"b": 30, "c": 5}, on=day(1))

    purchase = orders.purchase("1")
    rows = purchase.lines.order_by("position").values_list("position", "external_id", "amount")
    assert list(rows) == [(1, "a", 0), (2, "b", 3000), (3, "c", 500)]
    assert (purchase.version, purchase.total_amount) == (2, 3500)
    before = purchase.versions.get(number=1)
    assert [line[:2] + line[5:6] for line in before.lines] == [[1, "a", 10000], [2, "b", 2000]]


# --- Spent, held, owed ---------------------------------------------------------------------------


def test_spent_points_stay_spent_where_the_new_award_covers_them(at_once, claim):
    at_once.say("0", {"a": 25}, on=DAY)
    at_once.say("1", {"a": 100}, on=DAY)
    member = claim(at_once.member())
    spend(member, 55, on=day(1))  # the first 25, then 30 of the order

    at_once.say("1", {"a": 150}, on=day(2))

    assert points(member) == {"available": 120}
    (reversal,) = Reversal.objects.filter(award__unit="points")
    assert (reversal.own_lot_points, reversal.other_lots_points, reversal.owed_points) == (
        70,
        30,
        0,
    )
    assert_ledger_true()


def test_other_points_are_not_touched_while_the_new_award_suffices(at_once, claim):
    at_once.say("1", {"a": 100}, on=DAY)
    member = claim(at_once.member())
    spend(member, 90, on=day(1))
    at_once.say("2", {"a": 25}, on=day(2), placed=day(2))

    at_once.say("1", {"a": 95}, on=day(3))

    lots = member.lots.filter(unit="points", available__gt=0).order_by("pk")
    assert list(lots.values_list("original", "available")) == [(25, 25), (95, 5)]
    assert_ledger_true()


@pytest.mark.parametrize(("other", "left"), [(25, {"owed": 5}), (40, {"available": 10})])
def test_amended_below_what_was_spent_takes_others_then_owes(at_once, claim, other, left):
    at_once.say("1", {"a": 100}, on=DAY)
    member = claim(at_once.member())
    spend(member, 80, on=day(1))
    at_once.say("2", {"a": other}, on=day(2), placed=day(2))

    at_once.say("1", {"a": 50}, on=day(3))

    assert points(member) == left
    assert_ledger_true()


def test_new_award_repays_what_was_owed_before(at_once, claim):
    at_once.say("1", {"a": 100}, on=DAY)
    at_once.say("2", {"a": 10}, on=DAY, placed=DAY)
    member = claim(at_once.member())
    spend(member, 110, on=day(1))
    at_once.refund("r", "2", {"a": 10}, on=day(2))
    assert points(member) == {"owed": 10}

    at_once.say("1", {"a": 130}, on=day(3))

    assert points(member) == {"available": 20}
    assert_ledger_true()


def test_reserved_points_count_as_spent_and_come_back_to_their_lot(at_once, claim):
    at_once.say("1", {"a": 100}, on=DAY)
    member = claim(at_once.member())
    hold = hold_points(member, 40, key="h", now=at(day(1), 15))

    at_once.say("1", {"a": 60}, on=day(2))
    assert points(member) == {"available": 20}
    cancel_hold(hold, now=at(day(3)))

    assert points(member) == {"available": 60}
    assert_ledger_true()


# --- Returned, expired, gone ---------------------------------------------------------------------


def test_what_came_back_counts_against_the_new_version(orders):
    orders.say("1", {"a": 60, "b": 40}, on=DAY)
    orders.refund("r", "1", {"b": 20}, on=day(1))
    member = orders.member()
    assert points(member) == {"pending": 80}

    orders.say("1", {"a": 60, "b": 80}, on=day(2))

    assert points(member) == {"pending": 120}  # a quarter of the line came back
    assert_ledger_true()


def test_line_that_shrinks_below_what_came_back_gives_all_it_had(orders):
    orders.say("1", {"a": 60, "b": 40}, on=DAY)
    orders.refund("r", "1", {"b": 30}, on=day(1))
    orders.say("1", {"a": 60, "b": 10}, on=day(2))

    assert points(orders.member()) == {"pending": 60}
    assert_ledger_true()


def test_points_that_had_expired_cost_nothing_and_expire_again(orders):
    orders.say("1", {"a": 100}, on=DAY)
    member = orders.member()
    settle_members([member.pk], until=day(500), now=at(day(500)))

    orders.say("1", {"a": 60}, on=day(501))
    assert points(member) == {}
    orders.say("1", {"a": 130}, on=day(502))

    assert points(member) == {}
    assert Transfer.objects.filter(reason="expire").count() == 3
    assert_ledger_true()


def test_points_that_live_by_activity_do_not_come_back_to_life(at_once):
    ProgrammeVersion.objects.update(expiry_mode="inactivity", expiry_months=3)
    at_once.say("1", {"a": 100}, on=DAY)
    member = at_once.member()
    close_days(now=at(day(200)))
    assert points(member) == {}

    at_once.say("1", {"a": 130}, on=day(201))

    assert points(member) == {}
    assert_ledger_true()


def test_partly_spent_partly_expired(at_once, claim):
    at_once.say("1", {"a": 100}, on=DAY)
    member = claim(at_once.member())
    spend(member, 30, on=day(1))
    settle_members([member.pk], until=day(400), now=at(day(400)))

    at_once.say("1", {"a": 60}, on=day(401))

    assert points(member) == {}
    expired = Transfer.objects.filter(reason="expire").order_by("pk")
    assert list(expired.values_list("amount", flat=True)) == [70, 30]
    assert_ledger_true()


def test_member_who_left_gets_nothing_and_owes_nothing(orders):
    orders.say("1", {"a": 100}, on=DAY)
    member = orders.member()
    forfeit_points(member, at(day(2)))
    type(member).objects.filter(pk=member.pk).update(status="closed")

    orders.say("1", {"a": 150}, on=day(3), customer=None)

    assert points(member) == {}
    assert_ledger_true()


# --- Twice, cancelled, attached, moved -----------------------------------------------------------


def test_amended_twice_and_a_repeat_changes_nothing(orders):
    orders.say("1", {"a": 100}, on=DAY)
    second = orders.build("1", {"a": 130}, on=day(1))
    third = orders.build("1", {"a": 90, "b": 20}, on=day(2))
    orders.tell(second)
    orders.tell(third)
    before = Transfer.objects.count()

    assert orders.tell(second).note == "Older than what is known of this order."
    assert orders.tell(third).note == "Known; nothing that counts has changed."

    assert Transfer.objects.count() == before
    assert points(orders.member()) == {"pending": 110}
    assert_ledger_true()


def test_cancelled_order_loses_its_fixed_bonus_too(orders, make_rule):
    make_rule("bonus", kind="fixed", points=50)
    orders.say("1", {"a": 100}, on=DAY)
    member = orders.member()
    assert points(member) == {"pending": 150}

    orders.say("1", {"a": 100}, on=day(1), standing=Standing.VOID)
    assert points(member) == {}
    orders.say("1", {"a": 100}, on=day(2))

    assert points(member) == {"pending": 150}
    assert_ledger_true()


def test_member_attached_later_earns_as_of_the_purchase(orders):
    orders.say("1", {"a": 60, "b": 40}, on=DAY, customer=None)
    orders.refund("r", "1", {"b": 40}, on=day(1))
    orders.say("1", {"a": 70, "b": 40}, on=day(2))

    member = orders.member()
    assert points(member) == {"pending": 70}
    earned = Transfer.objects.get(reason="earn", unit="points")
    assert (earned.effective_at, earned.award.purchase_version) == (at(DAY), 2)
    orders.say("1", {"a": 75, "b": 40}, on=day(3))
    assert points(member) == {"pending": 75}
    assert_ledger_true()


def test_shop_that_forgets_its_customer_takes_nothing(orders):
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("1", {"a": 90}, on=day(1), customer=None)

    assert points(orders.member()) == {"pending": 90}
    assert_ledger_true()


@pytest.mark.parametrize("is_older", [True, False])
def test_order_that_was_anothers_moves_with_what_came_back(at_once, claim, is_older):
    """Whichever of the two has the lower id: their standings are locked in one order."""
    names = ("mei", "ken") if is_older else ("ken", "mei")
    for name in names:
        at_once.say(f"of-{name}", {"a": 20}, on=DAY, customer=name)
    at_once.say("1", {"a": 60, "b": 40}, on=DAY, customer="mei")
    mei, ken = claim(at_once.member("mei")), at_once.member("ken")
    at_once.refund("r", "1", {"b": 10}, on=day(1))
    spend(mei, 100, on=day(2))

    at_once.say("1", {"a": 60, "b": 40}, on=day(3), customer="ken")

    assert points(mei) == {"owed": 80}  # had 110, spent 100 and keeps the 20 of another purchase
    assert points(ken) == {"available": 110}
    assert at_once.purchase("1").member == ken
    assert_ledger_true()


def test_order_that_was_anothers_can_be_refunded_and_amended_again(at_once):
    """The former member's awards were taken back whole; nobody asks for their books again."""
    at_once.say("1", {"a": 60, "b": 40}, on=DAY, customer="mei")
    at_once.say("1", {"a": 60, "b": 40}, on=day(1), customer="ken")
    mei, ken = at_once.member("mei"), at_once.member("ken")

    at_once.refund("r", "1", {"b": 10}, on=day(2))
    assert (points(mei), points(ken)) == ({}, {"available": 90})
    at_once.say("1", {"a": 50, "b": 40}, on=day(3), customer="ken")
    assert (points(mei), points(ken)) == ({}, {"available": 80})
    assert_ledger_true()


def test_amended_after_a_merge_finds_the_points_with_the_survivor(orders):
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("2", {"a": 10}, on=DAY, customer="ken")
    mei, ken = orders.member("mei"), orders.member("ken")
    moved = merge_points(mei, ken, at(day(1)))
    assert moved["lots"]
    orders.purchase("1").member.purchases.update(member=ken)
    type(mei).objects.filter(pk=mei.pk).update(status="merged", merged_into=ken)

    orders.say("1", {"a": 130}, on=day(2))

    assert points(ken) == {"pending": 140}
    assert_ledger_true()


# --- Rules of then -------------------------------------------------------------------------------


def test_rules_published_since_do_not_count_and_rules_ended_since_do(orders, make_rule, now):
    double = make_rule("double", kind="fixed", points=11).rule
    orders.say("1", {"a": 100}, on=DAY)
    end_rule(double, at=at(DAY, 1), by=None, now=now)
    fresh = EarningRule.objects.create(code="fresh", name="Fresh")
    publish_rule(
        fresh, starts_at=at(day(-9)), kind="fixed", points=500, by=None,
        now=max(now, at(day(1))),
    )  # fmt: skip

    orders.say("1", {"a": 120}, on=day(2))

    assert points(orders.member()) == {"pending": 131}
    assert_ledger_true()


def test_first_purchase_bonus_stays_with_its_purchase(orders, make_rule):
    make_rule("welcome", kind="fixed", points=40, first_time="ever")
    orders.say("1", {"a": 100}, on=DAY)
    orders.say("2", {"a": 10}, on=day(1), placed=day(1))
    member = orders.member()
    assert points(member) == {"pending": 150}

    orders.say("1", {"a": 90}, on=day(2))
    orders.say("2", {"a": 20}, on=day(2))

    assert points(member) == {"pending": 150}
    assert_ledger_true()


def test_first_purchase_of_a_product_follows_the_line(orders, make_rule):
    orders.say("0", {"a": 1}, on=DAY, products={"a": "cup"}, customer="ana")
    cup = Line.objects.get().product_id
    make_rule("cup", kind="fixed", points=40, first_time="product", product_ids=[cup])
    orders.say("1", {"a": 10}, on=DAY, products={"a": "tote"})
    member = orders.member()
    assert points(member) == {"pending": 10}

    orders.say("1", {"a": 10, "b": 5}, on=day(1), products={"a": "tote", "b": "cup"})
    assert points(member) == {"pending": 55}
    orders.say("1", {"a": 10}, on=day(2), products={"a": "tote"})
    assert points(member) == {"pending": 10}
    orders.say("2", {"a": 5}, on=day(3), placed=day(3), products={"a": "cup"})

    assert points(member) == {"pending": 55}
    assert_ledger_true()


def test_cap_counts_the_new_award_instead_of_the_old_one(bare, make_rule):
    make_rule(cap_points=50, cap_period="month")
    orders = bare
    orders.say("1", {"a": 40}, on=DAY)
    orders.say("2", {"a": 40}, on=day(1), placed=day(1))
    orders.say("1", {"a": 30}, on=day(2))
    orders.say("3", {"a": 40}, on=day(3), placed=day(3))

    given = Award.objects.filter(unit="points").order_by("pk")
    assert list(given.values_list("awarded_points", flat=True)) == [40, 10, 30, 10]
    assert points(orders.member()) == {"pending": 50}
    assert_ledger_true()


def test_budget_is_given_back_and_taken_anew(bare, make_rule):
    rule = make_rule(budget_points=100).rule
    orders = bare
    orders.say("1", {"a": 60}, on=DAY)
    orders.refund("r", "1", {"a": 20}, on=day(1))
    orders.say("2", {"a": 30}, on=day(1), placed=day(1), customer="ken")
    rule.refresh_from_db()
    assert rule.used_points == 70

    orders.say("1", {"a": 120}, on=day(2))

    rule.refresh_from_db()
    # 70 were left without the first award; a sixth of the new one came back.
    assert points(orders.member()) == {"pending": 70 - 11}
    assert rule.used_points == 30 + 70 - 11
    assert_ledger_true()


def test_audience_of_then_counts_though_the_member_has_left_it(orders, make_rule, now):
    from members.models import AudienceMember
    from members.services.audiences import ensure_audience

    orders.say("0", {"a": 1}, on=DAY)
    member = orders.member()
    guests = ensure_audience("guests", kind="list", name="Guests")
    AudienceMember.objects.create(audience=guests, member=member, added_at=at(day(-1)))
    make_rule("guests", kind="fixed", points=30, audience_ids=[guests.pk])
    orders.say("1", {"a": 10}, on=DAY)
    orders.say("2", {"a": 10}, on=DAY, customer="ken")
    AudienceMember.objects.filter(audience=guests).delete()
    AudienceMember.objects.create(audience=guests, member=orders.member("ken"), added_at=at(day(1)))

    orders.say("1", {"a": 20}, on=day(2))
    orders.say("2", {"a": 20}, on=day(2), customer="ken")

    assert points(member) == {"pending": 1 + 20 + 30}
    assert points(orders.member("ken")) == {"pending": 20}


# --- Tiers ---------------------------------------------------------------------------------------


def test_amendment_neither_doubles_nor_drops_the_credits_on_the_way(at_once):
    at_once.say("1", {"a": 320}, on=DAY)
    member = at_once.member()
    assert TierStanding.objects.get(member=member).tier.slug == "silver"

    at_once.say("1", {"a": 600}, on=day(2))
    assert TierStanding.objects.get(member=member).tier.slug == "silver"
    at_once.say("1", {"a": 1000}, on=day(3))

    standing = TierStanding.objects.get(member=member)
    assert (standing.tier.slug, standing.tier_since_on) == ("gold", day(3))
    assert TierChange.objects.count() == 2
    assert balances(member)["status"] == 1000


def test_tier_that_rested_on_an_amended_order_goes_through_warning_and_grace(at_once):
    at_once.say("1", {"a": 320}, on=DAY)
    member = at_once.member()
    at_once.say("1", {"a": 100}, on=day(20))
    settle_members([member.pk], until=day(22), now=at(day(22)))

    standing = TierStanding.objects.get(member=member)
    assert (standing.tier.slug, standing.grace_until_on) == ("silver", day(50))
    settle_members([member.pk], until=day(51), now=at(day(51)))
    assert TierStanding.objects.get(member=member).tier.slug == "green"


def test_multiplier_is_that_of_the_tier_on_the_purchases_day(at_once):
    at_once.say("1", {"a": 320}, on=DAY)
    at_once.say("2", {"a": 100}, on=day(1), placed=day(1))
    at_once.say("1", {"a": 400}, on=day(2))
    at_once.say("2", {"a": 200}, on=day(2))

    given = Award.objects.filter(unit=Unit.POINTS).order_by("pk")
    assert list(given.values_list("awarded_points", flat=True)) == [320, 125, 400, 250]


def test_order_known_from_a_file_is_amended_by_its_shop(shop, now):
    """The file's version is kept as the first; the file's content is refused from then on."""
    ticket = shop.ticket("mei", "100", on=DAY, pk="77")
    shop.take_in(ticket)
    orders = Orders(make_shop("shopify", now, source=shop.source).connection)

    orders.say("77", {"1": 80}, on=day(1))

    purchase = orders.purchase("77")
    first = purchase.versions.get(number=1)
    assert (first.said_at, first.total_amount) == (None, 10000)
    assert (purchase.version, purchase.total_amount) == (2, 8000)
    with pytest.raises(AssertionError):
        shop.take_in(ticket)
    assert shop.ticket("mei", "1", on=DAY).member == MemberKey(external_id="mei")
