"""Points by hand, a second person, tiers by decision, limits and alerts, as staff use them."""

import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.services.enrolment import create_member
from members.services.logins import create_login
from members.services.profiles import attach_login
from rewards.models import (
    Account,
    ActLimit,
    Adjustment,
    Alert,
    Approval,
    EarningRule,
    Standing,
    Tier,
    TierChange,
)
from rewards.receivers import create_act_limits
from rewards.services.adjustments import adjust_points
from rewards.services.alerts import look_for_alerts
from rewards.services.tier_decisions import keep_tier

JUNE = "2026-06-30"


@pytest.fixture(autouse=True)
def _limits(club, clock):
    create_act_limits(None)


@pytest.fixture
def ken(programme, now):
    return create_member(now=now, source="test", family_name="Mori", given_name="Ken")


@pytest.fixture
def second(roles, now):
    return create_login(
        email="second@example.com", display_name="second", is_staff=True, roles=("manager",),
        by=None, now=now,
    )  # fmt: skip


def url(name, *args):
    return reverse(f"admin:rewards_{name}", args=args)


def form(**changes):
    return {
        "way": "give", "points": "200", "reason": "goodwill", "note": "", "expires_on": "",
        "key": "press", "stage": "preview",
    } | changes  # fmt: skip


def available(member):
    return Account.objects.filter(member=member, kind="available").first().balance


# --- Points by hand ------------------------------------------------------------------------------


def test_preview_tells_balance_and_liability_and_changes_nothing(clerk, ken):
    response = clerk.post(url("adjustment_ask", ken.pk), form())
    context = response.context
    assert (context["available_after"], context["owed_after"]) == (200, 0)
    assert (context["liability_before"], context["liability_after"]) == (0, 200)
    assert "Confirm +200 points" in response.text
    assert not Adjustment.objects.exists()


def test_confirmed_it_is_done_once_however_often_it_is_pressed(clerk, ken):
    for _press in range(2):
        response = clerk.post(url("adjustment_ask", ken.pk), form(stage="publish"))
    assert response["Location"] == reverse("admin:members_member_change", args=[ken.pk])
    assert available(ken) == 200
    assert Adjustment.objects.get().asked_by == clerk.user


def test_above_the_limits_the_page_says_so_before_it_is_asked(clerk, ken):
    response = clerk.post(url("adjustment_ask", ken.pk), form(points="501"))
    assert "it will wait for a second person" in response.text
    assert "One act may be 500 points" in response.text
    assert "Ask for approval" in response.text
    clerk.post(url("adjustment_ask", ken.pk), form(points="501", stage="publish"))
    assert Adjustment.objects.get().state == "waiting"


def test_taking_more_than_there_is_is_refused_in_words(clerk, ken, now):
    adjust_points(ken, 100, reason="prize", key="a", by=clerk.user, now=now)
    take = form(way="take", points="150", reason="misuse")
    preview = clerk.post(url("adjustment_ask", ken.pk), take)
    assert "Only 100 points are available" in preview.text
    assert "Confirm" not in preview.text
    refused = clerk.post(url("adjustment_ask", ken.pk), {**take, "stage": "publish"})
    assert "This needs 150 points and 100 are available." in refused.text
    owed = clerk.post(url("adjustment_ask", ken.pk), {**take, "owes_missing": "on"})
    assert (owed.context["available_after"], owed.context["owed_after"]) == (0, 50)
    clerk.post(url("adjustment_ask", ken.pk), {**take, "owes_missing": "on", "stage": "publish"})
    assert available(ken) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": "0"}, "greater than or equal to 1"),
        ({"reason": ""}, "This field is required."),
        ({"reason": "other"}, "“Another reason” needs a note."),
    ],
)
def test_form_tells_what_is_wrong(clerk, ken, changes, words):
    assert words in clerk.post(url("adjustment_ask", ken.pk), form(**changes)).text
    assert not Adjustment.objects.exists()


def test_own_membership_has_no_form_and_is_refused_on_record(clerk, ken, now):
    attach_login(ken, clerk.user, by=None, now=now)
    assert "This is your own membership" in clerk.get(url("adjustment_ask", ken.pk)).text
    response = clerk.post(url("adjustment_ask", ken.pk), form(stage="publish"))
    assert "This is your own membership" in response.text
    assert not Adjustment.objects.exists()
    assert AuditEntry.objects.filter(action="act.refused").count() == 1
    page = clerk.get(reverse("admin:members_member_change", args=[ken.pk])).text
    assert "somebody else acts on it" in page
    assert "Give or take points" not in page


def test_page_of_a_member_leads_there_and_shows_what_was_done(clerk, ken, now):
    adjust_points(ken, 100, reason="prize", key="a", by=clerk.user, now=now)
    page = clerk.get(reverse("admin:members_member_change", args=[ken.pk])).text
    assert url("adjustment_ask", ken.pk) in page
    assert "+100" in page
    assert url("standing_decide", ken.pk) not in page


def test_page_of_an_adjustment_tells_its_story(clerk, log_in, ken, now):
    adjustment = adjust_points(
        ken, 600, reason="apology", note="Rain", key="a", by=clerk.user, now=now
    )
    waiting = clerk.get(url("adjustment_change", adjustment.pk))
    assert (waiting.context["can_withdraw"], waiting.context["can_decide"]) == (True, False)
    assert "Rain" in waiting.text
    head = log_in("manager")
    assert head.get(url("adjustment_change", adjustment.pk)).context["can_decide"]
    head.post(url("approval_decide", adjustment.approval_id), {"decision": "approve"})
    done = clerk.get(url("adjustment_change", adjustment.pk))
    assert "The club gave you 600 points." in done.text
    assert not done.context["can_withdraw"]


def test_withdrawn_from_its_page(clerk, ken, now):
    adjustment = adjust_points(ken, 600, reason="apology", key="a", by=clerk.user, now=now)
    clerk.post(url("adjustment_withdraw", adjustment.pk))
    adjustment.refresh_from_db()
    assert adjustment.state == "withdrawn"


# --- A second person -----------------------------------------------------------------------------


@pytest.fixture
def waiting(clerk, ken, now):
    return adjust_points(
        ken, 600, reason="apology", note="Rain", key="a", by=clerk.user, now=now
    ).approval


def decide(client, approval, decision, **data):
    return client.post(url("approval_decide", approval.pk), {"decision": decision, **data})


def test_list_shows_what_waits_and_the_menu_counts_it(log_in, waiting, ken):
    head = log_in("manager")
    page = head.get(url("approval_changelist"))
    assert "+600 points for Ken Mori" in page.text
    menu = page.context["sidebar_navigation"]
    badges = [item.get("badge") for group in menu for item in group["items"] if "badge" in item]
    assert badges == ["1"]
    decide(head, waiting, "approve", note="Fine")
    assert "Ken Mori" not in head.get(url("approval_changelist")).text
    assert "Ken Mori" in head.get(url("approval_changelist"), {"state": "all"}).text
    assert available(ken) == 600


def test_page_tells_who_why_and_the_cost(log_in, waiting):
    page = log_in("manager").get(url("approval_change", waiting.pk))
    for words in ("clerk", "An apology", "Rain", "600 points", "Approve 600 points"):
        assert words in page.text
    assert (page.context["liability_before"], page.context["liability_after"]) == (0, 600)


def test_refused_with_a_note_for_who_asked(log_in, clerk, waiting):
    decide(log_in("manager"), waiting, "refuse", note="Ask again in May")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.note) == ("refused", "Ask again in May")
    adjustment = Adjustment.objects.get()
    assert "Ask again in May" in clerk.get(url("adjustment_change", adjustment.pk)).text


def test_who_asked_sees_no_approval_button_and_is_refused(log_in, ken, now):
    head = log_in("manager")
    approval = adjust_points(ken, 6_000, reason="prize", key="a", by=head.user, now=now).approval
    page = head.get(url("approval_change", approval.pk)).text
    assert "a second person must decide" in page
    assert "Approve" not in page.split("</header>")[-1]
    response = decide(head, approval, "approve")
    assert response.status_code == 403
    assert "You asked for this yourself" in response.text
    assert AuditEntry.objects.get(action="approval.denied").changes["refused"] == "own_request"
    assert decide(head, approval, "withdraw").status_code == 302


def test_above_the_approvers_limit_the_page_says_so(log_in, ken, now, clerk):
    approval = adjust_points(ken, 20_000, reason="prize", key="a", by=clerk.user, now=now).approval
    head = log_in("manager")
    page = head.get(url("approval_change", approval.pk)).text
    assert "This is more than you may approve." in page
    assert 'value="approve"' not in page
    assert decide(head, approval, "approve").status_code == 403
    assert decide(log_in("owner"), approval, "approve").status_code == 302


def test_decided_twice_says_so(log_in, waiting):
    head = log_in("manager")
    decide(head, waiting, "approve")
    response = decide(head, waiting, "refuse")
    assert (response.status_code, "decided already" in response.text) == (409, True)


def test_nonsense_decides_nothing(log_in, waiting, clerk):
    head = log_in("manager")
    assert decide(head, waiting, "").status_code == 403
    assert head.get(url("approval_decide", waiting.pk)).status_code == 405
    assert decide(clerk, waiting, "approve").status_code == 403
    assert Approval.objects.get().state == "waiting"


def test_list_asks_the_same_for_one_and_for_three(log_in, clerk, programme, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    head = log_in("manager")

    def visit(name):
        with CaptureQueriesContext(connection) as queries:
            assert head.get(url(name)).status_code == 200
        return len(queries)

    names = ("approval_changelist", "adjustment_changelist", "alert_changelist")
    counts = []
    for number in range(3):
        member = create_member(now=now, source="test", family_name=f"N{number}")
        adjust_points(member, 600, reason="prize", key=f"a{number}", by=clerk.user, now=now)
        rule = EarningRule.objects.create(code=f"r{number}", name=f"R{number}")
        Alert.objects.create(
            check_code="rule_budget", subject_id=rule.pk, threshold=80, opened_at=now,
            facts={"used": 8, "whole": 10},
        )  # fmt: skip
        if number != 1:
            [visit(name) for name in names]  # content types, permissions, the club
            counts.append([visit(name) for name in names])
    assert counts[0] == counts[1]


# --- Tiers by decision ---------------------------------------------------------------------------


def test_tier_is_given_after_a_preview(log_in, ken, programme):
    head, gold = log_in("manager"), Tier.objects.get(slug="gold")
    terms = {"tier": gold.pk, "until": JUNE, "note": "Founder"}
    preview = head.post(url("standing_decide", ken.pk), {**terms, "stage": "preview"})
    assert "rises from Green to Gold" in preview.text
    assert not TierChange.objects.exists()
    response = head.post(url("standing_decide", ken.pk), {**terms, "stage": "publish"})
    assert response["Location"] == reverse("admin:members_member_change", args=[ken.pk])
    change = TierChange.objects.get()
    assert (change.to_tier, change.reason, change.decided_by) == (gold, "decision", head.user)
    page = head.get(response["Location"]).text
    assert "Gold is promised until June 30, 2026." in page


def test_second_decision_of_the_day_waits_for_a_second_person(log_in, ken, second, programme):
    head, silver = log_in("manager"), Tier.objects.get(slug="silver")
    terms = {"tier": silver.pk, "until": JUNE, "note": "x", "stage": "publish"}
    head.post(url("standing_decide", ken.pk), terms)
    later = {**terms, "until": "2026-07-31"}
    preview = head.post(url("standing_decide", ken.pk), {**later, "stage": "preview"})
    assert "it will wait for a second person" in preview.text
    assert "Ask for approval" in preview.text
    head.post(url("standing_decide", ken.pk), later)
    assert Standing.objects.get().kept_tiers == [[silver.pk, JUNE]]
    approval = Approval.objects.get()
    assert (
        "Silver for Ken Mori until July 31, 2026"
        in head.get(url("approval_change", approval.pk)).text
    )
    again = head.post(url("standing_decide", ken.pk), later)
    assert "asked for already" in again.text
    head.force_login(second, backend="django.contrib.auth.backends.ModelBackend")
    decide(head, approval, "approve")
    assert Standing.objects.get().kept_tiers[0] == [silver.pk, "2026-07-31"]


def test_a_promise_above_the_limits_is_taken_back_by_two(log_in, ken, programme, now):
    head, gold = log_in("manager"), Tier.objects.get(slug="gold")
    terms = {"tier": gold.pk, "until": JUNE, "note": "x", "stage": "publish"}
    head.post(url("standing_decide", ken.pk), terms)
    assert "it will wait for a second person" in head.get(url("standing_end", ken.pk)).text
    head.post(url("standing_end", ken.pk), {"note": "Mistake"})
    assert Approval.objects.get().terms == {"tier": None, "note": "Mistake"}
    again = head.post(url("standing_end", ken.pk), {"note": "Mistake"})
    assert "asked for already" in again.text


# --- Store credit by hand ------------------------------------------------------------------------


def credit_form(**changes):
    return {
        "amount": "5.00", "reason": "goodwill", "note": "", "key": "press", "stage": "preview",
    } | changes  # fmt: skip


def test_credit_is_previewed_and_given_once(clerk, ken):
    address = url("adjustment_credit", ken.pk)
    assert "Store credit for Ken Mori" in clerk.get(address).text
    preview = clerk.post(address, credit_form())
    assert (preview.context["credit"], preview.context["credit_after"]) == (0, 500)
    assert not Adjustment.objects.exists()
    for _press in range(2):
        response = clerk.post(address, credit_form(stage="publish"))
    made = Adjustment.objects.get()
    assert (made.credit_amount, made.state, made.asked_by) == (500, "posted", clerk.user)
    assert "+$5.00" in clerk.get(response["Location"]).text
    assert "$5.00 store credit" in clerk.get(url("adjustment_change", made.pk)).text
    assert "+$5.00" in clerk.get(url("adjustment_changelist")).text


def test_credit_above_the_limits_waits(clerk, ken):
    address = url("adjustment_credit", ken.pk)
    preview = clerk.post(address, credit_form(amount="10.01"))
    assert "One act may be $10.00" in preview.text
    clerk.post(address, credit_form(amount="10.01", stage="publish"))
    made = Adjustment.objects.get()
    assert made.state == "waiting"
    assert "One act may be $10.00" in clerk.get(url("adjustment_change", made.pk)).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "Name an amount above zero."),
        ({"amount": "1.005"}, "decimal place"),
        ({"reason": ""}, "required"),
        ({"reason": "other"}, "needs a note"),
    ],
)
def test_credit_that_means_nothing_is_said_in_place(clerk, ken, changes, words):
    page = clerk.post(url("adjustment_credit", ken.pk), credit_form(**changes))
    assert words in page.text


def test_promise_is_taken_back_after_a_question(log_in, ken, programme, now):
    head = log_in("manager")
    keep_tier(ken, Tier.objects.get(slug="gold"), until=dt.date(2026, 6, 30), by=None, now=now)
    assert "Gold until June 30, 2026" in head.get(url("standing_end", ken.pk)).text
    head.post(url("standing_end", ken.pk), {"note": "Mistake"})
    assert AuditEntry.objects.get(action="tier.released").note.text == "Mistake"
    assert Standing.objects.get().review_on == dt.date(2026, 3, 11)


# --- Limits --------------------------------------------------------------------------------------


def test_owner_changes_a_limit_and_the_trail_keeps_both(owner, log_in):
    limit = ActLimit.objects.get(kind="adjustment", role="clerk")
    data = {
        "per_act": "750", "per_actor_day": "2000", "per_member_day": "", "per_pair_day": "500",
        "approve_act": "0", "approve_day": "0",
    }  # fmt: skip
    assert owner.post(url("actlimit_change", limit.pk), data).status_code == 302
    limit.refresh_from_db()
    assert (limit.per_act, limit.per_member_day) == (750, None)
    entry = AuditEntry.objects.get(action="limit.changed")
    assert entry.changes["per_act"] == [500, 750]
    assert entry.changes["per_member_day"] == [500, None]
    assert log_in("manager").post(url("actlimit_change", limit.pk), data).status_code == 403
    assert "750 points" in owner.get(url("actlimit_changelist")).text


def test_limit_below_zero_is_refused(owner):
    limit = ActLimit.objects.get(kind="adjustment", role="clerk")
    page = owner.post(url("actlimit_change", limit.pk), {"per_act": "-5"})
    assert page.status_code == 200
    limit.refresh_from_db()
    assert limit.per_act == 500


# --- Alerts --------------------------------------------------------------------------------------


def test_first_page_shows_what_runs_low_until_it_is_noted(log_in, clerk, make_rule, now):
    rule = make_rule("party", budget_points=100).rule
    rule.used_points = 100
    rule.save(update_fields=["used_points"])
    look_for_alerts(now=now)
    head = log_in("manager")
    first = head.get(reverse("admin:index"))
    assert [shown.words.title for shown in first.context["alerts"]] == ["party"]
    assert "Running low" in first.text
    assert clerk.get(reverse("admin:index")).context["alerts"] == []
    alerts = list(Alert.objects.order_by("threshold"))
    assert "earns nothing" in head.get(url("alert_change", alerts[-1].pk)).text
    for alert in alerts:
        assert head.post(url("alert_note", alert.pk)).status_code == 302
    assert head.get(reverse("admin:index")).context["alerts"] == []
    assert Alert.objects.filter(noted_by=head.user).count() == 3
    assert head.get(url("alert_note", alerts[0].pk)).status_code == 405
