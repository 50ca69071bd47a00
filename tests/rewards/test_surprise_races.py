"""Several workers at one surprise, stock that is asked for twice, presses at once; and merges in
whatever order: one person never gets two.
"""

import random

import pytest

from members.models import Audience, Member, User
from members.registry import personal_data
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from rewards.enums import PrizeKind
from rewards.models import BulkAct, Entitlement, Surprise, SurpriseGift, Transfer
from rewards.services import bulk_running
from rewards.services.bulk import cancel_bulk
from rewards.services.bulk_running import run_bulk_act
from rewards.services.prizes import Prize
from rewards.services.surprises import StockShort, confirm_surprise, draft_surprise, open_gift
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 24


@pytest.fixture
def crowd(programme, now, monkeypatch):
    monkeypatch.setattr(bulk_running, "BATCH", 3)
    audience = ensure_audience("friends", kind="list", name="Friends")
    members = []
    for number in range(COUNT):
        member = create_member(now=now, source="test", family_name=f"Name{number}")
        member.user = User.objects.create(email=f"m{number}@example.com")
        member.save(update_fields=["user"])
        members.append(member)
    move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
    return members


@pytest.fixture
def draft(crowd, staff, now):  # noqa: F811
    def make(prize):
        return draft_surprise(
            Audience.objects.get(slug="friends"), title="Hello", message="For you.", prize=prize,
            pick="all", budget=100_000, by=staff("owner"), now=now,
        )  # fmt: skip

    return make


POINTS = Prize(PrizeKind.POINTS, points=50)


def errors(results):
    return [result for result in results if isinstance(result, Exception)]


def test_five_workers_give_each_member_one(draft, crowd, staff, now):  # noqa: F811
    """Locks: the act, and its rows, each claimed by one worker; the keys stand behind."""
    surprise = confirm_surprise(draft(POINTS), by=staff("owner"), now=now)
    results = together(*(lambda: run_bulk_act(surprise.pk, now=now) for _ in range(5)))
    assert errors(results) == []
    assert SurpriseGift.objects.count() == COUNT
    assert Transfer.objects.filter(reason="grant").count() == COUNT
    assert all(balances(member) == {"available": 50} for member in crowd)
    surprise.refresh_from_db()
    assert surprise.given_worth == surprise.planned_worth == 50 * COUNT
    assert_ledger_true()


def test_cancelling_beside_a_run_loses_no_stock(draft, crowd, staff, make_reward, now):  # noqa: F811
    """Lock: the act's row. Without it a batch gives what the shelf has got back already."""
    reward = make_reward(stock_left=COUNT + 1, cost_amount=100)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    surprise = confirm_surprise(draft(prize), by=staff("owner"), now=now)
    results = together(
        lambda: run_bulk_act(surprise.pk, now=now),
        lambda: run_bulk_act(surprise.pk, now=now),
        lambda: cancel_bulk(surprise.act, by=staff("manager"), now=now),
    )
    assert errors(results[:2]) == []
    reward.refresh_from_db()
    surprise.refresh_from_db()
    given = Entitlement.objects.count()
    assert (surprise.stock_held, surprise.given_worth) == (0, 100 * given)
    assert reward.stock_left + given == COUNT + 1


def test_last_stock_is_set_aside_once(draft, crowd, staff, make_reward, now):  # noqa: F811
    """A conditional update of the reward's row: the second surprise finds too little."""
    reward = make_reward(stock_left=COUNT, cost_amount=100)
    prize = Prize(PrizeKind.REWARD, reward_id=reward.pk)
    drafts = [draft(prize) for _ in range(4)]
    people = [staff("owner", number) for number in range(4)]
    results = together(
        *(
            lambda each=each, by=by: confirm_surprise(each, by=by, now=now)
            for each, by in zip(drafts, people, strict=True)
        )
    )
    assert sum(isinstance(result, StockShort) for result in results) == 3
    assert len(errors(results)) == 3
    reward.refresh_from_db()
    assert reward.stock_left == 0
    assert BulkAct.objects.filter(state="running").count() == 1


def test_one_press_of_many_opens_it(draft, crowd, staff, now):  # noqa: F811
    surprise = confirm_surprise(draft(POINTS), by=staff("owner"), now=now)
    run_bulk_act(surprise.pk, now=now)
    gift = SurpriseGift.objects.first()
    results = together(
        *(
            lambda: open_gift(SurpriseGift.objects.get(pk=gift.pk), by=None, now=now)
            for _ in range(6)
        )
    )
    assert sorted(results) == [False] * 5 + [True]


# --- Merges --------------------------------------------------------------------------------------

MOVED = ("rewards.bulkactmember", "rewards.surprisegift")


def merge(source, target, now):
    moved = {label: personal_data[label].merge(source, target, now) for label in MOVED}
    Member.objects.filter(pk=source.pk).update(status="merged", merged_into=target, user=None)
    return source, target, moved


def part(source, target, moved, now):
    for label in MOVED:
        personal_data[label].undo(source, target, moved[label], now)
    Member.objects.filter(pk=source.pk).update(status="active", merged_into=None)


def list_roots():
    """The record that is left, by each record."""
    into = dict(Member.objects.values_list("pk", "merged_into"))

    def climb(pk):
        while into[pk]:
            pk = into[pk]
        return pk

    return {pk: climb(pk) for pk in into}


@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_merges_gives_one_person_a_second(
    draft,
    crowd,
    staff,  # noqa: F811
    now,
    monkeypatch,
    seed,
):
    """Batches of one, between them merges and their undoing: whoever has one gets no other."""
    monkeypatch.setattr(bulk_running, "BATCH", 1)
    draw = random.Random(seed)
    surprise = confirm_surprise(draft(POINTS), by=staff("owner"), now=now)
    merges, given = [], set()
    while True:
        roots = list_roots()
        had_one = {roots[pk] for pk in given}
        if not bulk_running._run_batch(surprise.pk, now=now):
            break
        have_one = set(SurpriseGift.objects.values_list("member_id", flat=True))
        for member_id in have_one - given:
            assert roots[member_id] not in had_one
        given = have_one
        alive = list(Member.objects.filter(status="active", pk__in=[each.pk for each in crowd]))
        if len(alive) > 2 and draw.random() < 0.6:
            merges.append(merge(*draw.sample(alive, 2), now))
        elif merges and draw.random() < 0.4:
            part(*merges.pop(), now)
        given = set(SurpriseGift.objects.values_list("member_id", flat=True))
    count = SurpriseGift.objects.count()
    assert Surprise.objects.get().given_worth == 50 * count
    assert Transfer.objects.filter(reason="grant").count() == count
