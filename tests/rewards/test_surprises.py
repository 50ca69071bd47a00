"""Surprise gifts: written down, drawn, within their budget, given once, opened once."""

import datetime as dt
import hashlib

import pytest

from core.models import AuditEntry
from members.models import Audience, Member, Notice, User
from members.registry import notice_texts, personal_data
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from members.services.profiles import attach_login, close_member
from rewards.enums import PrizeKind
from rewards.models import (
    ActLimit,
    Approval,
    BulkAct,
    BulkActMember,
    Entitlement,
    SpinGrant,
    Surprise,
    SurpriseGift,
    Transfer,
    Wheel,
)
from rewards.selectors.causes import causes
from rewards.selectors.entitlements import list_entitlements
from rewards.selectors.giving import list_prizes
from rewards.selectors.surprises import get_gift_page, get_results, list_wrapped
from rewards.services import bulk_running
from rewards.services.approvals import approve, refuse
from rewards.services.bulk import (
    BulkNotDraft,
    NobodyMeant,
    cancel_bulk,
    confirm_bulk,
    draft_bulk,
)
from rewards.services.bulk_running import run_bulk_act
from rewards.services.prizes import Prize
from rewards.services.redemption import redeem_reward
from rewards.services.surprises import (
    CostUnknown,
    InvalidSurprise,
    NotToGive,
    OverBudget,
    StockShort,
    change_surprise,
    confirm_surprise,
    draft_surprise,
    open_gift,
)
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
POINTS = Prize(PrizeKind.POINTS, points=50)


@pytest.fixture
def crowd(programme, now):
    """``crowd(3)`` adds three members with logins to a list and gives them back."""
    audience = ensure_audience("friends", kind="list", name="Friends")

    def add(count, *, claimed=True):
        members = []
        for number in range(count):
            member = create_member(now=now, source="test", family_name=f"Name{number}")
            if claimed:
                email = f"{member.number}@example.com"
                member = attach_login(member, User.objects.create(email=email), by=None, now=now)
            members.append(member)
        move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
        return members

    return add


@pytest.fixture
def draft(staff, crowd, now):  # noqa: F811
    def make(prize=POINTS, *, by=None, **terms):
        terms = {
            "title": "For the rainy days", "message": "Something warm, from all of us.",
            "pick": "all", "budget": 100_000,
        } | terms  # fmt: skip
        audience = Audience.objects.get(slug="friends")
        return draft_surprise(audience, prize=prize, by=by or staff("owner"), now=now, **terms)

    return make


@pytest.fixture
def run(draft, staff, now):  # noqa: F811
    """Draft, confirm (by the owner, who has room enough) and run at once."""

    def go(prize=POINTS, **terms):
        surprise = confirm_surprise(draft(prize, **terms), by=staff("owner"), now=now)
        assert surprise.act.state == "running", surprise.act.approval.excess
        run_bulk_act(surprise.pk, now=now)
        return Surprise.objects.for_list().get(pk=surprise.pk)

    return go


def gift_of(member):
    return SurpriseGift.objects.get(member=member)


# --- Given ---------------------------------------------------------------------------------------


def test_points_are_there_at_once_and_nothing_tells_what_is_in_it(run, crowd, now):
    (first, second) = crowd(2)
    surprise = run()
    assert (surprise.act.state, surprise.act.done_count) == ("done", 2)
    assert (surprise.planned_worth, surprise.given_worth) == (100, 100)
    assert [balances(each) for each in (first, second)] == [{"available": 50}] * 2
    gift = gift_of(first)
    assert (gift.given_at, gift.is_wrapped) == (now, True)
    assert not Notice.objects.exists()
    entry = Transfer.objects.get(member=first)
    assert (entry.cause_type, entry.cause_id) == ("surprise", gift.pk)
    assert causes["surprise"].describe([gift.pk])[gift.pk].reason == "A surprise"
    assert_ledger_true()
    actions = AuditEntry.objects.filter(action__regex="^(bulk|surprise)").order_by("pk")
    assert [entry.action for entry in actions] == [
        "surprise.drafted", "bulk.started", "bulk.finished",
    ]  # fmt: skip


def test_opening_shows_it_once(run, crowd, now):
    (member,) = crowd(1)
    run(i18n={"title_ja": "雨の日に", "message_ja": "温かいものを。"})
    gift = gift_of(member)
    assert [each.pk for each in list_wrapped(member).gifts] == [gift.pk]
    assert open_gift(gift, by=member.user, now=now + HOUR)
    assert not open_gift(gift, by=member.user, now=now + 2 * HOUR)
    gift.refresh_from_db()
    assert gift.opened_at == now + HOUR
    assert list_wrapped(member).gifts == []
    notice = Notice.objects.get(member=member)
    text = notice_texts[notice.code]
    assert text.build_text(notice.params) == "A surprise from the club: For the rainy days"
    assert text.build_url(notice.params) == gift.get_absolute_url()
    assert notice.read_at == now + HOUR
    assert causes["surprise"].describe([gift.pk])[gift.pk].reason == "For the rainy days"
    assert AuditEntry.objects.filter(action="surprise.opened").count() == 1
    page = get_gift_page(gift, now=now)
    assert (page.prize, page.last_on, page.is_usable) == ("50 points", None, True)
    assert page.surprise.act.i18n == {"public_reason_ja": "雨の日に"}


def test_points_live_for_the_days_of_the_prize(run, crowd, now):
    (member,) = crowd(1)
    run(Prize(PrizeKind.POINTS, points=50, days=10))
    page = get_gift_page(gift_of(member), now=now)
    assert page.last_on == dt.date(2026, 3, 20)
    assert page.is_usable
    assert not get_gift_page(gift_of(member), now=now + 11 * 24 * HOUR).is_usable


def test_store_credit_pays_at_once(run, crowd, now):
    (member,) = crowd(1)
    surprise = run(Prize(PrizeKind.CREDIT, amount=500))
    assert balances(member) == {"credit_granted": 500}
    assert surprise.measure == "money"
    assert get_gift_page(gift_of(member), now=now).prize == "$5.00 store credit"


def test_spins_are_granted_by_the_club(run, crowd, now):
    wheel = Wheel.objects.create(slug="luck", name="Daily luck")
    (member,) = crowd(1)
    run(Prize(PrizeKind.SPINS, spin_count=2, wheel_id=wheel.pk, days=7))
    grant = SpinGrant.objects.get(member=member)
    assert (grant.source, grant.spin_count, grant.cause_id) == ("club", 2, gift_of(member).pk)
    page = get_gift_page(gift_of(member), now=now)
    assert (page.prize, page.is_usable) == ("2 free spins of “Daily luck”", True)
    assert page.last_on == dt.date(2026, 3, 17)


def test_reward_is_set_aside_hidden_until_opened_and_taken_for_nothing(
    run, crowd, make_reward, now
):
    reward = make_reward(stock_left=5, cost_amount=300)
    first, _second = crowd(2)
    surprise = run(Prize(PrizeKind.REWARD, reward_id=reward.pk, days=30))
    reward.refresh_from_db()
    assert (reward.stock_left, surprise.stock_held, surprise.given_worth) == (3, 0, 600)
    right = Entitlement.objects.get(member=first)
    assert (right.is_set_aside, right.expires_on) == (True, dt.date(2026, 4, 9))
    assert list(list_entitlements(first, now=now)) == []
    assert list(list_prizes(first, now=now)) == []
    open_gift(gift_of(first), by=first.user, now=now)
    assert list(list_entitlements(first, now=now)) == [right]
    assert list(list_prizes(first, now=now)) == [right]
    page = get_gift_page(gift_of(first), now=now)
    assert (page.entitlement, page.is_usable) == (right, True)
    redeem_reward(first, reward, key="k", by=first.user, now=now, entitlement=right)
    reward.refresh_from_db()
    assert reward.stock_left == 3
    assert not get_gift_page(gift_of(first), now=now).is_usable
    results = get_results(surprise)
    assert (results.given_count, results.opened_count, results.used_count) == (2, 1, 1)
    assert_ledger_true()


def test_running_again_gives_nothing_more(run, crowd, now):
    (member,) = crowd(1)
    surprise = run()
    run_bulk_act(surprise.pk, now=now)
    BulkAct.objects.filter(pk=surprise.pk).update(state="running")
    run_bulk_act(surprise.pk, now=now)
    assert balances(member) == {"available": 50}


def test_worker_that_dies_leaves_nothing_half_done(draft, staff, crowd, now, monkeypatch):  # noqa: F811
    monkeypatch.setattr(bulk_running, "BATCH", 2)
    crowd(5)
    surprise = confirm_surprise(draft(), by=staff("owner"), now=now)

    def die(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bulk_act(surprise.pk, now=now, on_progress=die)
    assert SurpriseGift.objects.count() == 2
    run_bulk_act(surprise.pk, now=now + HOUR)
    assert SurpriseGift.objects.count() == 5
    surprise.refresh_from_db()
    assert surprise.given_worth == surprise.planned_worth == 250


# --- Whom ----------------------------------------------------------------------------------------


def test_only_who_can_open_one_gets_one(run, crowd, staff, now):  # noqa: F811
    claimed = crowd(2)
    unclaimed = crowd(1, claimed=False)
    closed, mine = crowd(2)
    close_member(closed, by=None, now=now)
    mine.user = None
    mine.save(update_fields=["user"])
    attach_login(mine, staff("owner"), by=None, now=now)
    surprise = run()
    given = set(SurpriseGift.objects.values_list("member_id", flat=True))
    assert given == {each.pk for each in claimed}
    assert (surprise.act.member_count, surprise.pool_count) == (2, 2)
    assert balances(unclaimed[0]) == {}


def test_lot_can_be_drawn_again_from_its_seed(run, crowd):
    members = crowd(8)
    surprise = run(pick="random", draw_count=3)
    assert (surprise.act.member_count, surprise.pool_count, len(surprise.draw_seed)) == (3, 8, 32)

    def lot(member):
        return hashlib.sha256(f"{surprise.draw_seed}:{member.number}".encode()).digest()

    drawn = {member.pk for member in sorted(members, key=lot)[:3]}
    assert set(SurpriseGift.objects.values_list("member_id", flat=True)) == drawn


def test_draw_takes_all_where_there_are_fewer(run, crowd):
    crowd(2)
    assert run(pick="random", draw_count=10).act.member_count == 2


def test_two_draws_differ(draft, staff, crowd, now):  # noqa: F811
    crowd(1)
    seeds = {
        confirm_surprise(draft(pick="random", draw_count=1), by=staff("owner"), now=now).draw_seed
        for _ in range(3)
    }
    assert len(seeds) == 3


def test_who_left_meanwhile_gets_none_and_the_stock_goes_back(
    draft,
    staff,  # noqa: F811
    crowd,
    make_reward,
    now,
):
    reward = make_reward(stock_left=3, cost_amount=300)
    _stays, leaves = crowd(2)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    surprise = confirm_surprise(draft(prize), by=staff("owner"), now=now)
    reward.refresh_from_db()
    assert (reward.stock_left, surprise.stock_held) == (1, 2)
    close_member(leaves, by=None, now=now)
    run_bulk_act(surprise.pk, now=now)
    reward.refresh_from_db()
    assert reward.stock_left == 2
    assert not SurpriseGift.objects.filter(member=leaves).exists()
    assert BulkActMember.objects.get(member=leaves).outcome == "gone"
    surprise.refresh_from_db()
    assert (surprise.given_worth, surprise.planned_worth, surprise.stock_held) == (300, 600, 0)


# --- Merges --------------------------------------------------------------------------------------


def merge(source, target, now):
    moved = {
        label: personal_data[label].merge(source, target, now)
        for label in ("rewards.bulkactmember", "rewards.surprisegift")
    }
    Member.objects.filter(pk=source.pk).update(status="merged", merged_into=target, user=None)
    return moved


def test_absorbed_record_that_had_one_counts_for_who_is_left(
    draft,
    staff,  # noqa: F811
    crowd,
    now,
    monkeypatch,
):
    """One record has its present, the other waits for its own: the person gets no second one."""
    monkeypatch.setattr(bulk_running, "BATCH", 1)
    source, target = crowd(2)
    surprise = confirm_surprise(draft(), by=staff("owner"), now=now)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bulk_act(surprise.pk, now=now, on_progress=stop)
    assert gift_of(source)
    moved = merge(source, target, now)
    assert len(moved["rewards.surprisegift"]) == 1
    run_bulk_act(surprise.pk, now=now)
    assert SurpriseGift.objects.count() == 1
    assert BulkActMember.objects.get(member=target).outcome == "nothing"


def test_absorbed_record_that_waits_gets_none(draft, staff, crowd, now):  # noqa: F811
    source, target = crowd(2)
    surprise = confirm_surprise(draft(), by=staff("owner"), now=now)
    merge(source, target, now)
    run_bulk_act(surprise.pk, now=now)
    assert [each.member_id for each in SurpriseGift.objects.all()] == [target.pk]


def test_chain_of_merges_is_one_person(draft, staff, crowd, now, monkeypatch):  # noqa: F811
    monkeypatch.setattr(bulk_running, "BATCH", 1)
    first, second, third = crowd(3)
    surprise = confirm_surprise(draft(), by=staff("owner"), now=now)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bulk_act(surprise.pk, now=now, on_progress=stop)
    Member.objects.filter(pk=first.pk).update(status="merged", merged_into=second, user=None)
    Member.objects.filter(pk=second.pk).update(status="merged", merged_into=third, user=None)
    run_bulk_act(surprise.pk, now=now)
    assert [each.member_id for each in SurpriseGift.objects.all()] == [first.pk]


def test_both_presents_of_merged_records_stay_and_come_apart_again(run, crowd, now):
    source, target = crowd(2)
    run()
    entry = personal_data["rewards.surprisegift"]
    assert entry.merge(source, target, now) == []
    outsider = create_member(now=now, source="test", family_name="Out")
    moved = entry.merge(source, outsider, now)
    assert gift_of(outsider)
    entry.undo(source, outsider, moved, now)
    (facts,) = entry.export(source)
    assert (facts["surprise__act__public_reason"], facts["opened_at"]) == (
        "For the rainy days", None,
    )  # fmt: skip


# --- Budget, stock, limits -----------------------------------------------------------------------


def test_budget_bounds_the_worst_case_from_both_sides(draft, staff, crowd, now):  # noqa: F811
    crowd(2)
    with pytest.raises(OverBudget):
        confirm_surprise(draft(budget=99), by=staff("owner"), now=now)
    assert not BulkActMember.objects.exists()
    surprise = confirm_surprise(draft(budget=100), by=staff("owner"), now=now)
    assert surprise.planned_worth == 100


def test_stock_bounds_it_from_both_sides(draft, staff, crowd, make_reward, now):  # noqa: F811
    crowd(2)
    short = make_reward("Mug", stock_left=1, cost_amount=300)
    prize = Prize(PrizeKind.REWARD, reward_id=short.pk)
    with pytest.raises(StockShort):
        confirm_surprise(draft(prize), by=staff("owner"), now=now)
    short.refresh_from_db()
    assert short.stock_left == 1
    short.stock_left = 2
    short.save(update_fields=["stock_left"])
    assert confirm_surprise(draft(prize), by=staff("owner"), now=now).stock_held == 2


def test_reward_without_end_sets_nothing_aside(run, crowd, make_reward):
    crowd(1)
    reward = make_reward(value_amount=300)
    surprise = run(Prize(PrizeKind.REWARD, reward_id=reward.pk))
    assert (surprise.worth, surprise.stock_held) == (300, 0)
    assert not Entitlement.objects.get().is_set_aside


def test_above_its_limits_it_waits_and_the_second_person_gets_none(
    draft,
    staff,  # noqa: F811
    crowd,
    make_reward,
    now,
):
    reward = make_reward(stock_left=9, cost_amount=3_000)
    crowd(2)
    (mine,) = crowd(1)
    mine.user = None
    mine.save(update_fields=["user"])
    attach_login(mine, staff("owner"), by=None, now=now)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    surprise = confirm_surprise(draft(prize), by=staff("manager"), now=now)
    assert surprise.act.state == "waiting"
    approval = Approval.objects.get()
    assert (approval.kind, approval.amount) == ("gift_money", 9_000)
    assert {each["code"] for each in approval.excess} == {"per_member_day", "per_pair_day"}
    run_bulk_act(surprise.pk, now=now)
    assert not SurpriseGift.objects.exists()
    approve(approval, by=staff("owner"), now=now)
    run_bulk_act(surprise.pk, now=now)
    assert SurpriseGift.objects.count() == 2
    reward.refresh_from_db()
    assert reward.stock_left == 7
    assert not SurpriseGift.objects.filter(member=mine).exists()


def test_refused_it_gives_the_stock_back(draft, staff, crowd, make_reward, now):  # noqa: F811
    reward = make_reward(stock_left=2, cost_amount=3_000)
    crowd(2)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    confirm_surprise(draft(prize), by=staff("manager"), now=now)
    refuse(Approval.objects.get(), by=staff("owner"), now=now)
    reward.refresh_from_db()
    assert reward.stock_left == 2
    assert BulkAct.objects.get().state == "cancelled"


def test_cancelled_half_way_gives_back_what_is_left(
    draft,
    staff,  # noqa: F811
    crowd,
    make_reward,
    now,
    monkeypatch,
):
    monkeypatch.setattr(bulk_running, "BATCH", 1)
    reward = make_reward(stock_left=3, cost_amount=300)
    crowd(3)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    surprise = confirm_surprise(draft(prize), by=staff("owner"), now=now)

    def cancel(done):
        cancel_bulk(surprise.act, by=staff("owner"), now=now)

    run_bulk_act(surprise.pk, now=now, on_progress=cancel)
    reward.refresh_from_db()
    assert (reward.stock_left, SurpriseGift.objects.count()) == (2, 1)


def test_points_of_gifts_and_surprises_add_up_for_one_head(draft, staff, crowd, now):  # noqa: F811
    """A list of one friend is no way round, nor is it with two kinds of acts."""
    crowd(1)
    ActLimit.objects.filter(kind="gift_points", role="owner").update(per_member_day=80)
    audience = Audience.objects.get(slug="friends")
    grant = draft_bulk(
        "grant", audience, public_reason="Sorry", points=40, by=staff("owner"), now=now
    )
    confirm_bulk(grant, by=staff("owner"), now=now)
    surprise = confirm_surprise(draft(), by=staff("owner"), now=now)
    assert surprise.act.state == "waiting"
    assert Approval.objects.get().excess == [{"code": "per_member_day", "limit": 80, "used": 40}]


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"title": " "},
        {"message": " "},
        {"budget": 0},
        {"pick": "random"},
        {"pick": "random", "draw_count": 0},
        {"pick": "some"},
        {"prize": Prize(PrizeKind.POINTS)},
        {"prize": Prize(PrizeKind.NOTHING)},
        {"prize": Prize(PrizeKind.REWARD)},
        {"prize": Prize(PrizeKind.SPINS, spin_count=1)},
    ],
)
def test_incomplete_terms_are_refused(draft, terms):
    with pytest.raises(InvalidSurprise):
        draft(**terms)
    assert not BulkAct.objects.exists()


def test_reward_must_be_one_to_take_and_have_a_cost(draft, make_reward, now):
    unknown = make_reward("Mug")
    with pytest.raises(CostUnknown):
        draft(Prize(PrizeKind.REWARD, reward_id=unknown.pk))
    gone = make_reward("Cup", cost_amount=1, retired_at=now)
    with pytest.raises(NotToGive):
        draft(Prize(PrizeKind.REWARD, reward_id=gone.pk))


def test_nobody_meant_is_refused(draft, staff, crowd, now):  # noqa: F811
    crowd(1, claimed=False)
    with pytest.raises(NobodyMeant):
        confirm_surprise(draft(), by=staff("owner"), now=now)


def test_confirmed_it_is_neither_confirmed_nor_changed_again(
    draft,
    staff,  # noqa: F811
    crowd,
    now,
):
    crowd(1)
    surprise = draft()
    audience = Audience.objects.get(slug="friends")
    terms = {"title": "New", "message": "Words", "prize": POINTS, "pick": "all", "budget": 500}
    changed = change_surprise(surprise, audience, **terms, by=staff("owner"), now=now)
    assert (changed.act.public_reason, changed.budget) == ("New", 500)
    confirm_surprise(changed, by=staff("owner"), now=now)
    with pytest.raises(BulkNotDraft):
        confirm_surprise(changed, by=staff("owner"), now=now)
    with pytest.raises(BulkNotDraft):
        change_surprise(changed, audience, **terms, by=staff("owner"), now=now)
