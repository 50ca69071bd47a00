"""In a real Chromium, by keyboard alone: points asked for by a clerk, approved by a manager; an act
for many from its draft to its progress. And every page of it at two widths, by day and by night.
"""

import re

import pytest
from django.urls import reverse

from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from members.services.logins import create_login
from members.services.roles import sync_roles
from rewards.models import Account, Adjustment, BulkAct
from rewards.receivers import create_act_limits
from rewards.services.adjustments import adjust_points
from rewards.services.bulk import draft_bulk
from rewards.services.bulk_running import run_bulk_act
from tests.rewards.conftest import make_rule, programme, rules  # noqa: F401 (fixtures)
from tests.site.conftest import PASSWORD
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    WIDTHS,
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ken(rules, now):  # noqa: F811
    """A member, a list with three of them, and staff who can log in."""
    create_act_limits(None)
    sync_roles(by=None, now=now)
    for role in ("clerk", "manager"):
        create_login(
            email=f"{role}@example.com", password=PASSWORD, display_name=role, is_staff=True,
            roles=(role,), by=None, now=now,
        )  # fmt: skip
    friends = ensure_audience("friends", kind="list", name="Friends")
    members = [
        create_member(now=now, source="test", family_name=name, given_name="Ken")
        for name in ("Mori", "Sato", "Ito")
    ]
    move_members(None, [AudienceMove(friends.pk, each.pk) for each in members], now=now)
    return members[0]


def enter(page, role, path):
    page.goto(f"/accounts/login/?next={path}")
    page.get_by_label("E-mail address or phone number").fill(f"{role}@example.com")
    page.get_by_label("Password, if you have set one").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(re.compile(rf"^[^?]*{re.escape(path)}$"))  # the log-in's address ends so too


def tab_to(page, name):
    """Tab until the focus is on what is called so."""
    page.wait_for_load_state()
    for _step in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement;"
            " const l = e.labels?.[0]?.textContent ?? e.getAttribute('aria-label')"
            "   ?? e.textContent;"
            " return l.replace('*', '').replace(/\\s+/g, ' ').trim(); })()"
        )
        if found == name or found.endswith(f" {name}"):
            return
    raise AssertionError(f"no way to “{name}” by keyboard")


def url(name, *args):
    return reverse(f"admin:rewards_{name}", args=args)


def test_points_are_asked_for_and_approved_by_keyboard(visit, ken):  # noqa: F811
    page = visit(1280, "light")
    enter(page, "clerk", reverse("admin:members_member_change", args=[ken.pk]))
    tab_to(page, "Give or take points")
    page.keyboard.press("Enter")
    page.wait_for_url("**/asking/")
    tab_to(page, "Points")
    page.keyboard.type("600")
    tab_to(page, "Reason")
    page.keyboard.type("an apology")
    tab_to(page, "Note for staff")
    page.keyboard.type("The cake was late.")
    tab_to(page, "Preview")
    page.keyboard.press("Enter")
    page.get_by_text("it will wait for a second person").wait_for()
    tab_to(page, "Ask for approval")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/members/member/{ken.pk}/change/")
    page.get_by_text("It waits for a second person").wait_for()
    assert Adjustment.objects.get().state == "waiting"
    assert page.complaints == []

    page = visit(1440, "light")
    enter(page, "manager", url("approval_changelist"))
    tab_to(page, "+600 points for Ken Mori")
    page.keyboard.press("Enter")
    page.wait_for_url("**/approval/*/change/")
    page.get_by_text("The cake was late.").wait_for()
    tab_to(page, "Note for who asked")
    page.keyboard.type("Fine")
    tab_to(page, "Approve 600 points")
    page.keyboard.press("Enter")
    page.get_by_text("Approved and done.").wait_for()
    assert Account.objects.get(member=ken, kind="available").balance == 600
    assert page.complaints == []


def test_act_for_many_by_keyboard_shows_its_progress(visit, ken, now):  # noqa: F811
    page = visit(1280, "light")
    enter(page, "manager", url("bulkact_draft"))
    tab_to(page, "For")
    page.keyboard.type("Friends")
    tab_to(page, "Points for each")
    page.keyboard.type("25")
    tab_to(page, "Public reason")
    page.keyboard.type("The storm closed our shops.")
    tab_to(page, "Preview")
    page.keyboard.press("Enter")
    page.get_by_text("25 points for each of 3 members of “Friends”").wait_for()
    tab_to(page, "Do it for 3 members")
    page.keyboard.press("Enter")
    page.get_by_text("It runs now.").wait_for()
    run_bulk_act(BulkAct.objects.get().pk, now=now)
    page.get_by_text("Done", exact=True).wait_for(timeout=10_000)
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_the_browser_has_no_complaint(width, scheme, visit, ken, now):  # noqa: F811
    from members.models import Audience, User

    clerk, head = (User.objects.get(email=f"{role}@example.com") for role in ("clerk", "manager"))
    waiting = adjust_points(ken, 600, reason="apology", key="a", by=clerk, now=now)
    act = draft_bulk(
        "grant", Audience.objects.get(slug="friends"), public_reason="Sorry", points=5, by=head,
        now=now,
    )  # fmt: skip
    page = visit(width, scheme)
    enter(page, "manager", url("approval_changelist"))
    for path in (
        url("approval_change", waiting.approval_id),
        url("adjustment_changelist"),
        url("adjustment_change", waiting.pk),
        url("adjustment_ask", ken.pk),
        url("standing_decide", ken.pk),
        url("bulkact_changelist"),
        url("bulkact_draft"),
        url("bulkact_change", act.pk),
        url("bulkact_cancel", act.pk),
        url("actlimit_changelist"),
        url("alert_changelist"),
        reverse("admin:members_audience_change", args=[act.audience_id]),
        reverse("admin:members_member_change", args=[ken.pk]),
        reverse("admin:members_member_changelist") + "?status=active",
    ):
        page.goto(path)
        assert page.complaints == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_filter_is_saved_and_used_by_keyboard(visit, ken):  # noqa: F811
    page = visit(1280, "light")
    enter(page, "manager", reverse("admin:members_member_changelist"))
    page.goto(reverse("admin:members_member_changelist") + "?status=active")
    tab_to(page, "Save this filter")
    page.keyboard.press("Enter")
    tab_to(page, "Name")
    page.keyboard.type("Active ones")
    page.keyboard.press("Enter")
    page.get_by_text("The filter is saved.").wait_for()
    page.goto(reverse("admin:members_member_changelist"))
    tab_to(page, "Active ones")
    page.keyboard.press("Enter")
    page.wait_for_url("**?status=active")
    tab_to(page, "Remove the filter Active ones")
    page.keyboard.press("Enter")
    page.get_by_text("The filter is removed.").wait_for()
    assert page.complaints == []
