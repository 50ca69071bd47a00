"""What staff do to rewards: the rules of each act, and what the audit trail keeps of it."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.services.audiences import ensure_everyone
from rewards.enums import RewardKind
from rewards.models import Reward, RewardCode, RewardGate, Tier
from rewards.services.catalogue import (
    CannotPublish,
    GateTerms,
    InvalidGate,
    InvalidReward,
    InvalidSession,
    InvalidStock,
    add_session,
    add_wish,
    change_reward,
    change_session,
    create_reward,
    list_findings,
    publish_reward,
    remove_wish,
    restock_reward,
    retire_reward,
    set_gates,
    stop_counting_stock,
)
from rewards.services.catalogue.terms import AlreadyWithdrawn

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
LINK = "https://kino.example/club"


@pytest.fixture
def draft(programme, now):
    def make(kind=RewardKind.VOUCHER, name="Free coffee", **terms):
        terms = {"price_points": 80} | terms
        return create_reward(kind=kind, name=name, by=None, now=now, **terms)

    return make


@pytest.fixture
def tasting(draft):
    return draft(RewardKind.EXPERIENCE, "Tasting")


@pytest.fixture
def seats(tasting, now):
    return add_session(
        tasting, starts_at=now + HOUR, ends_at=now + 2 * HOUR, seat_count=8, by=None, now=now
    )


def codes(findings):
    return {finding.code: finding.is_blocking for finding in findings}


def actions():
    return list(AuditEntry.objects.filter(action__startswith="reward.").values_list("action"))


def last_changes():
    return AuditEntry.objects.order_by("-pk").first().changes


# --- Making and changing ------------------------------------------------------------------------


def test_reward_begins_as_a_draft(draft):
    reward = draft()
    assert (reward.slug, reward.is_published, reward.stock_left) == ("free-coffee", False, None)
    assert list(Reward.objects.published()) == []
    assert last_changes() == {"kind": "voucher", "price_points": 80, "stock_left": None}


def test_code_in_the_address_is_found_where_the_name_has_none(draft):
    assert [draft().slug, draft().slug] == ["free-coffee", "free-coffee-2"]
    assert [draft(name="無料コーヒー").slug, draft(name="拿铁").slug] == ["voucher", "voucher-2"]
    with pytest.raises(InvalidReward) as refusal:
        draft(slug="voucher")
    assert refusal.value.field == "slug"


@pytest.mark.parametrize(
    ("kind", "terms", "field"),
    [
        (RewardKind.CREDIT, {}, "value_amount"),
        (RewardKind.TIER, {"tier_days": 30}, "tier"),
        (RewardKind.TIER, {"tier": "gold"}, "tier_days"),
        (RewardKind.VOUCHER, {"limit_count": 0}, "limit_count"),
        (RewardKind.VOUCHER, {"hold_minutes": 0}, "hold_minutes"),
        (RewardKind.PARTNER, {"has_codes": False}, "link"),
    ],
)
def test_what_would_mean_nothing_is_refused(draft, kind, terms, field):
    if "tier" in terms:
        terms = terms | {"tier": Tier.objects.get(slug=terms["tier"])}
    with pytest.raises(InvalidReward) as refusal:
        draft(kind, **terms)
    assert refusal.value.field == field


def test_change_keeps_numbers_in_the_audit_trail_and_no_words(draft, now):
    reward = draft()
    change_reward(reward, price_points=90, name="Two coffees", partner="Kawa", by=None, now=now)
    reward.refresh_from_db()
    assert (reward.price_points, reward.name) == (90, "Two coffees")
    assert last_changes() == {"price_points": [80, 90], "fields": ["name", "partner"]}


def test_change_that_changes_nothing_leaves_no_trace(draft, now):
    reward = draft()
    before = actions()
    change_reward(reward, price_points=80, related=[], by=None, now=now)
    assert actions() == before


def test_address_of_a_published_reward_stays(draft, now):
    reward = draft()
    change_reward(reward, slug="coffee", by=None, now=now)
    publish_reward(reward, by=None, now=now)
    with pytest.raises(InvalidReward):
        change_reward(reward, slug="tea", by=None, now=now)


def test_whether_it_gives_a_code_stays_once_it_was_published(draft, now):
    reward = draft(RewardKind.PARTNER, partner="Kino", link=LINK)
    change_reward(reward, has_codes=False, by=None, now=now)
    assert last_changes() == {"has_codes": [True, False], "fields": []}
    publish_reward(reward, by=None, now=now)
    change_reward(reward, has_codes=False, by=None, now=now)
    with pytest.raises(InvalidReward) as refusal:
        change_reward(reward, has_codes=True, by=None, now=now)
    assert refusal.value.field == "has_codes"


def test_stock_and_kind_are_no_fields_to_be_set(draft, now):
    for name in ("stock_left", "kind", "published_at"):
        with pytest.raises(TypeError):
            change_reward(draft(), by=None, now=now, **{name: None})


def test_what_goes_well_together_goes_both_ways(draft, now):
    coffee, cake = draft(), draft(name="Cake")
    change_reward(coffee, related=[cake], by=None, now=now)
    assert list(cake.related.all()) == [coffee]
    assert last_changes() == {"fields": ["related"]}


# --- Publishing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "terms", "missing"),
    [
        (RewardKind.POOL, {}, {"no_codes"}),
        (RewardKind.PARTNER, {}, {"no_codes", "no_partner"}),
        (RewardKind.PARTNER, {"partner": "Kino"}, {"no_codes"}),
        (RewardKind.PARTNER, {"partner": "Kino", "has_codes": False, "link": LINK}, set()),
        (RewardKind.EXPERIENCE, {}, {"no_sessions"}),
        (RewardKind.DOWNLOAD, {}, {"no_file"}),
        (RewardKind.DONATION, {}, {"no_appeal"}),
        (RewardKind.VOUCHER, {}, set()),
        (RewardKind.GOODS, {}, set()),
        (RewardKind.CREDIT, {"value_amount": 500}, set()),
    ],
)
def test_what_a_kind_needs_is_missing(draft, now, kind, terms, missing):
    reward = draft(kind, **terms)
    findings = codes(list_findings(reward, now=now))
    assert {code for code, is_blocking in findings.items() if is_blocking} == missing
    if missing:
        with pytest.raises(CannotPublish):
            publish_reward(reward, by=None, now=now)
    else:
        assert publish_reward(reward, by=None, now=now).is_published


def test_refusal_names_every_reason(draft, now):
    with pytest.raises(CannotPublish, match=r"Its pool holds no codes.*Name the partner"):
        publish_reward(draft(RewardKind.PARTNER), by=None, now=now)


def test_code_past_its_last_day_is_none(draft, now):
    reward = draft(RewardKind.POOL)
    code = {"code": "A", "match_key": "A", "imported_at": now}
    RewardCode.objects.create(reward=reward, expires_on=dt.date(2026, 3, 9), **code)
    assert "no_codes" in codes(list_findings(reward, now=now))
    RewardCode.objects.update(expires_on=dt.date(2026, 3, 10))
    assert "no_codes" not in codes(list_findings(reward, now=now))
    assert codes(list_findings(reward, now=now))["codes_end"] is False


def test_odd_things_warn_and_let_pass(draft, now):
    reward = draft(price_points=0, stock_left=0)
    assert codes(list_findings(reward, now=now)) == dict.fromkeys(
        ["no_gate", "no_stock", "free", "no_summary", "no_how_to_use"], False
    )
    assert publish_reward(reward, by=None, now=now).is_published


def test_gates_that_are_over_are_told(draft, now):
    reward = draft()
    everyone = ensure_everyone()
    set_gates(reward, [GateTerms(everyone, now - 2 * HOUR, now)], by=None, now=now)
    assert "gates_over" in codes(list_findings(reward, now=now))


def test_withdrawn_reward_comes_back_after_the_same_checks(draft, tasting, seats, now):
    publish_reward(tasting, by=None, now=now)
    retire_reward(tasting, by=None, now=now)
    assert list(Reward.objects.published()) == []
    with pytest.raises(AlreadyWithdrawn):
        retire_reward(tasting, by=None, now=now)
    with pytest.raises(CannotPublish):
        publish_reward(tasting, by=None, now=now + HOUR)
    assert publish_reward(tasting, by=None, now=now).retired_at is None
    assert [action for (action,) in actions()][-3:] == [
        "reward.published", "reward.retired", "reward.published"
    ]  # fmt: skip


def test_publishing_twice_changes_nothing(draft, now):
    reward = publish_reward(draft(), by=None, now=now)
    assert publish_reward(reward, by=None, now=now + HOUR).published_at == now


# --- Stock --------------------------------------------------------------------------------------


def test_stock_moves_by_differences(draft, now):
    reward = draft()
    restock_reward(reward, 20, reason="first delivery", by=None, now=now)
    kept = restock_reward(reward, -3, reason="broken", by=None, now=now)
    assert kept.stock_left == 17
    assert last_changes() == {"delta": -3, "stock_left": [20, 17]}
    assert AuditEntry.objects.order_by("-pk").first().note.text == "broken"


@pytest.mark.parametrize(("delta", "reason"), [(-6, "lost"), (0, "nothing"), (5, " ")])
def test_stock_needs_a_difference_and_a_reason(draft, now, delta, reason):
    reward = draft(stock_left=5)
    with pytest.raises(InvalidStock):
        restock_reward(reward, delta, reason=reason, by=None, now=now)
    reward.refresh_from_db()
    assert reward.stock_left == 5


def test_counting_begins_and_stops(draft, now):
    reward = draft()
    assert restock_reward(reward, 0, reason="sold out", by=None, now=now).stock_left == 0
    with pytest.raises(InvalidStock):
        stop_counting_stock(reward, reason="", by=None, now=now)
    assert stop_counting_stock(reward, reason="printed", by=None, now=now).stock_left is None


# --- Gates --------------------------------------------------------------------------------------


def test_gates_are_replaced_as_a_whole(draft, now):
    reward = draft()
    gold, everyone = Tier.objects.get(slug="gold").audience, ensure_everyone()
    set_gates(reward, [GateTerms(everyone, now)], by=None, now=now)
    gates = set_gates(
        reward,
        [GateTerms(everyone, now + HOUR), GateTerms(gold, now, price_points=60)],
        by=None,
        now=now,
    )
    assert [(gate.audience, gate.opens_at, gate.price_points) for gate in gates] == [
        (gold, now, 60), (everyone, now + HOUR, None)
    ]  # fmt: skip
    assert last_changes() == {
        "before": ["everyone 2026-03-10T19:00:00+00:00 – *"],
        "after": [
            "tier-gold 2026-03-10T19:00:00+00:00 – * 60+*",
            "everyone 2026-03-10T20:00:00+00:00 – *",
        ],
    }


def test_same_gates_again_leave_no_trace(draft, now):
    reward = draft()
    terms = [GateTerms(ensure_everyone(), now)]
    set_gates(reward, terms, by=None, now=now)
    pk, before = RewardGate.objects.get().pk, actions()
    set_gates(reward, terms, by=None, now=now)
    assert (RewardGate.objects.get().pk, actions()) == (pk, before)


def test_gates_that_contradict_are_refused(draft, now):
    reward, everyone = draft(), ensure_everyone()
    for terms in (
        [GateTerms(everyone, now, now)],
        [GateTerms(everyone, now), GateTerms(everyone, now, now + HOUR)],
    ):
        with pytest.raises(InvalidGate):
            set_gates(reward, terms, by=None, now=now)
    assert list(reward.gates.all()) == []


# --- Dates --------------------------------------------------------------------------------------


def test_dates_belong_to_experiences_and_lie_ahead(draft, tasting, now):
    span = {"starts_at": now + HOUR, "ends_at": now + 2 * HOUR, "seat_count": 8}
    for reward, changes in (
        (draft(), {}),
        (tasting, {"starts_at": now}),
        (tasting, {"ends_at": now + HOUR}),
        (tasting, {"seat_count": 0}),
        (tasting, {"booking_closes_at": now + 3 * HOUR}),
    ):
        with pytest.raises(InvalidSession):
            add_session(reward, **span | changes, by=None, now=now)


def test_seats_never_go_below_what_is_booked(seats, now):
    seats.seats_left = 3
    seats.save()
    with pytest.raises(InvalidSession, match="5 seats are booked already"):
        change_session(seats, seat_count=4, by=None, now=now)
    kept = change_session(seats, seat_count=5, place="Cellar", by=None, now=now)
    assert (kept.seat_count, kept.seats_left, kept.place) == (5, 0, "Cellar")
    kept = change_session(seats, seat_count=12, by=None, now=now)
    assert (kept.seat_count, kept.seats_left) == (12, 7)


def test_booked_date_stays_when_it_is(seats, now):
    moved = change_session(
        seats, starts_at=now + 3 * HOUR, ends_at=now + 4 * HOUR, by=None, now=now
    )
    moved.seats_left = 7
    moved.save()
    with pytest.raises(InvalidSession):
        change_session(seats, starts_at=now + HOUR, by=None, now=now)


def test_cancelled_date_is_left_alone(seats, now):
    seats.cancelled_at = now
    seats.save()
    with pytest.raises(InvalidSession):
        change_session(seats, place="Cellar", by=None, now=now)


# --- Wishes -------------------------------------------------------------------------------------


def test_wish_is_made_once_and_taken_back(mei, draft, now):
    reward = draft()
    add_wish(mei, reward, now=now)
    add_wish(mei, reward, now=now)
    assert mei.wishes.count() == 1
    remove_wish(mei, reward)
    remove_wish(mei, reward)
    assert mei.wishes.count() == 0
