"""What runs low is told once, and closes by itself when it recovers."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.roles import MANAGER
from rewards.models import Alert, EarningRule
from rewards.registry import AlertCheck, AlertWords, Shortage, alert_checks, register_alert_check
from rewards.selectors.alerts import describe_alerts, list_open_alerts
from rewards.services.alerts import look_for_alerts, note_alert
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def budget(make_rule):
    """A rule with a budget of 1,000; ``budget(850)`` says how much is used."""
    version = make_rule("party", budget_points=1_000)

    def use(points):
        EarningRule.objects.filter(pk=version.rule_id).update(used_points=points)
        return version.rule

    use.version = version
    return use


def thresholds(**lookup):
    return sorted(Alert.objects.open().filter(**lookup).values_list("threshold", flat=True))


def test_each_threshold_is_told_once(budget, now):
    budget(799)
    assert look_for_alerts(now=now) == 0
    budget(800)
    assert look_for_alerts(now=now) == 1
    assert look_for_alerts(now=now + HOUR) == 0
    budget(960)
    assert look_for_alerts(now=now + HOUR) == 1
    budget(1_000)
    look_for_alerts(now=now + HOUR)
    assert thresholds() == [80, 95, 100]
    assert Alert.objects.get(threshold=80).opened_at == now


def test_alert_closes_by_itself_and_comes_again(budget, now):
    budget(1_000)
    look_for_alerts(now=now)
    budget(850)
    look_for_alerts(now=now + HOUR)
    assert thresholds() == [80]
    assert Alert.objects.get(threshold=100).closed_at == now + HOUR
    budget(1_000)
    assert look_for_alerts(now=now + 2 * HOUR) == 2
    assert Alert.objects.count() == 5


def test_ended_rule_is_no_alert(budget, now, make_rule):
    budget(1_000)
    look_for_alerts(now=now)
    budget.version.ends_at = now + HOUR
    budget.version.save(update_fields=["ends_at"])
    look_for_alerts(now=now + HOUR)
    assert thresholds() == []


def test_most_urgent_is_shown_in_words(budget, staff, now):  # noqa: F811
    budget(1_000)
    look_for_alerts(now=now)
    (shown,) = list_open_alerts(staff("manager"))
    assert shown.words.title == "party"
    assert shown.words.text == "The budget of 1,000 points is given out: the rule earns nothing."
    assert str(shown.label) == "budget of an earning rule"
    assert list_open_alerts(staff("clerk")) == []


def test_noted_alert_leaves_the_first_page(budget, staff, now):  # noqa: F811
    budget(850)
    look_for_alerts(now=now)
    alert = Alert.objects.get()
    note_alert(alert, by=staff("manager"), now=now)
    note_alert(alert, by=staff("manager", 2), now=now)
    alert.refresh_from_db()
    assert (alert.noted_by, alert.noted_at) == (staff("manager"), now)
    assert list_open_alerts(staff("manager")) == []
    assert AuditEntry.objects.filter(action="alert.noted").count() == 1
    budget(960)
    look_for_alerts(now=now)
    assert len(list_open_alerts(staff("manager"))) == 1


@pytest.fixture
def cups(now):
    """A check of another room: cups on a shelf."""
    shelf = []
    check = AlertCheck(
        "cups", "cups", lambda now: shelf,
        lambda alerts: {alert.pk: AlertWords(f"Shelf {alert.subject_id}", "") for alert in alerts},
        "rewards.view_alert",
    )  # fmt: skip
    register_alert_check(check)
    yield shelf
    alert_checks.remove("cups")


def test_other_rooms_add_checks(cups, budget, staff, now, django_assert_num_queries):  # noqa: F811
    cups.extend(Shortage(number, 90) for number in range(30))
    budget(850)
    assert look_for_alerts(now=now) == 31
    head = type(staff(MANAGER)).objects.get(pk=staff(MANAGER).pk)
    head.has_perm("rewards.view_alert")  # its permissions are read once
    with django_assert_num_queries(2):
        shown = list_open_alerts(head, limit=40)
    assert len(shown) == 31
    cups.clear()
    look_for_alerts(now=now)
    assert thresholds(check_code="cups") == []


def test_alert_of_a_check_that_is_gone_has_a_dash(now):
    alert = Alert.objects.create(check_code="gone", subject_id=1, threshold=80, opened_at=now)
    assert describe_alerts([alert])[0].words.title == "–"
