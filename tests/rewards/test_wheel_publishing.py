"""Drafts, what stands in the way of publishing, costs, the law, stock, and what may change when."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import Club
from members.services.audiences import ensure_everyone
from rewards.enums import PrizeKind
from rewards.models import PointsRate, Reward, Slice, Wheel, WheelVersion
from rewards.services.catalogue import GateTerms
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    create_wheel,
    drop_draft,
    end_wheel,
    open_draft,
    publish_version,
    refusals,
    return_ended_stock,
)
from rewards.services.wheel.configuring import let_every_slice_win, list_slice_terms
from rewards.services.wheel.costs import reckon_costs
from rewards.services.wheel.findings import list_findings
from tests.constraints import refused
from tests.rewards.conftest import EVER, at
from tests.rewards.wheels import (
    DAY,
    NOON,
    NOTHING,
    YESTERDAY,
    get_key,
    list_plain,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
TOMORROW = at(DAY, 24)


def find_codes(version, now=NOON, *, blocking=True):
    return {each.code for each in list_findings(version, now=now) if each.is_blocking is blocking}


@pytest.fixture
def make_draft(make_wheel):
    def make(slices=None, **terms):
        return make_wheel(slices, is_published=False, **terms).versions.get()

    return make


def prize_of(reward):
    return Prize(PrizeKind.REWARD, reward_id=reward.pk)


# --- What stands in the way ----------------------------------------------------------------------


def test_plain_wheel_has_nothing_in_its_way(make_draft):
    draft = make_draft()
    assert find_codes(draft) == set()
    assert "some_lose" in find_codes(draft, blocking=False)


@pytest.mark.parametrize(
    ("slices", "code"),
    [
        ([], "no_weight"),
        ([SliceTerms("A", 0), SliceTerms("B", 0, points(1))], "no_weight"),
        ([SliceTerms("A", 1), SliceTerms("B", 0)], "one_slice"),
        ([SliceTerms("A", 1), SliceTerms("B", 1, points(9), stock_count=3)], "no_substitute"),
    ],
)
def test_weights_and_promises_that_cannot_be_kept_are_refused(make_draft, slices, code):
    draft = make_draft(slices)
    assert code in find_codes(draft)
    with pytest.raises(refusals.CannotPublish):
        publish_version(draft, by=None, now=NOON)
    assert not WheelVersion.objects.published().exists()


def test_stock_below_what_is_promised_is_refused(make_draft, make_reward):
    tote = make_reward(stock_left=4)
    rest = SliceTerms("Rest", 5)
    for stock, codes in ((None, {"no_count"}), (5, {"stock_too_low"}), (4, set())):
        spare = NOTHING if stock else None
        draft = make_draft(
            [SliceTerms("Tote", 1, prize_of(tote), stock_count=stock, substitute=spare), rest],
            slug=f"w{stock}",
        )
        assert find_codes(draft) == codes
    pool = make_reward(kind="pool")
    draft = make_draft([SliceTerms("Code", 1, prize_of(pool), stock_count=1, substitute=NOTHING),
                        rest], slug="pool")  # fmt: skip
    assert find_codes(draft) == {"not_counted"}
    draft = make_draft([SliceTerms("A", 1, points(5), stock_count=1, substitute=prize_of(tote)),
                        rest], slug="spare")  # fmt: skip
    assert find_codes(draft) == {"substitute_runs_out"}


def test_rules_time_and_lawyer_are_asked_for(make_draft):
    draft = make_draft(has_price=True, price_points=5)
    assert "price" in find_codes(draft, blocking=False)
    change_draft(draft, rules_text="", is_law_confirmed=False, ends_at=NOON, by=None, now=YESTERDAY)
    draft.refresh_from_db()
    assert find_codes(draft) == {"no_rules", "law_unconfirmed", "over"}
    change_draft(draft, has_price=False, price_points=0, by=None, now=YESTERDAY)
    draft.refresh_from_db()
    assert "law_unconfirmed" in find_codes(draft, blocking=False)


def test_draft_means_something(make_draft):
    draft = make_draft()
    for terms in (
        {"has_price": True}, {"price_points": 5}, {"starts_at": NOON, "ends_at": NOON},
    ):  # fmt: skip
        with pytest.raises(refusals.InvalidWheel):
            change_draft(draft, by=None, now=NOON, **terms)
    with pytest.raises(refusals.InvalidWheel):
        change_draft(draft, slices=[SliceTerms("A", 1)] * 25, by=None, now=NOON)
    with pytest.raises(refusals.InvalidWheel):
        create_wheel(slug="daily", name="Twice", by=None, now=NOON)
    drop_draft(draft, by=None, now=NOON)
    assert not WheelVersion.objects.exists()


def test_every_slice_wins_on_offer(make_draft):
    gone = SliceTerms("Great", 1, points(99), stock_count=2, substitute=NOTHING)
    draft = make_draft([*list_plain(), gone])
    let_every_slice_win(draft, by=None, now=NOON)
    assert "some_lose" not in find_codes(draft, blocking=False)
    assert [each.prize.points for each in list_slice_terms(draft)] == [10, 1, 99]


# --- Costs ---------------------------------------------------------------------------------------


@pytest.fixture
def rate(programme):
    """A hundred points are a dollar."""
    return PointsRate.objects.create(
        rate_points=100, rate_amount=100, starts_at=EVER, minimum_points=0, step_points=1,
        largest_percent=100, is_open=True,
    )  # fmt: skip


def test_costs_are_expected_and_at_the_most(make_draft, make_reward, rate):
    tote = make_reward(stock_left=3, cost_amount=900, value_amount=2000)
    draft = make_draft([
        SliceTerms("Tote", 1, prize_of(tote), stock_count=3, substitute=NOTHING),
        SliceTerms("Points", 4, points(50), stock_count=100, substitute=NOTHING),
        SliceTerms("Nothing", 5),
    ])  # fmt: skip
    cost = reckon_costs(draft, now=NOON)
    assert (cost.expected_amount, cost.worst_amount, cost.largest_value) == (110, 7700, 2000)
    change_draft(draft, budget_amount=7699, by=None, now=NOON)
    draft.refresh_from_db()
    assert find_codes(draft) == {"over_budget"}
    change_draft(draft, budget_amount=7700, by=None, now=NOON)
    draft.refresh_from_db()
    assert find_codes(draft) == set()


def test_unlimited_points_have_no_ceiling(make_draft, rate):
    draft = make_draft(budget_amount=10_000)
    assert reckon_costs(draft, now=NOON).worst_amount is None
    assert find_codes(draft) == {"no_ceiling"}


def test_spins_of_the_same_wheel_count_as_further_spins(make_draft, rate):
    draft = make_draft()
    again = Prize(PrizeKind.SPINS, spin_count=1, wheel_id=draft.wheel_id)
    slices = [SliceTerms("Again", 1, again), SliceTerms("Hundred", 1, points(100))]
    change_draft(draft, slices=slices, by=None, now=NOON)
    assert reckon_costs(draft, now=NOON).expected_amount == 100  # half of 100, and again, ...


# --- The law -------------------------------------------------------------------------------------


@pytest.fixture
def in_country(club):
    def move(country, currency):
        from members.selectors.club import forget_club

        Club.objects.filter(pk=1).update(country=country, currency=currency)
        forget_club()

    return move


def test_japan_caps_one_prize_and_all_of_them(make_draft, make_reward, in_country):
    in_country("JP", "JPY")
    bag = make_reward(stock_left=10, cost_amount=1, value_amount=20_000)
    draft = make_draft(
        [SliceTerms("Bag", 1, prize_of(bag), stock_count=2, substitute=NOTHING),
         SliceTerms("No", 9)],
        purchase_amount=1000, expected_sales_amount=2_000_000,
    )  # fmt: skip
    assert find_codes(draft) == set()  # 20 times 1,000 and 2 % of two million: just so
    for terms, code in (
        ({"purchase_amount": 999}, "prize_above_cap"),
        ({"expected_sales_amount": 1_999_900}, "total_above_cap"),
        ({"is_law_confirmed": False}, "law_unconfirmed"),
    ):
        before = {name: getattr(draft, name) for name in terms}
        change_draft(draft, by=None, now=NOON, **terms)
        draft.refresh_from_db()
        assert find_codes(draft) == {code}
        change_draft(draft, by=None, now=NOON, **before)
        draft.refresh_from_db()
    Reward.objects.update(value_amount=150_000)
    change_draft(draft, purchase_amount=900_000, by=None, now=NOON)
    draft.refresh_from_db()
    assert "prize_above_cap" in find_codes(draft)  # 100,000 yen from 5,000 yen on
    change_draft(draft, purchase_amount=0, by=None, now=NOON)
    draft.refresh_from_db()
    assert find_codes(draft) == set()  # nobody has to buy: an open lottery


def test_china_caps_the_best_prize_and_wants_the_rules_in_full(make_draft, make_reward, in_country):
    in_country("CN", "CNY")
    car = make_reward(stock_left=1, value_amount=5_000_001)
    draft = make_draft([SliceTerms("Car", 1, prize_of(car), stock_count=1, substitute=NOTHING),
                        SliceTerms("No", 9)])  # fmt: skip
    assert find_codes(draft) == {"prize_above_cap", "rules_untold"}
    Reward.objects.update(value_amount=5_000_000)
    change_draft(
        draft, rules_text_zh_hans="规则", rules_text_zh_hant="規則", rules_text_ja="規約", by=None,
        now=NOON,
    )  # fmt: skip
    draft.refresh_from_db()
    assert find_codes(draft) == set()


# --- Versions ------------------------------------------------------------------------------------


def test_what_is_published_stays(make_wheel):
    """The triggers wheel_version_stays_as_published."""
    version = make_wheel().versions.get()
    kept = "wheel_version_stays_as_published"
    rows = WheelVersion.objects.filter(pk=version.pk)
    refused(kept, lambda: rows.update(daily_spin_count=9))
    refused(kept, lambda: (rows.delete() and None) or rows._raw_delete("default"))
    refused(kept, lambda: version.slices.update(weight=5))
    refused(kept, lambda: version.gates.update(opens_at=NOON))
    refused(kept, lambda: version.gates.all()._raw_delete("default"))
    refused(kept, lambda: Slice.objects.create(version=version, position=9, label="X", weight=1))
    rows.update(ends_at=TOMORROW)
    version.slices.update(hit_count=3)


def test_two_versions_never_overlap(make_wheel):
    first = make_wheel().versions.get()
    row = {"wheel": first.wheel, "number": 2, "published_at": NOON, "starts_at": NOON}
    refused("wheel_version_one_at_a_time", lambda: WheelVersion.objects.create(**row))
    WheelVersion.objects.filter(pk=first.pk).update(ends_at=NOON)
    WheelVersion.objects.create(**row)


def redraft(wheel, now=NOON, **changes):
    draft = open_draft(wheel, by=None, now=now)
    slices = changes.pop("slices", None)
    if slices is not None:
        slices = slices(list_slice_terms(draft))
    change_draft(draft, slices=slices, is_law_confirmed=True, by=None, now=now, **changes)
    return publish_version(draft, by=None, now=now)


def test_better_for_members_comes_at_once_anything_else_tomorrow(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    spin(mei, wheel)
    better = redraft(wheel, daily_spin_count=2)
    assert (better.number, better.starts_at) == (2, NOON)
    assert spin(mei, wheel).version_id == better.pk
    worse = redraft(wheel, daily_spin_count=1)
    assert worse.starts_at == TOMORROW
    other = redraft(wheel, slices=lambda rows: rows[::-1], daily_spin_count=3)
    assert other.starts_at == TOMORROW
    spans = list(wheel.versions.order_by("number").values_list("starts_at", "ends_at"))
    assert spans == [
        (YESTERDAY, NOON), (NOON, TOMORROW), (TOMORROW, TOMORROW), (TOMORROW, None)
    ]  # fmt: skip
    late = spin(make_player("Ken"), wheel, now=TOMORROW)
    assert late.version_id == other.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"has_price": True, "price_points": 1},
        {"ends_at": NOON + dt.timedelta(days=9)},
        {"rules_text": "Other rules."},
        {"gates": []},
        {"slices": lambda rows: [*rows[:-1], SliceTerms("Other", 2)]},
        {"slices": lambda rows: [SliceTerms("Nine", 1, points(9)), *rows[1:]]},
        {"slices": lambda rows: [*rows, SliceTerms("More", 1, points(500))]},
    ],
)
def test_not_plainly_better_waits_for_the_next_day(make_wheel, changes):
    assert redraft(make_wheel(), **changes).starts_at == TOMORROW


def test_more_points_for_the_same_weight_come_at_once(make_wheel):
    version = redraft(
        make_wheel(), slices=lambda rows: [SliceTerms("Twenty", 1, points(20)), *rows[1:]],
        gates=[GateTerms(ensure_everyone(), EVER - dt.timedelta(days=1))],
    )  # fmt: skip
    assert version.starts_at == NOON


# --- Stock ---------------------------------------------------------------------------------------


def test_stock_is_set_aside_and_what_is_left_goes_back(make_wheel, make_player, make_reward):
    tote = make_reward(stock_left=5)
    prize = prize_of(tote)
    both = [SliceTerms(name, 1, prize, stock_count=2, substitute=NOTHING) for name in "AB"]
    wheel, mei = make_wheel(both), make_player()
    assert Reward.objects.get().stock_left == 1
    spin(mei, wheel)
    # The same at once: what the old version has left is there for the new one.
    redraft(wheel, slices=lambda rows: rows, daily_spin_count=2)
    assert Reward.objects.get().stock_left == 0
    spin(mei, wheel)
    end_wheel(wheel, by=None, now=NOON)
    assert return_ended_stock(now=NOON) == 0
    assert return_ended_stock(now=TOMORROW) == 1
    assert return_ended_stock(now=TOMORROW) == 0
    assert Reward.objects.get().stock_left == 3  # two of five were won
    assert sum(filter(None, Slice.objects.values_list("returned_count", flat=True))) == 6


def test_wheel_ends_at_once_where_something_is_wrong(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    key = get_key(mei, wheel)
    end_wheel(wheel, at_once=True, note="Wrong prize", by=None, now=NOON)
    with pytest.raises(refusals.WheelClosed):
        spin(mei, wheel, key=key)
    with pytest.raises(refusals.WheelClosed):
        end_wheel(wheel, by=None, now=NOON)
    assert AuditEntry.objects.filter(action="wheel.ended").count() == 1
    assert Wheel.objects.count() == 1
