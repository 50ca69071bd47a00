"""Rewards in the back office: who may do what, and that the pages go through the services."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import AuditEntry
from members.services.audiences import ensure_everyone
from rewards.enums import RewardKind
from rewards.models import Reward, RewardCategory, RewardCode, RewardGate, RewardSession, Rotation
from rewards.selectors.alerts import list_open_alerts
from rewards.services.alerts import look_for_alerts
from rewards.services.catalogue import GateTerms, add_session, create_reward, set_gates

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
NO_ROWS = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
FORM = {
    "name": "Tea cup", "slug": "", "summary": "By hand", "price_points": 200, "price_money": "5.00",
    "value_money": "", "cost_money": "3.50", "limit_count": "", "limit_period": "lifetime",
    "low_stock_count": 2, "valid_days": "", "is_cancellable": "on", "hold_minutes": 30,
    "category": "", "position": 100, "rotation": "", "rotation_position": 0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_noon(clock, programme):
    """The pages read the clock."""


@pytest.fixture
def draft(now):
    def make(kind="voucher", name="Free coffee", **terms):
        return create_reward(kind=kind, name=name, price_points=80, by=None, now=now, **terms)

    return make


def url(name, *arguments):
    return reverse(f"admin:rewards_reward_{name}", args=arguments)


def rows(prefix, *rows, initial=0):
    """A formset as the browser sends it."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def last_audit():
    return AuditEntry.objects.order_by("-pk").first()


# --- Writing down -------------------------------------------------------------------------------


def test_marketer_writes_a_draft_by_its_kind(log_in):
    client = log_in("marketer")
    kinds = client.get(url("add")).text
    assert all(f'href="?kind={kind.value}"' in kinds for kind in RewardKind)
    assert 'name="tier_days"' in client.get(url("add"), {"kind": "tier"}).text
    assert 'name="tier_days"' not in client.get(url("add"), {"kind": "goods"}).text
    response = client.post(url("add") + "?kind=goods", FORM | {"stock_left": 8})
    reward = Reward.objects.get()
    assert response.url == url("edit", reward.pk)
    assert (reward.kind, reward.slug, reward.stock_left) == ("goods", "tea-cup", 8)
    assert (reward.price_points, reward.price_amount, reward.cost_amount) == (200, 500, 350)
    assert not reward.is_published
    assert (last_audit().action, last_audit().actor) == ("reward.created", client.user)


@pytest.mark.parametrize("kind", ["spins", "nonsense"])
def test_kinds_that_the_catalogue_has_not_can_t_be_chosen(owner, kind):
    response = owner.post(url("add") + f"?kind={kind}", FORM)
    assert response.status_code == 200
    assert Reward.objects.count() == 0


def test_what_a_kind_needs_is_asked_beside_its_field(owner):
    html = owner.post(url("add") + "?kind=credit", FORM).text
    assert "Say how much store credit it gives." in html
    assert Reward.objects.count() == 0


def test_edit_changes_terms_gates_and_dates_through_the_services(owner, draft, now):
    reward = draft("experience", "Tasting", value_amount=500)
    everyone = ensure_everyone()
    start = now + DAY
    session = {
        "starts_at": "2026-03-12T18:00", "ends_at": "2026-03-12T20:00", "seat_count": 8,
        "place": "Cellar",
    }  # fmt: skip
    gate = {"audience": everyone.pk, "opens_at": "2026-03-11T09:00", "price_points": 60,
            "price_money": "0"}  # fmt: skip
    response = owner.post(
        url("edit", reward.pk),
        FORM | {"slug": "tasting"} | rows("gates", gate) | rows("sessions", session),
    )
    assert response.url == url("change", reward.pk)
    reward.refresh_from_db()
    assert (reward.name, reward.price_amount, reward.value_amount) == ("Tea cup", 500, 0)
    kept = RewardGate.objects.get()
    assert (kept.audience, kept.price_points, kept.price_amount) == (everyone, 60, 0)
    assert kept.opens_at == dt.datetime(2026, 3, 11, 16, 0, tzinfo=dt.UTC)
    date = RewardSession.objects.get()
    assert (date.seats_left, date.place) == (8, "Cellar")
    assert date.starts_at > start
    actions = list(AuditEntry.objects.values_list("action", flat=True))
    assert {"reward.changed", "reward.gates_set", "reward.session_added"} <= set(actions)
    assert "model.changed" not in actions


def test_edit_that_changes_nothing_leaves_no_trace(owner, draft, now):
    reward = draft(price_amount=500)
    gates = set_gates(
        reward, [GateTerms(ensure_everyone(), now + dt.timedelta(microseconds=5))], by=None, now=now
    )
    before = list(AuditEntry.objects.values_list("action", "changes"))
    gate = {
        "id": gates[0].pk, "reward": reward.pk, "audience": gates[0].audience_id,
        "opens_at": "2026-03-10T12:00:00",
    }  # fmt: skip
    form = FORM | {
        "name": reward.name, "slug": reward.slug, "summary": "", "price_points": 80,
        "cost_money": "", "low_stock_count": "",
    }  # fmt: skip
    response = owner.post(url("edit", reward.pk), form | rows("gates", gate, initial=1))
    assert response.status_code == 302
    assert list(AuditEntry.objects.values_list("action", "changes")) == before


def test_wrong_gates_and_dates_are_told_in_the_form(owner, draft, now):
    reward = draft("experience", "Tasting")
    session = add_session(
        reward, starts_at=now + DAY, ends_at=now + 2 * DAY, seat_count=8, by=None, now=now
    )
    RewardSession.objects.update(seats_left=2)
    gate = {"audience": ensure_everyone().pk, "opens_at": "2026-03-11T09:00"}
    date = {
        "id": session.pk, "reward": reward.pk, "starts_at": "2026-03-11T12:00",
        "ends_at": "2026-03-12T12:00", "seat_count": 5,
    }  # fmt: skip
    html = owner.post(
        url("edit", reward.pk),
        FORM
        | rows("gates", gate, gate | {"closes_at": "2026-03-11T10:00"})
        | rows("sessions", date, initial=1),
    ).text
    assert "Two gates open for Everyone at the same time." in html
    assert "6 seats are booked already." in html


def test_promises_of_a_published_reward_change_by_whoever_publishes(log_in, make_reward):
    reward = make_reward("Cup", price_points=30, summary="Old")
    form = FORM | {"summary": "New"} | rows("gates", initial=0)
    log_in("marketer").post(url("edit", reward.pk), form)
    reward.refresh_from_db()
    assert (reward.summary, reward.price_points, reward.price_amount) == ("New", 30, 0)
    assert reward.gates.count() == 1
    log_in("manager").post(url("edit", reward.pk), form)
    reward.refresh_from_db()
    assert (reward.price_points, reward.price_amount) == (200, 500)
    assert reward.gates.count() == 0


# --- Publishing, stock, dates -------------------------------------------------------------------


def test_publish_shows_what_is_missing_and_waits_for_it(owner, draft):
    reward = draft("pool", "Cinema")
    html = owner.get(url("publish", reward.pk)).text
    assert "Its pool holds no codes." in html
    assert "It has no gate" in html
    assert owner.post(url("publish", reward.pk)).status_code == 200
    reward.refresh_from_db()
    assert not reward.is_published
    RewardCode.objects.create(reward=reward, code="A", match_key="A", imported_at=reward.created_at)
    assert owner.post(url("publish", reward.pk)).url == url("change", reward.pk)
    reward.refresh_from_db()
    assert reward.is_published


def test_withdrawn_reward_leaves_the_catalogue(owner, client, make_reward):
    reward = make_reward("Cup", slug="cup")
    assert client.get("/rewards/cup/").status_code == 200
    owner.post(url("retire", reward.pk))
    assert client.get("/rewards/cup/").status_code == 404


def test_stock_changes_with_a_reason(owner, draft):
    reward = draft(stock_left=5)
    owner.post(url("restock", reward.pk), {"delta": 20, "reason": "delivery"})
    assert Reward.objects.get().stock_left == 25
    html = owner.post(url("restock", reward.pk), {"delta": -30, "reason": "lost"}).text
    assert "Only 25 are left." in html
    owner.post(url("restock", reward.pk), {"stage": "stop", "stop-reason": "printed on demand"})
    assert Reward.objects.get().stock_left is None


def test_a_date_is_called_off_with_a_reason(owner, draft, now):
    reward = draft("experience", "Tasting")
    session = add_session(
        reward, starts_at=now + DAY, ends_at=now + 2 * DAY, seat_count=8, by=None, now=now
    )
    address = url("cancel_date", reward.pk, session.pk)
    assert owner.post(address, {"reason": ""}).status_code == 200
    assert owner.post(address, {"reason": "ill"}).url == url("change", reward.pk)
    session.refresh_from_db()
    assert session.cancelled_at == now
    assert owner.get(url("cancel_date", draft().pk, session.pk)).status_code == 404


def test_page_tells_gates_dates_checks_and_numbers(owner, draft, now):
    reward = draft("experience", "Tasting", price_amount=500)
    add_session(
        reward, starts_at=now + DAY, ends_at=now + 2 * DAY, seat_count=8, place="Cellar", by=None,
        now=now,
    )  # fmt: skip
    everyone = ensure_everyone()
    set_gates(
        reward,
        [
            GateTerms(everyone, now - DAY, now),
            GateTerms(everyone, now, None, 60, 0),
            GateTerms(everyone, now + DAY),
        ],
        by=None,
        now=now,
    )
    html = owner.get(url("change", reward.pk)).text
    for text in ("80 points + $5.00", "60 points", "over", "to come", "Cellar", "Look at this:"):
        assert text in html


# --- Codes --------------------------------------------------------------------------------------


def test_codes_are_looked_at_and_then_taken_in(log_in, draft, now):
    reward = draft("pool", "Cinema")
    client = log_in("marketer")
    address = url("codes", reward.pk)
    file = SimpleUploadedFile("codes.csv", b"code\nAB-1\nab 1\nAB-2\n")
    preview = client.post(address, {"stage": "preview", "file": file, "expires_on": "2026-12-31"})
    assert RewardCode.objects.count() == 0
    assert "repeats an earlier line of the file" in preview.text
    form = {"stage": "import", "text": preview.context["text"], "expires_on": "2026-12-31"}
    report = client.post(address, form)
    assert (report.context["report"].added_count, RewardCode.objects.count()) == (2, 2)
    assert RewardCode.objects.first().expires_on == dt.date(2026, 12, 31)
    assert (last_audit().action, last_audit().actor) == ("reward.codes_imported", client.user)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "Choose a file or type the codes."),
        ({"text": "A", "expires_on": "2026-03-09"}, "That day is over"),
        ({"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}, "isn&#x27;t text in utf-16"),
    ],
)
def test_what_is_no_pool_is_told_in_the_form(owner, draft, data, text):
    html = owner.post(url("codes", draft("pool").pk), {"stage": "preview", **data}).text
    assert text in html
    assert RewardCode.objects.count() == 0


def test_codes_are_looked_up_and_never_listed(owner, draft, now):
    reward = draft("pool", "Cinema")
    RewardCode.objects.create(reward=reward, code="SECRET-1", match_key="SECRET1", imported_at=now)
    address = url("codes", reward.pk)
    assert "SECRET" not in owner.get(address).text
    assert "Ready, not handed out." in owner.get(address, {"code": "secret 1"}).text
    assert "This pool has no such code." in owner.get(address, {"code": "other"}).text
    owner.post(address, {"stage": "void", "void-reason": "partner closed"})
    assert RewardCode.objects.free().count() == 0
    assert "Void since" in owner.get(address, {"code": "secret1"}).text


def test_void_is_for_whoever_publishes_and_a_pool_for_pools(log_in, owner, draft):
    marketer = log_in("marketer")
    reward = draft("pool", "Cinema")
    response = marketer.post(url("codes", reward.pk), {"stage": "void", "void-reason": "x"})
    assert response.status_code == 403
    assert owner.get(url("codes", draft().pk)).status_code == 404


# --- Lists, rotations, alerts -------------------------------------------------------------------


def list_names(client, **query):
    found = client.get(reverse("admin:rewards_reward_changelist"), query)
    return [reward.name for reward in found.context["cl"].result_list]


def test_list_is_filtered_and_searched(owner, make_reward, draft, now):
    shelf = RewardCategory.objects.create(slug="tea", name="Tea")
    make_reward("Cup", kind="goods", category=shelf, stock_left=1, low_stock_count=2)
    make_reward("Gone", stock_left=0)
    make_reward("Old", retired_at=now)
    draft(name="Draft")
    assert list_names(owner) == ["Cup", "Gone", "Old", "Draft"]
    assert list_names(owner, state="draft") == ["Draft"]
    assert list_names(owner, state="published") == ["Cup", "Gone"]
    assert list_names(owner, state="retired") == ["Old"]
    assert list_names(owner, stock="low") == ["Cup"]
    assert list_names(owner, stock="none") == ["Gone"]
    assert list_names(owner, kind__exact="goods") == ["Cup"]
    assert list_names(owner, category__id__exact=shelf.pk) == ["Cup"]
    assert list_names(owner, q="dra") == ["Draft"]


def test_list_asks_the_same_for_one_row_and_for_three(owner, make_reward, draft):
    def count():
        with CaptureQueriesContext(connection) as queries:
            list_names(owner)
        return len(queries)

    make_reward("Cup")
    list_names(owner)
    one = count()
    draft("pool")
    draft("experience")
    assert count() == one


def test_rotation_shows_its_next_turns(owner, make_reward):
    rotation = Rotation.objects.create(name="Weekly", starts_on=dt.date(2026, 3, 9), slot_count=1)
    for name in ("First", "Second"):
        make_reward(name, rotation=rotation)
    assert "First" in owner.get(reverse("admin:rewards_rotation_changelist")).text
    page = owner.get(reverse("admin:rewards_rotation_change", args=[rotation.pk]))
    shown = [[reward.name for reward in rewards] for _turn, rewards in page.context["turns"]]
    assert shown[:3] == [["First"], ["Second"], ["First"]]
    address = reverse("admin:rewards_rotation_edit", args=[rotation.pk])
    form = {"name": "W", "starts_on": "2026-03-09", "turn_days": 0, "slot_count": 1}
    assert "One at least." in owner.post(address, form).text
    assert owner.post(address, form | {"turn_days": 3}).status_code == 302


def test_staff_are_alerted_of_what_runs_out(owner, make_reward, now):
    reward = make_reward("Cup", stock_left=2, low_stock_count=2)
    make_reward("Enough", stock_left=3, low_stock_count=2)
    assert look_for_alerts(now=now) == 1
    (alert,) = list_open_alerts(owner.user)
    assert (alert.words.title, alert.words.text) == ("Cup", "2 are left.")
    assert alert.words.url == url("change", reward.pk)
    Reward.objects.update(stock_left=0)
    look_for_alerts(now=now)
    assert {shown.words.text for shown in list_open_alerts(owner.user)} == {"Sold out."}
    Reward.objects.update(stock_left=9)
    look_for_alerts(now=now)
    assert list_open_alerts(owner.user) == []


# --- Roles --------------------------------------------------------------------------------------

ALLOWED = {
    "clerk": {"change"},
    "marketer": {"change", "edit", "restock", "codes"},
    "manager": {"change", "edit", "restock", "codes", "publish", "retire", "cancel_date"},
}


@pytest.mark.parametrize("role", list(ALLOWED))
def test_roles_open_what_is_theirs(log_in, draft, now, role):
    pool, tasting = draft("pool", "Cinema"), draft("experience", "Tasting")
    session = add_session(
        tasting, starts_at=now + DAY, ends_at=now + 2 * DAY, seat_count=8, by=None, now=now
    )
    client = log_in(role)
    opened = {
        name
        for name in ("change", "edit", "restock", "codes", "publish", "retire")
        if client.get(url(name, pool.pk)).status_code == 200
    }
    if client.get(url("cancel_date", tasting.pk, session.pk)).status_code == 200:
        opened.add("cancel_date")
    assert opened == ALLOWED[role]
    assert (client.get(url("add")).status_code == 200) == (role != "clerk")
