"""Each constraint of surprise gifts from both sides."""

import datetime as dt

import pytest

from members.models import User
from members.services.audiences import ensure_audience
from members.services.enrolment import create_member
from rewards.models import BulkAct, Surprise, SurpriseGift
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(programme, now):
    """Makes a row of a model beside the rows it needs."""
    head = User.objects.create(email="head@example.com")
    member, mate = (create_member(now=now, source="test") for _ in range(2))
    audience = ensure_audience("test", kind="list", name="Test")

    def make_act(**changes):
        terms = {
            "kind": "gift", "audience": audience, "public_reason": "Hello", "asked_by": head,
            "created_at": now,
        }  # fmt: skip
        return BulkAct.objects.create(**terms | changes)

    def make_surprise(**changes):
        terms = {
            "message": "For you.", "pick": "all", "budget": 100, "prize_kind": "points",
            "prize_points": 5, "worth": 5, "planned_worth": 50,
        }  # fmt: skip
        return Surprise.objects.create(act=make_act(), **terms | changes)

    def make_gift(**changes):
        return SurpriseGift.objects.create(
            **{"surprise": surprise, "member": member, "given_at": now} | changes
        )

    surprise = make_surprise()
    known = {"mate": mate, "before": now - dt.timedelta(seconds=1), "now": now, "day": now.date()}
    makers = {BulkAct: make_act, Surprise: make_surprise, SurpriseGift: make_gift}

    def make(model, **changes):
        changes = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        return makers[model](**changes)

    return make


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad"),
    [
        ("bulk_act_terms_fit_its_kind", BulkAct, {}, {"points": 5}),
        ("bulk_act_terms_fit_its_kind", BulkAct, {}, {"until_on": "day"}),
        ("surprise_prize_is_whole", Surprise, {}, {"prize_points": 0}),
        ("surprise_prize_is_whole", Surprise, {}, {"prize_amount": 5}),
        ("surprise_prize_lives", Surprise, {"prize_days": 1}, {"prize_days": 0}),
        ("surprise_holds_something", Surprise, {}, {"prize_kind": "nothing", "prize_points": 0}),
        ("surprise_has_words", Surprise, {}, {"message": ""}),
        ("surprise_draw_has_its_count", Surprise, {"pick": "random", "draw_count": 1},
         {"pick": "random"}),
        ("surprise_draw_has_its_count", Surprise, {"pick": "random", "draw_count": 1},
         {"pick": "random", "draw_count": 0}),
        ("surprise_draw_has_its_count", Surprise, {}, {"draw_seed": "abc"}),
        ("surprise_within_budget", Surprise, {"planned_worth": 100}, {"planned_worth": 101}),
        ("surprise_gives_as_planned", Surprise, {"given_worth": 50}, {"given_worth": 51}),
        ("surprise_gift_opens_after_it_was_given", SurpriseGift, {"opened_at": "now"},
         {"opened_at": "before"}),
    ],
)  # fmt: skip
def test_surprises_that_make_no_sense_are_refused(make, constraint, model, good, bad):
    guards(constraint, lambda **changes: make(model, **changes), good, bad)


def test_present_exists_once_for_each_member(make):
    guards(
        "surprise_gift_once_per_member",
        lambda **changes: make(SurpriseGift, **changes),
        {"member": "mate"},
        {},
        beside={},
    )
