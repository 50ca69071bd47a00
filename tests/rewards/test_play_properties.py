"""Whatever members win, collect, give, return and undo, in whatever order: the books stay right."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.purchases.shops import make_shop
from tests.rewards.conftest import assert_ledger_true
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.rewards.play import PlayClub

WHO, SOME, YES = st.integers(0, 10), st.integers(0, 23), st.booleans()
AMOUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=3)
# By ground: what may happen, and with which numbers (see ``PlayClub``).
TILL = {
    "buy": (WHO, st.integers(1, 4), st.integers(0, 8), st.integers(0, 4)),
    "give_back": (SOME, st.integers(1, 4)),
    "amend": (SOME, AMOUNTS, st.integers(0, 5)),
    "refund": (SOME, st.integers(1, 30)),
}
STAMPS = {
    "count": (SOME,),
    "stamp": (WHO, SOME, st.integers(-4, 4), st.integers(0, 12)),
    "publish_card": (SOME, st.integers(2, 5)),
}
WHEEL = {
    "spin": (WHO, st.integers(0, 1), st.integers(0, 6), YES),
    "spin_again": (),
    "publish_wheel": (st.integers(0, 1),),
}
PRIZES = {
    "take": (SOME,),
    "redeem": (WHO, SOME, YES),
    "finish": (SOME, st.integers(0, 3)),
    "surprise": (SOME,),
    "finish_surprise": (SOME,),
    "grant": (WHO, st.integers(1, 60), st.integers(0, 4)),
}
GIVING = {
    "donate": (WHO, SOME, st.integers(1, 80)),
    "round_off": (WHO, SOME),
    "pass_on": (SOME,),
    "share": (WHO, SOME, st.sampled_from([0, 1, 10, 50, 100])),
    "undo": (SOME,),
    "settle": (),
}
RECORDS = {
    "merge": (WHO, WHO),
    "unmerge": (SOME,),
}
TIME = {
    "wait": (st.sampled_from([0, 0, 0, 1, 1, 2, 6, 16]), st.integers(1, 30)),
    "sweep": (SOME,),
}


def any_of(acts):
    return st.one_of(*(st.tuples(st.just(name), *numbers) for name, numbers in acts.items()))


class Play(RuleBasedStateMachine):
    """Members of one club at a till, at two wheels, with stamp cards and charities."""

    club: PlayClub

    def __init__(self):
        super().__init__()
        self.before = dict(vars(self.club))
        self.club.begin()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        vars(self.club).update(self.before)

    @rule(act=any_of(TILL))
    def sell(self, act):
        self.club.do(*act)

    @rule(act=any_of(STAMPS))
    def stamp(self, act):
        self.club.do(*act)

    @rule(act=any_of(WHEEL))
    def turn(self, act):
        self.club.do(*act)

    @rule(act=any_of(PRIZES))
    def present(self, act):
        self.club.do(*act)

    @rule(act=any_of(GIVING))
    def give(self, act):
        self.club.do(*act)

    @rule(act=any_of(RECORDS))
    def keep_records(self, act):
        self.club.do(*act)

    @rule(act=any_of(TIME))
    def pass_time(self, act):
        self.club.do(*act)

    @invariant()
    def the_books_are_true(self):
        assert_ledger_true()

    @invariant()
    def nothing_is_lost_from_the_shelves(self):
        assert self.club.count_stock() == self.club.stock


@pytest.fixture
def play_club(shop, counter, rules, make_reward, staff, now):  # noqa: F811
    return PlayClub((counter, shop), make_shop("shopify", now).connection, make_reward,
                    staff("owner"))  # fmt: skip


# The same lives each time; take ``derandomize`` out and raise both numbers to look for new ones.
SETTINGS = settings(
    max_examples=6, stateful_step_count=25, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.django_db
def test_whatever_is_played_and_given_keeps_the_ledger_true(play_club, monkeypatch):
    monkeypatch.setattr(Play, "club", play_club, raising=False)
    run_state_machine_as_test(Play, settings=SETTINGS)
