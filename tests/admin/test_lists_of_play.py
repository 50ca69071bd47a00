"""Lists of giving, wheels, stamp cards and surprises ask the same for one row and for three."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.services.audiences import ensure_audience
from rewards.models import (
    AppealUpdate,
    BulkAct,
    CharitySettlement,
    StandingDonation,
    Surprise,
    SurpriseGift,
)
from rewards.services.giving import donate_points
from rewards.services.wheel import prepare_days
from tests.rewards.givings import make_appeal, make_charity, make_match
from tests.rewards.stamps import make_card
from tests.rewards.wheels import NOON, make_player, make_wheel, spin

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
LISTS = (
    "appeal", "appealupdate", "challenge", "charity", "charitysettlement", "donation",
    "matchoffer", "spin", "standingdonation", "surprise", "surprisegift", "wheel", "wheelday",
)  # fmt: skip


@pytest.fixture
def add(owner, make_player, make_wheel):
    """The n-th row of every list, each with rows of its own beside it."""

    def give(number, member):
        charity = make_charity(f"charity-{number}")
        appeal = make_appeal(charity, f"appeal-{number}")
        make_match(appeal)
        AppealUpdate.objects.create(appeal=appeal, day_on=NOON.date(), title="Meals")
        StandingDonation.objects.create(
            member=member, appeal=appeal, share_percent=5, started_at=NOON
        )
        donate_points(member, appeal, 5, key="k", by=owner.user, now=NOON)
        month = {"period": "2025-12", "first_on": "2025-12-01", "last_on": "2025-12-31"}
        CharitySettlement.objects.create(
            charity=charity, closed_at=NOON, closed_by=owner.user, donation_count=0, points=0,
            match_points=0, hundredths=0, carried_in=0, amount=0, carried_out=0, **month,
        )  # fmt: skip

    def surprise(number, member):
        act = BulkAct.objects.create(
            kind="gift", audience=ensure_audience(f"list-{number}", kind="list", name="Friends"),
            public_reason="Hello", asked_by=owner.user, created_at=NOON,
        )  # fmt: skip
        made = Surprise.objects.create(
            act=act, message="For you.", pick="all", budget=100, prize_kind="points",
            prize_points=5, worth=5, planned_worth=50,
        )  # fmt: skip
        SurpriseGift.objects.create(surprise=made, member=member, given_at=NOON)

    def add_one(number):
        member = make_player(f"Mei {number}", points=100)
        give(number, member)
        surprise(number, member)
        make_card(f"card-{number}")
        spin(member, make_wheel(slug=f"wheel-{number}"))
        prepare_days(now=NOON + dt.timedelta(days=number))

    return add_one


def test_lists_ask_the_same_for_one_row_and_for_three(owner, add):
    def visit(name, at_least):
        with CaptureQueriesContext(connection) as queries:
            page = owner.get(reverse(f"admin:rewards_{name}_changelist"))
        assert len(page.context["cl"].result_list) >= at_least, name
        return len(queries)

    with time_machine.travel(NOON, tick=False):
        add(0)
        for name in LISTS:
            visit(name, 1)  # content types, permissions, the club
        one = {name: visit(name, 1) for name in LISTS}
        add(1)
        add(2)
        assert {name: visit(name, 3) for name in LISTS} == one
