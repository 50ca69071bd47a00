"""Ten presses at once: each test fails when the lock that it names is taken away."""

import datetime as dt

import pytest

from members.models import Member
from members.services.enrolment import create_member
from rewards.models import Adjustment, Approval, StaffAct
from rewards.services.adjustments import adjust_points
from rewards.services.approvals import ApprovalClosed, OverApproverLimit, approve, withdraw
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ken(programme, now):
    return create_member(now=now, source="test", family_name="Mori")


def press(member, by, now, points=100, key="", reason="goodwill"):
    return adjust_points(member, points, reason=reason, key=key, by=by, now=now)


def count(results, kind):
    return sum(isinstance(result, kind) for result in results)


def test_ten_steps_at_once_are_no_way_round(staff, ken, now):  # noqa: F811
    """Locks: the login of who acts, or the member's record."""
    clerk = staff("clerk")
    results = together(*(lambda n=n: press(ken, clerk, now, key=f"k{n}") for n in range(10)))
    assert sorted(result.state for result in results) == ["posted"] * 5 + ["waiting"] * 5
    assert balances(ken) == {"available": 500}
    assert_ledger_true()


def test_ten_friends_at_once_are_no_way_round(staff, ken, now):  # noqa: F811
    """Lock: the login of who acts."""
    clerk = staff("clerk")
    friends = [create_member(now=now, source="test", family_name=f"F{n}") for n in range(10)]
    results = together(
        *(lambda f=f, n=n: press(f, clerk, now, 500, key=f"k{n}") for n, f in enumerate(friends))
    )
    assert sorted(result.state for result in results) == ["posted"] * 4 + ["waiting"] * 6


def test_ten_clerks_at_once_give_one_member_no_more(staff, ken, now):  # noqa: F811
    """Lock: the member's record."""
    clerks = [staff("clerk", number) for number in range(10)]
    results = together(
        *(lambda c=c, n=n: press(ken, c, now, key=f"k{n}") for n, c in enumerate(clerks))
    )
    assert sorted(result.state for result in results) == ["posted"] * 5 + ["waiting"] * 5
    assert balances(ken) == {"available": 500}


def test_one_key_pressed_eight_times_adjusts_once(staff, ken, now):  # noqa: F811
    """Locks as above; constraint: the adjustment's key."""
    clerk = staff("clerk")
    results = together(*(lambda: press(ken, clerk, now, key="same") for _ in range(8)))
    assert {result.pk for result in results} == {Adjustment.objects.get().pk}
    assert balances(ken) == {"available": 100}


def test_many_approvers_and_who_withdraws_decide_once(staff, ken, now):  # noqa: F811
    """Lock: the approval's row."""
    clerk = staff("clerk")
    heads = [staff("manager", number) for number in range(4)]
    approval = press(ken, clerk, now, 900, key="k").approval
    results = together(
        *(lambda head=head: approve(approval, by=head, now=now) for head in heads),
        lambda: withdraw(approval, by=clerk, now=now),
    )
    assert count(results, ApprovalClosed) == 4
    assert count(results, Approval) == 1
    assert balances(Member.objects.get(pk=ken.pk)) in ({"available": 900}, {})
    assert_ledger_true()


def test_approver_has_one_day_however_many_windows(staff, ken, now):  # noqa: F811
    """Lock: the login of who approves. A day of 12,000 takes two acts of 6,000."""
    clerk, head = staff("clerk"), staff("manager")
    friends = [create_member(now=now, source="test", family_name=f"F{n}") for n in range(5)]
    waiting = [
        press(friend, clerk, now, 6_000, key=f"k{n}").approval for n, friend in enumerate(friends)
    ]
    results = together(*(lambda a=a: approve(a, by=head, now=now) for a in waiting))
    assert count(results, OverApproverLimit) == 3
    assert StaffAct.objects.filter(approved_by=head).count() == 2


def test_deductions_at_once_never_take_more_than_there_is(staff, ken, now):  # noqa: F811
    heads = [staff("manager", number) for number in range(4)]
    press(ken, heads[0], now, 250, key="first")
    results = together(
        *(
            lambda h=h, n=n: press(ken, h, now, -100, key=f"k{n}", reason="correction")
            for n, h in enumerate(heads)
        )
    )
    assert count(results, Adjustment) == 2
    assert balances(ken) == {"available": 50}
    assert_ledger_true()


def test_deadline_of_a_day_is_to_the_second(staff, ken, now):  # noqa: F811
    clerk = staff("clerk")
    press(ken, clerk, now, 500, key="a")
    late = now + dt.timedelta(hours=24)
    second = dt.timedelta(seconds=1)
    assert press(ken, clerk, late - second, 1, key="b").state == "waiting"
    assert press(ken, clerk, late, 1, key="c").state == "posted"
