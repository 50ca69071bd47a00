"""The first page of the back office: what waits, the key figures, who sees which."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from loyalty_site.admin_charts import HEIGHT, WIDTH, build_bars, build_line
from loyalty_site.admin_colours import get_primary
from loyalty_site.admin_work import QUEUES
from members.selectors.club import forget_club
from members.services.theming import update_theme
from purchases.models import ImportJob
from rewards.models import Alert, Approval, PointsRate
from rewards.services.closing import close_days
from rewards.services.figures import count_figures
from tests.admin.conftest import ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INDEX = "/admin/"
# One asks what a new club still needs; eleven how old the first row of a queue is, for who looks
# after workers.
QUERIES = 23


@pytest.fixture
def history(counter, rules, now):
    """A hundred days of a small club, closed and counted."""
    for back in (100, 70, 40, 20, 9, 2):
        for name in ("mei", "ken"):
            counter.buy(name, "20", on=(now - dt.timedelta(days=back)).date())
    close_days(now=now)
    count_figures(now=now)


@pytest.fixture
def wait(shop, now):
    """``wait(hours=30)``: one of what staff wait for, of three kinds."""

    def make(number=1, hours=1, by=None):
        then = now - dt.timedelta(hours=hours)
        Approval.objects.create(
            kind="adjustment", payload_id=number, amount=10, asked_by=by, asked_at=then
        )
        Alert.objects.create(
            check_code="rule_budget", subject_id=number, threshold=80, opened_at=then,
            facts={"used": 80, "whole": 100},
        )  # fmt: skip
        ImportJob.objects.create(
            source=shop.source, file_name=f"{number}.csv", state="done", refused_count=3,
            created_at=then, finished_at=then,
        )  # fmt: skip

    return make


def list_work(client):
    return [(row.count, row.is_urgent, row.icon) for row in client.get(INDEX).context["work"]]


def test_nothing_waits_is_a_calm_state(clerk):
    page = clerk.get(INDEX)
    assert page.context["work"] == []
    assert "Nothing waits for you." in page.text
    assert "no-notices" in page.text


def test_what_waits_stands_most_urgent_first(owner, wait):
    wait(1, hours=1, by=owner.user)
    assert [row[1:] for row in list_work(owner)] == [
        (False, "approval"), (False, "upload_file"), (False, "notification_important"),
    ]  # fmt: skip
    Alert.objects.all().delete()
    ImportJob.objects.update(created_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))  # too long ago
    wait(2, hours=30, by=owner.user)
    Approval.objects.filter(payload_id=1).delete()
    assert list_work(owner)[0] == (1, True, "approval")
    assert "Urgent" in owner.get(INDEX).text


def test_every_row_leads_to_a_page_that_opens(owner, wait):
    wait(by=owner.user)
    for row in owner.get(INDEX).context["work"]:
        assert owner.get(row.url).status_code == 200
    for queue in QUEUES:
        assert owner.get(f"{reverse(f'admin:{queue.page}')}?{queue.query}").status_code == 200


def test_late_queue_is_told_to_who_looks_after_workers(owner, log_in, late_work):
    assert list_work(owner)[0] == (1, True, "pending_actions")
    assert list_work(log_in("marketer")) == []


def test_late_queues_are_named_in_words(owner, late_work):
    from loyalty_site.admin_work import _LATE_NAMES, _name_late
    from members import registry

    (row,) = [row for row in owner.get(INDEX).context["work"] if row.icon == "pending_actions"]
    assert row.note.endswith("· test")  # nobody has words for it
    assert _name_late("messages.on_site") == "Messages to members: On these pages"
    assert {queue.code for queue in registry.waiting_queues} - {"test"} == set(_LATE_NAMES)


@pytest.fixture
def late_work(shop, rules, now):
    from members import registry

    registry.register_waiting_queue(
        "test", lambda now: {"": dt.timedelta(hours=2)}, late_after=dt.timedelta(minutes=1)
    )
    yield
    registry.waiting_queues.remove("test")


def test_menu_shows_the_same_numbers_as_the_page(owner, wait):
    wait(1, by=owner.user)
    wait(2, by=owner.user)
    page = owner.get(INDEX)
    badges = {
        item["model"]: item["badge"]
        for group in page.context["sidebar_navigation"]
        for item in group["items"]
        if "badge" in item
    }
    assert badges == {"rewards.Approval": "2", "rewards.Alert": "2", "purchases.ImportJob": "2"}
    totals = [group["badge"] for group in page.context["sidebar_navigation"] if "badge" in group]
    assert totals == ["2", "4"]


SEES = {
    "clerk": (False, set()),
    "marketer": (True, {"approval", "notification_important"}),
    "manager": (True, {"approval", "notification_important", "upload_file"}),
    "owner": (True, {"approval", "notification_important", "upload_file"}),
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_it_may(role, log_in, history, wait):
    client = log_in(role)
    wait(by=client.user)
    page = client.get(INDEX)
    sees_figures, icons = SEES[role]
    assert {row.icon for row in page.context["work"]} == icons
    assert bool(page.context["figures"].cards) is sees_figures
    assert ("Liability" in page.text) is sees_figures
    assert all(client.get(url).status_code in (200, 302) for _, url in page.context["beginnings"])
    for card in page.context["figures"].cards:
        assert not card.url or client.get(card.url).status_code == 200


def test_figures_with_their_change_and_course(owner, history, now):
    PointsRate.objects.create(starts_at=now - dt.timedelta(days=1))
    page = owner.get(INDEX)
    cards = {str(card.title): card for card in page.context["figures"].cards}
    shown = {
        title: (card.value, card.change, card.direction, card.is_good)
        for title, card in cards.items()
    }
    assert shown == {
        "Active members": ("2", "0%", "same", None),
        "Repurchase rate": ("100.0%", "", "", None),
        "Points issued": ("120", "+200%", "up", None),
        "Points spent": ("0", "", "same", None),
        "Liability": ("240", "+100%", "up", None),
        "Work waiting": ("0", "", "", None),
    }
    assert "worth $2.40" in cards["Liability"].note
    assert cards["Work waiting"].chart is None
    assert cards["Points issued"].chart.bars[-1].is_last
    assert len(page.context["figures"].rows) == 12
    assert '<svg class="staff-spark"' in page.text
    begin, end = page.text.index("staff-part"), page.text.index("staff-weeks")
    assert " style=" not in page.text[begin:end]


@pytest.mark.parametrize("many", [1, 4])
def test_index_takes_the_same_queries_for_few_and_many(
    many, owner, history, wait, assert_statements
):
    for number in range(many):
        wait(number, by=owner.user)
    owner.get(INDEX)
    with assert_statements(QUERIES):
        owner.get(INDEX)


def test_numbers_and_days_follow_the_language(owner, history):
    with translation.override("ja"):
        page = owner.get(INDEX, headers={"accept-language": "ja"})
    assert "2026年3月9日" in page.text


def test_accent_of_the_owner_is_worn_by_the_back_office(owner, now):
    update_theme({"accent": "#1e5945"}, by=None, now=now)
    forget_club()
    assert "--color-primary-600: rgb(30, 89, 69)" in owner.get(INDEX).text
    shades = get_primary(None)
    assert sorted(shades, key=int) == [
        "50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950",
    ]  # fmt: skip


def test_line_stays_within_its_picture():
    chart = build_line([None, 3, 9, None, 6])
    assert chart.line == "M62 51L120 5L236 28"
    assert (chart.end_x, chart.end_y) == (236, 28)
    assert build_line([5, 5]).end_y == 28
    assert build_line([None, 1]) is None


def test_bars_stand_on_the_ground():
    chart = build_bars([0, 5, 10, -2])
    assert [round(bar.y + bar.height, 1) for bar in chart.bars] == [HEIGHT] * 4
    assert chart.bars[2].height == max(bar.height for bar in chart.bars)
    assert chart.bars[-1].x + chart.bars[-1].width == WIDTH
    assert build_bars([None, None]) is None
