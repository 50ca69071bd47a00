"""Surprise gifts in the back office: a live look, a draft, the press, and what became of it."""

import pytest
from django.urls import reverse

from members.models import User
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from rewards.models import BulkAct, Reward, Surprise, SurpriseGift
from rewards.receivers import create_act_limits
from rewards.services.bulk_running import run_bulk_act
from rewards.services.surprises import open_gift


@pytest.fixture(autouse=True)
def _limits(club, clock):
    create_act_limits(None)


@pytest.fixture
def friends(programme, now):
    """Two members with a login and one without."""
    audience = ensure_audience("friends", kind="list", name="Friends")
    members = [create_member(now=now, source="test", family_name=f"N{n}") for n in range(3)]
    for member in members[:2]:
        member.user = User.objects.create(email=f"{member.pk}@example.com")
        member.save(update_fields=["user"])
    move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
    audience.members = members
    return audience


@pytest.fixture
def mug(programme, now):
    return Reward.objects.create(
        slug="mug", name="Mug", kind="voucher", price_points=30, cost_amount=300, stock_left=5,
        published_at=now,
    )  # fmt: skip


def url(name, *args):
    return reverse(f"admin:rewards_surprise_{name}", args=args)


def form(audience, **changes):
    return {
        "prize_kind": "points", "prize_points": "50", "audience": audience.pk, "pick": "all",
        "budget": "500", "title": "Cake weather", "message": "Sit down for a while.",
        "title_ja": "ケーキ日和", "message_ja": "どうぞひと休み。", "note": "",
    } | changes  # fmt: skip


def draft(client, audience, **changes):
    response = client.post(url("draft"), form(audience, **changes))
    surprise = Surprise.objects.for_list().order_by("-pk").first()
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == url("change", surprise.pk)
    return surprise


def test_live_preview_counts_and_saves_nothing(log_in, friends, mug):
    head = log_in("manager")
    seen = head.post(url("preview"), form(friends)).context
    preview = seen["preview"]
    assert (preview.meant_count, preview.unclaimed_count, seen["planned"]) == (2, 1, "100 points")
    assert (preview.liability_before, preview.liability_after) == (0, 100)
    terms = {"prize_kind": "reward", "prize_reward": mug.pk, "pick": "random", "draw_count": "1"}
    page = head.post(url("preview"), form(friends, **terms))
    assert page.context["preview"].meant_count == 1
    assert "$3.00 for each, of a budget of $500.00. 5 in stock." in page.text
    assert "Say for whom it is" in head.post(url("preview"), {"audience": ""}).text
    assert head.get(url("preview")).status_code == 405
    assert not BulkAct.objects.exists()


def test_live_preview_says_what_stands_against_it(log_in, friends, mug):
    head = log_in("manager")
    mug.stock_left = 1
    mug.save(update_fields=["stock_left"])
    terms = {"prize_kind": "reward", "prize_reward": mug.pk, "budget": "5"}
    page = head.post(url("preview"), form(friends, **terms))
    assert "There are fewer of this reward in stock than presents." in page.text
    assert "This would cost more than its budget." in page.text
    assert not page.context["preview"].can_go


def test_from_draft_to_results(log_in, friends, mug, now):
    head = log_in("manager")
    terms = {"prize_kind": "reward", "prize_reward": mug.pk, "prize_days": "30", "budget": "10"}
    surprise = draft(head, friends, **terms)
    page = head.get(url("change", surprise.pk))
    assert "Mug for each of 2 members of “Friends”" in page.text
    assert "ケーキ日和" in page.text
    assert "Give it to 2 members" in page.text
    edited = head.get(url("terms", surprise.pk)).context["form"].initial
    assert (edited["budget"], edited["title_ja"], edited["title"]) == (
        10, "ケーキ日和", "Cake weather",
    )  # fmt: skip
    changed = head.post(url("terms", surprise.pk), form(friends, **terms, note="For the wet week"))
    assert changed["Location"] == url("change", surprise.pk)
    head.post(url("confirm", surprise.pk))
    running = head.get(url("change", surprise.pk)).text
    assert 'hx-trigger="every 2s"' in running
    run_bulk_act(surprise.pk, now=now)
    gift = SurpriseGift.objects.first()
    open_gift(gift, by=None, now=now)
    done = head.get(url("change", surprise.pk))
    results = done.context["results"]
    assert (results.given_count, results.opened_count, results.used_count) == (2, 1, 0)
    assert done.context["cost"] == "$6.00"
    rows = head.get(done.context["gifts_url"])
    assert len(rows.context["cl"].result_list) == 2
    assert "Cake weather" in head.get(url("changelist")).text
    found = head.get(reverse("admin:rewards_surprisegift_changelist"), {"q": "N0"})
    assert len(found.context["cl"].result_list) == 1
    assert head.get(url("terms", surprise.pk))["Location"] == url("change", surprise.pk)


def test_lot_is_told(log_in, friends, now):
    head = log_in("manager")
    surprise = draft(head, friends, pick="random", draw_count="1")
    head.post(url("confirm", surprise.pk))
    surprise.refresh_from_db()
    page = head.get(url("change", surprise.pk)).text
    assert "1 of 2" in page
    assert surprise.draw_seed in page


def test_marketer_drafts_and_asks(log_in, friends):
    marketer = log_in("marketer")
    surprise = draft(marketer, friends)
    assert "Ask for approval" in marketer.get(url("change", surprise.pk)).text
    marketer.post(url("confirm", surprise.pk))
    surprise.act.refresh_from_db()
    assert surprise.act.state == "waiting"
    assert "Waiting for a second person." in marketer.get(url("change", surprise.pk)).text
    boss = log_in("owner")
    waiting = boss.get(reverse("admin:rewards_approval_change", args=[surprise.act.approval_id]))
    assert "50 points for each of 2 members of “Friends”" in waiting.text


def test_cancelled_with_a_page_before(log_in, friends):
    head = log_in("manager")
    surprise = draft(head, friends)
    assert "“Friends”" in head.get(url("cancel", surprise.pk)).text
    head.post(url("cancel", surprise.pk))
    surprise.act.refresh_from_db()
    assert surprise.act.state == "cancelled"


def test_acts_for_many_lead_to_the_page_of_the_surprise(log_in, friends):
    head = log_in("manager")
    surprise = draft(head, friends)
    for page in ("change", "terms", "cancel"):
        address = reverse(f"admin:rewards_bulkact_{page}", args=[surprise.pk])
        assert head.get(address)["Location"] == url("change", surprise.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prize_points": ""}, "prize_points"),
        ({"prize_kind": "credit"}, "prize_amount"),
        ({"prize_kind": "reward"}, "prize_reward"),
        ({"prize_kind": "spins", "prize_spin_count": "2"}, "prize_wheel"),
        ({"pick": "random"}, "draw_count"),
        ({"message": ""}, "message"),
        ({"budget": "-1"}, "budget"),
    ],
)
def test_form_says_what_is_missing(log_in, friends, changes, field):
    page = log_in("manager").post(url("draft"), form(friends, **changes))
    assert field in page.context["form"].errors
    assert not BulkAct.objects.exists()


def test_refusal_of_the_service_stands_on_the_form(log_in, friends, mug):
    mug.cost_amount = 0
    mug.save(update_fields=["cost_amount"])
    terms = {"prize_kind": "reward", "prize_reward": mug.pk}
    head = log_in("manager")
    page = head.post(url("draft"), form(friends, **terms))
    assert "enter that first" in page.text
    seen = head.post(url("preview"), form(friends, **terms)).context
    assert seen["surprise"].worth == 0
