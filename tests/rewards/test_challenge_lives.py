"""Stamps by hand, amended orders, merges, erasure; each a promise of docs/challenges.md."""

import datetime as dt
from decimal import Decimal

import pytest

from members.models import Notice, User
from members.services.merging import merge_members, undo_merge
from purchases.incoming import IncomingLine
from purchases.models import Purchase
from purchases.services.amending import amend_purchase
from rewards.enums import AdjustmentReason, AdjustmentState
from rewards.models import Approval, StaffAct, StampBook, StampGrant
from rewards.services.approvals import approve, refuse
from rewards.services.challenges import give_stamps, preview_stamps, publishing
from rewards.services.challenges.by_hand import (
    InvalidStamps,
    NoCardThen,
    TooFewStamps,
)
from rewards.services.challenges.publishing import (
    ChallengeEnded,
    InvalidChallenge,
    end_challenge,
    publish_version,
)
from rewards.services.redemption.refusals import KeyReused
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.stamps import (
    BEGUN,
    DAY,
    Cafe,
    amounts,
    assert_cards_true,
    cards,
    make_card,
    publish,
    total,
    work,
)

pytestmark = pytest.mark.django_db
NOW = at(DAY, 18)


@pytest.fixture
def cafe(counter):
    return Cafe(counter.source)


@pytest.fixture
def staff(db):
    return User.objects.create_superuser(email="staff@example.com", password="x")


def give(member, card, count, by, **terms):
    terms = {"reason": "missing", "happened_at": NOW, "key": f"k{count}", "now": NOW} | terms
    return give_stamps(member, card, count, by=by, **terms)


# --- By hand ------------------------------------------------------------------------------------


def test_stamps_by_hand_fill_a_card_and_say_why(cafe, staff):
    card = make_card()
    cafe.sell("mei")
    mei = cafe.member("mei")
    made = give(mei, card, 2, staff)
    assert (made.state, cards(mei)) == (AdjustmentState.POSTED, [(3, 3, True)])
    assert give(mei, card, 2, staff) == made
    assert (amounts(mei), balances(mei)) == ([1, 2], {"available": 50})
    assert Notice.objects.get(code="stamps_by_hand").params["reason"] == "missing"
    assert_cards_true()
    assert_ledger_true()


def test_a_key_of_another_members_stamps_is_refused_and_one_from_before_a_merge_is_known(
    cafe, staff
):
    card = make_card(target=10)
    cafe.sell("mei")
    cafe.sell("lin", hour=13)
    mei, lin = cafe.member("mei"), cafe.member("lin")
    made = give(lin, card, 2, staff)
    with pytest.raises(KeyReused):
        give(mei, card, 2, staff)
    merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    assert give(mei, card, 2, staff) == made
    assert total(mei) == 4


def test_stamps_by_hand_are_taken_back_as_far_as_there_are_some(cafe, staff):
    card = make_card(target=10)
    cafe.sell("mei")
    cafe.sell("mei", hour=13)
    mei = cafe.member("mei")
    give(mei, card, -1, staff)
    assert total(mei) == 1
    with pytest.raises(TooFewStamps):
        give(mei, card, -2, staff)
    assert_cards_true()


def test_stamps_for_a_day_count_by_the_terms_of_that_day(cafe, staff):
    card = make_card(target=2)
    cafe.sell("mei")
    publish(card, begins=at(DAY, 15), target=5)
    mei = cafe.member("mei")
    give(mei, card, 1, staff, happened_at=at(DAY, 9))
    assert cards(mei) == [(2, 2, True)]
    for moment in (BEGUN - dt.timedelta(days=1), NOW + dt.timedelta(days=1)):
        with pytest.raises(NoCardThen):
            give(mei, card, 1, staff, happened_at=moment, key="other")


@pytest.mark.parametrize(
    "terms", [{"stamp_count": 0}, {"reason": "x"}, {"reason": AdjustmentReason.OTHER}]
)
def test_stamps_by_hand_need_a_number_and_a_reason(cafe, staff, terms):
    card = make_card()
    cafe.sell("mei")
    count = terms.pop("stamp_count", 1)
    with pytest.raises(InvalidStamps):
        give(cafe.member("mei"), card, count, staff, **terms)


@pytest.mark.parametrize("decide", [approve, refuse])
def test_stamps_above_the_limits_wait_for_a_second_person(cafe, staff, decide):
    card = make_card(target=60)
    cafe.sell("mei")
    mei = cafe.member("mei")
    made = give(mei, card, 51, staff)
    assert (made.state, amounts(mei)) == (AdjustmentState.WAITING, [1])
    other = User.objects.create_superuser(email="other@example.com", password="x")
    decide(Approval.objects.get(), by=other, now=NOW)
    made.refresh_from_db()
    is_done = decide is approve
    assert made.state == (AdjustmentState.APPROVED if is_done else AdjustmentState.REFUSED)
    assert total(mei) == (52 if is_done else 1)
    assert_cards_true()


# --- Publishing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"target": 0}, "target"),
        ({"target": 61}, "target"),
        ({"measure": "distinct"}, "distinct_of"),
        ({"measure": "distinct", "distinct_of": "day", "day_limit": 1}, "day_limit"),
        ({"prize_points": 0}, "prize_kind"),
        ({"activity_kind": "nothing"}, "activity_kind"),
        ({"starts_at": BEGUN - dt.timedelta(days=1)}, "starts_at"),
        ({"ends_at": BEGUN}, "ends_at"),
        ({"audiences": []}, "audiences"),
    ],
)
def test_terms_that_mean_nothing_are_refused(programme, everyone_audience, terms, field):
    card = publishing.create_challenge(slug="card", name="Card", by=None, now=BEGUN)
    terms = {
        "starts_at": BEGUN, "audiences": [everyone_audience], "target": 3,
        "prize_kind": "points", "prize_points": 5,
    } | terms  # fmt: skip
    with pytest.raises(InvalidChallenge) as refusal:
        publish_version(card, by=None, now=BEGUN, **terms)
    assert refusal.value.field == field


@pytest.fixture
def everyone_audience(db):
    from members.services.audiences import ensure_everyone

    return ensure_everyone()


def test_a_card_does_not_change_how_it_counts_nor_go_on_after_its_end(programme):
    card = make_card()
    with pytest.raises(InvalidChallenge):
        publish(card, begins=NOW, measure="sum", target=1000)
    end_challenge(card, at=NOW, by=None, now=NOW)
    with pytest.raises(ChallengeEnded):
        publish(card, begins=NOW)
    with pytest.raises(ChallengeEnded):
        end_challenge(card, at=NOW, by=None, now=NOW)
    with pytest.raises(InvalidChallenge):
        publishing.create_challenge(slug=card.slug, name="Again", by=None, now=NOW)


# --- Amended orders -----------------------------------------------------------------------------


def amend(ticket, *lines, hour=15):
    purchase = Purchase.objects.get(external_id=ticket)
    said = [
        IncomingLine(Decimal(number), amount, product=name, line_id=str(index))
        for index, (name, number, amount) in enumerate(lines, 1)
    ]
    amend_purchase(
        purchase.pk, lines=said, content_hash=bytes([hour] * 32), member_id=None,
        said_at=at(DAY, hour), is_tax_included=True, now=at(DAY, hour),
    )  # fmt: skip
    work(at(DAY, hour))


def test_an_amended_order_ends_with_the_stamps_of_its_last_version(cafe):
    make_card(count_by="item", target=10)
    ticket = cafe.sell("mei", 3)
    mei = cafe.member("mei")
    amend(ticket, ("coffee", 5, 2000))
    assert (amounts(mei), total(mei)) == ([3, -3, 5], 5)
    amend(ticket, ("coffee", 2, 800), hour=16)
    assert total(mei) == 2
    amend(ticket, hour=17)
    assert total(mei) == 0
    assert_cards_true()


def test_a_return_after_an_amendment_takes_from_the_new_version(cafe):
    make_card(count_by="item", target=10)
    ticket = cafe.sell("mei", 3)
    amend(ticket, ("coffee", 5, 2000), hour=13)
    cafe.give_back(ticket, 2)
    mei = cafe.member("mei")
    assert total(mei) == 3
    assert_cards_true()


# --- Merges and erasure --------------------------------------------------------------------------


def test_two_memberships_fill_one_card_and_have_their_own_again(cafe, staff):
    make_card(target=10, count_by="item")
    cafe.sell("mei", 7)
    cafe.sell("lin", 13)
    mei, lin = cafe.member("mei"), cafe.member("lin")
    merge = merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    assert (total(mei), cards(mei)[:2]) == (20, [(10, 10, True), (10, 10, True)])
    assert_cards_true()
    undo_merge(merge, by=staff, now=NOW)
    assert (total(mei), total(lin)) == (7, 13)
    assert sum(count for count, _target, _paid in cards(mei)) == 7
    assert sum(count for count, _target, _paid in cards(lin)) == 13
    assert_cards_true()
    assert_ledger_true()


def test_a_return_after_a_merge_takes_the_stamp_of_the_absorbed(cafe, staff):
    make_card(target=10, count_by="item")
    cafe.sell("mei", 2)
    ticket = cafe.sell("lin", 3)
    mei, lin = cafe.member("mei"), cafe.member("lin")
    merge = merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    cafe.give_back(ticket, 1, hour=19)
    assert total(mei) == 4
    assert_cards_true()
    undo_merge(merge, by=staff, now=at(DAY, 20))
    assert (total(mei), total(lin)) == (2, 2)
    assert_cards_true()


def test_a_book_that_is_alone_goes_over_and_comes_back(cafe, staff):
    make_card(target=10)
    cafe.sell("lin")
    make_card("other")
    cafe.sell("mei", on=dt.date(2026, 2, 1))
    mei, lin = cafe.member("mei"), cafe.member("lin")
    merge = merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    assert cards(mei) == [(1, 10, False)]
    undo_merge(merge, by=staff, now=NOW)
    assert (cards(mei), cards(lin)) == ([], [(1, 10, False)])


def test_an_erasure_blanks_notes_and_nothing_counts_any_more(cafe, staff):
    from rewards.personal_data_challenges import _forget_notes

    card = make_card(target=10)
    cafe.sell("mei")
    mei = cafe.member("mei")
    give(mei, card, 1, staff, note="asked at the counter")
    _forget_notes(mei, NOW)
    assert StampGrant.objects.get().note == ""
    mei.status = "closed"
    mei.save(update_fields=["status"])
    assert StampBook.objects.get().total == 2


def test_a_day_limit_knows_what_a_merge_brought(cafe, staff):
    make_card(day_limit=2, count_by="item", target=10)
    cafe.sell("mei", hour=9)
    cafe.sell("lin", hour=10)
    mei, lin = cafe.member("mei"), cafe.member("lin")
    merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    cafe.sell("mei", 5, hour=13)
    assert total(mei) == 2
    cafe.sell("lin", 5, hour=14, on=DAY + dt.timedelta(days=1))
    assert total(mei) == 4
    assert_cards_true()


def test_an_order_amended_while_merged_comes_back_and_keeps_what_is_left(cafe, staff, rules):
    """Its points go back with it; its stamps stay with the survivor, less what came back."""
    make_card(target=10, count_by="item", prize_points=5)
    cafe.sell("mei", 2)
    ticket = cafe.sell("lin", 3)
    mei, lin = cafe.member("mei"), cafe.member("lin")
    merge = merge_members(lin, mei, by=staff, reason="Same person", now=NOW)
    amend(ticket, ("coffee", 5, 2000), hour=19)
    undo_merge(merge, by=staff, now=at(DAY, 20))
    assert (balances(mei)["available"], balances(lin)["available"]) == (8, 20)
    assert (total(mei), total(lin)) == (7, 0)
    cafe.give_back(ticket, 1, hour=21)
    assert (balances(mei)["available"], balances(lin)["available"]) == (8, 16)
    assert (total(mei), total(lin)) == (6, 0)
    amend(ticket, ("coffee", 4, 1600), hour=22)
    assert (total(mei), total(lin)) == (2, 3)
    assert_cards_true()
    assert_ledger_true()


def test_money_by_hand_counts_for_limits_as_twentieths_of_the_card_before_and_when_it_is_done(
    cafe, staff
):
    card = make_card(measure="sum", target=10_000)
    cafe.sell("mei", price=900)
    mei = cafe.member("mei")
    terms = {"happened_at": NOW, "by": staff, "now": NOW}
    assert preview_stamps(mei, card, 25_000, **terms)[1] == []
    (above, *_more) = preview_stamps(mei, card, 25_001, **terms)[1]
    assert above.code == "per_act"
    assert give(mei, card, 25_000, staff).state == AdjustmentState.POSTED
    assert StaffAct.objects.get().amount == 50
    with pytest.raises(TooFewStamps):
        preview_stamps(mei, card, -25_901, **terms)
    with pytest.raises(NoCardThen):
        preview_stamps(mei, card, 1, **terms | {"happened_at": BEGUN - dt.timedelta(days=1)})
    assert_cards_true()
