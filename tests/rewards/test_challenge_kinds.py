"""What members do beside buying stamps too, where an app registers its activities."""

import datetime as dt

import pytest

from members.registry import consumers
from rewards.registry import CHALLENGES, ChallengeKind, challenge_kinds, register_challenge_kind
from rewards.services.challenges import count_batch
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.stamps import (
    DAY,
    Cafe,
    amounts,
    assert_cards_true,
    cards,
    do,
    make_card,
    total,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(counter):
    """A member who bought before any card; reviews count as an app would have it."""
    before = consumers[CHALLENGES]
    register_challenge_kind(ChallengeKind("review", "a review", ("review",)))
    cafe = Cafe(counter.source)
    cafe.sell("mei", on=dt.date(2026, 2, 1))
    yield cafe.member("mei")
    challenge_kinds.remove("review")
    consumers.remove(CHALLENGES)
    consumers.add(CHALLENGES, before)


def review(member, hour, **more):
    do(member, "review", at=at(DAY, hour), **more)
    work(at(DAY, hour))


def test_each_activity_stamps_once_however_often_its_batch_is_counted(mei):
    from members.models import ActivityBatch

    make_card(activity_kind="review")
    for hour in (8, 9, 10, 11):
        review(mei, hour)
    for batch in ActivityBatch.objects.filter(kind="review"):
        count_batch(batch.pk, at(DAY, 18))
    assert (cards(mei), amounts(mei)) == ([(3, 3, True), (1, 3, False)], [1, 1, 1, 1])
    assert balances(mei)["available"] == 50
    assert_cards_true()
    assert_ledger_true()


def test_amounts_subjects_and_days_of_activities_and_a_limit_a_day(mei):
    make_card("money", activity_kind="review", measure="sum", target=100)
    make_card("things", activity_kind="review", measure="distinct", distinct_of="product")
    make_card("days", activity_kind="review", measure="distinct", distinct_of="day")
    make_card("limited", activity_kind="review", day_limit=2, target=9)
    make_card("bought")
    for hour, subject in ((8, 7), (9, 7), (10, 8)):
        review(mei, hour, subject=subject, amount=15)
    slugs = ("money", "things", "days", "limited")
    assert [total(mei, slug) for slug in slugs] == [45, 2, 1, 2]
    assert amounts(mei, "bought") == []
    assert_cards_true()
