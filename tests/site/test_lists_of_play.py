"""Members' pages of giving and of wheels ask the same for one row and for three."""

import psycopg
import pytest
import time_machine
from django.test import Client

from rewards.models import AppealUpdate, StandingDonation
from rewards.services.giving import donate_points
from tests.rewards.conftest import programme  # noqa: F401  (fixture)
from tests.rewards.givings import make_appeal, make_charity, make_match
from tests.rewards.wheels import NOON, make_player, make_wheel, spin

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
PAGES = (
    "/giving/", "/giving/ledger/", "/giving/mine/", "/giving/mine/2026/", "/giving/appeal-0/",
    "/wheel/wheel-0/mine/", "/wheel/wheel-0/fairness/",
)  # fmt: skip


@pytest.fixture
def member(make_player):
    return make_player(points=500)


@pytest.fixture
def add(member, make_player, make_wheel):
    """The n-th charity with its appeal, donation and share, wheel and spin; others' beside it."""

    def add_one(number):
        appeal = make_appeal(make_charity(f"charity-{number}"), f"appeal-{number}")
        make_match(appeal)
        StandingDonation.objects.create(
            member=member, appeal=appeal, share_percent=5, started_at=NOON
        )
        donate_points(member, appeal, 5, key=f"a{number}", by=None, now=NOON)
        wheel = make_wheel(slug=f"wheel-{number}", daily_spin_count=9)
        first = wheel if number == 0 else type(wheel).objects.get(slug="wheel-0")
        spin(member, first)
        seen = appeal if number == 0 else type(appeal).objects.get(slug="appeal-0")
        AppealUpdate.objects.create(appeal=seen, day_on=NOON.date(), title=f"Meals {number}")
        friend = make_player(f"Ken {number}", points=50)
        donate_points(friend, seen, 5, key="k", is_named=True, by=None, now=NOON)

    return add_one


def test_pages_ask_the_same_for_one_row_and_for_three(add, member, monkeypatch):
    asked = []
    execute = psycopg.Cursor.execute

    def record(cursor, query, *arguments, **options):
        asked.append(query)
        return execute(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", record)
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")

    def visit(page):
        asked.clear()
        assert client.get(page).status_code == 200, page
        return len(asked)

    with time_machine.travel(NOON, tick=False):
        for slug in ("plum", "pear"):  # an appeal's page shows two others
            make_appeal(make_charity(slug), slug)
        add(0)
        for page in PAGES:
            visit(page)
        one = {page: visit(page) for page in PAGES}
        add(1)
        add(2)
        assert {page: visit(page) for page in PAGES} == one
