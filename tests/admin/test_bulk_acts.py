"""Acts for many in the back office: drafted, looked at, confirmed, watched, stopped."""

import pytest
from django.urls import reverse

from members.models import Audience
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from members.services.profiles import close_member
from rewards.models import BulkAct
from rewards.receivers import create_act_limits
from rewards.services.bulk_running import run_bulk_act
from rewards.services.grants import grant_points


@pytest.fixture(autouse=True)
def _limits(club, clock):
    create_act_limits(None)


@pytest.fixture
def friends(programme, now):
    audience = ensure_audience("friends", kind="list", name="Friends")
    members = [create_member(now=now, source="test", family_name=f"N{n}") for n in range(3)]
    move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
    audience.members = members
    return audience


def url(name, *args):
    return reverse(f"admin:rewards_bulkact_{name}", args=args)


def form(audience, **changes):
    return {
        "kind": "grant", "audience": audience.pk, "points": "50", "until_on": "", "tier": "",
        "public_reason": "The storm closed our shops.", "note": "",
    } | changes  # fmt: skip


def draft(client, audience, **changes):
    response = client.post(url("draft"), form(audience, **changes))
    act = BulkAct.objects.order_by("-pk").first()
    assert response["Location"] == url("change", act.pk)
    return act


def test_draft_shows_count_cost_and_samples_and_does_nothing(log_in, friends):
    head = log_in("manager")
    act = draft(head, friends)
    page = head.get(url("change", act.pk))
    seen = page.context["preview"]
    assert (seen.reckoning.member_count, seen.reckoning.points) == (3, 150)
    assert (seen.liability_before, seen.liability_after) == (0, 150)
    assert len(seen.samples) == 3
    assert "Do it for 3 members" in page.text
    assert act.state == "draft"


def test_confirmed_it_runs_and_is_watched(log_in, friends, now):
    head = log_in("manager")
    act = draft(head, friends)
    assert head.post(url("confirm", act.pk))["Location"] == url("change", act.pk)
    running = head.get(url("change", act.pk)).text
    assert 'hx-trigger="every 2s"' in running
    assert "<noscript>" in running
    run_bulk_act(act.pk, now=now)
    done = head.get(url("change", act.pk))
    assert "every 2s" not in done.text
    assert done.context["act"].progress_percent == 100
    assert "50 points for each of 3 members of “Friends”" in done.text
    rows = head.get(done.context["rows_url"])
    assert len(rows.context["cl"].result_list) == 3
    assert head.get(url("changelist")).status_code == 200


def test_large_act_asks_for_approval_and_says_why(log_in, friends):
    marketer = log_in("marketer")
    act = draft(marketer, friends)
    page = marketer.get(url("change", act.pk)).text
    assert "it will wait for a second person" in page
    assert "Ask for approval" in page
    marketer.post(url("confirm", act.pk))
    waiting = marketer.get(url("change", act.pk))
    assert "Waiting for a second person." in waiting.text
    act.refresh_from_db()
    head = log_in("manager")
    approval = reverse("admin:rewards_approval_change", args=[act.approval_id])
    assert approval in head.get(url("change", act.pk)).text
    assert "50 points for each of 3 members" in head.get(approval).text
    decide = reverse("admin:rewards_approval_decide", args=[act.approval_id])
    head.post(decide, {"decision": "approve"})
    act.refresh_from_db()
    assert act.state == "running"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": ""}, "How many points for each?"),
        ({"kind": "expiry"}, "Until which day?"),
        ({"kind": "tier"}, "Until which day?"),
        ({"public_reason": ""}, "This field is required."),
        ({"until_on": "2026-03-01"}, "a last day that is not over"),
    ],
)
def test_form_tells_what_is_wrong(log_in, friends, changes, words):
    assert words in log_in("manager").post(url("draft"), form(friends, **changes)).text
    assert not BulkAct.objects.exists()


def test_draft_is_changed(log_in, friends):
    head = log_in("manager")
    act = draft(head, friends)
    assert 'value="50"' in head.get(url("terms", act.pk)).text
    head.post(url("terms", act.pk), form(friends, points="70"))
    act.refresh_from_db()
    assert act.points == 70
    head.post(url("confirm", act.pk))
    assert head.get(url("terms", act.pk))["Location"] == url("change", act.pk)


def test_later_expiry_says_what_would_lapse(log_in, friends, now):
    import datetime as dt

    grant_points(
        friends.members[0], 30, expires_on=dt.date(2026, 4, 1), note="", key="a", by=None, now=now
    )  # fmt: skip
    head = log_in("manager")
    act = draft(head, friends, kind="expiry", until_on="2026-06-30", points="")
    page = head.get(url("change", act.pk)).text
    assert "April 1, 2026" in page
    assert "What the club will owe its members on June 30, 2026" in page


def test_tiers_kept_cost_no_points(log_in, friends):
    from rewards.models import Tier

    head = log_in("manager")
    silver = Tier.objects.get(slug="silver")
    act = draft(head, friends, kind="tier", until_on="2026-06-30", tier=silver.pk, points="")
    page = head.get(url("change", act.pk)).text
    assert "No points move." in page
    assert "Silver until June 30, 2026 for 3 members of “Friends”" in page


def test_nobody_gains_anything(log_in, programme):
    ensure_audience("empty", kind="list", name="Empty")
    head = log_in("manager")
    act = draft(head, Audience.objects.get(slug="empty"))
    assert (
        "Nobody in this audience would gain anything by it." in head.get(url("change", act.pk)).text
    )
    back = f"http://testserver{url('change', act.pk)}"
    response = head.post(url("confirm", act.pk), headers={"referer": back})
    assert response["Location"] == back
    act.refresh_from_db()
    assert act.state == "draft"


def test_cancelled_after_a_question(log_in, friends, now):
    head = log_in("manager")
    act = draft(head, friends)
    assert "Nothing has happened yet" in head.get(url("cancel", act.pk)).text
    head.post(url("confirm", act.pk))
    assert "0 of 3 members have it already" in head.get(url("cancel", act.pk)).text
    head.post(url("cancel", act.pk))
    act.refresh_from_db()
    assert act.state == "cancelled"
    run_bulk_act(act.pk, now=now)
    assert act.rows.filter(outcome="done").count() == 0


def test_who_was_left_out_is_named(log_in, friends, now):
    head = log_in("manager")
    act = draft(head, friends)
    head.post(url("confirm", act.pk))
    close_member(friends.members[0], by=None, now=now)
    run_bulk_act(act.pk, now=now)
    page = head.get(url("change", act.pk)).text
    assert "N0</a>: no longer a member" in page


def test_clerk_and_outsiders_start_nothing(clerk, log_in, friends):
    act = draft(log_in("manager"), friends)
    for name in ("confirm", "cancel", "terms"):
        assert clerk.post(url(name, act.pk)).status_code == 403
    assert clerk.post(url("draft"), form(friends)).status_code == 403
    assert clerk.get(url("confirm", act.pk)).status_code in (403, 405)
    act.refresh_from_db()
    assert act.state == "draft"
