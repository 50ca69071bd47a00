"""Each named constraint of automations, from both sides."""

import pytest
from django.db import connection

from campaigns.models import Automation, AutomationVersion, Journey, JourneyStep, Mailing, Step
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def automation(club, now):
    return Automation.objects.create(slug="a", name="A", created_at=now)


@pytest.fixture
def version(automation):
    return AutomationVersion.objects.create(automation=automation, trigger="activity")


@pytest.fixture
def way(automation, version, person, now):
    """``way(**changes)`` makes a way of one member."""
    mei = person()

    def make(**changes):
        row = {
            "automation": automation, "version": version, "member": mei, "occurrence": "1",
            "due_at": now, "entered_at": now,
        }  # fmt: skip
        return Journey.objects.create(**row | changes)

    return make


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("automation_reentry_is_known", {"reentry": "every"}, {"reentry": "often"}),
        ("automation_reentry_has_days", {"reentry": "after", "reentry_days": 1},
         {"reentry": "after"}),
        ("automation_freshness_is_positive", {"freshness_hours": 1}, {"freshness_hours": 0}),
        ("automation_enabled_has_its_time", {"is_enabled": False}, {"is_enabled": True}),
    ],
)  # fmt: skip
def test_an_automation(club, now, constraint, good, bad):
    def make(**changes):
        return Automation.objects.create(**{"slug": "a", "name": "A", "created_at": now} | changes)

    guards(constraint, make, good, bad)


def test_a_version(automation, now):
    def make(**changes):
        row = {"automation": automation, "trigger": "activity", "number": 1}
        return AutomationVersion.objects.create(**row | changes)

    live = {"state": "live", "published_at": now}
    retired = {"state": "retired", "published_at": now}
    guards("automation_version_state_is_known", make, live, {"state": "gone", "published_at": now})
    guards("automation_version_trigger_is_known", make, {}, {"trigger": "moon"})
    guards("automation_version_published_has_its_time", make, live, {"state": "live"})
    guards("automation_version_once_per_number", make, {"number": 9, **live}, live, beside={})
    guards("automation_version_one_draft", make, {"number": 2, **live}, {"number": 2})
    make(number=3, **live)
    guards("automation_version_one_live", make, {"number": 4, **retired}, {"number": 4, **live})


def test_a_step(version, now):
    mailing = Mailing.objects.create(
        kind="step", name="M", purpose="news", channels=["email"], created_at=now
    )

    def make(**changes):
        row = {"version": version, "position": 1, "key": "a", "kind": "wait"}
        made = Step.objects.create(**row | changes)
        with connection.cursor() as cursor:  # as at the end of the transaction
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return made

    message = {"kind": "message", "mailing": mailing}
    guards("step_kind_is_known", make, {}, {"kind": "sing"})
    guards("step_message_has_mailing", make, message, {"kind": "message"})
    guards("step_message_has_mailing", make, {}, {"mailing": mailing})
    guards("step_once_per_key", make, {"position": 2, "key": "b"}, {"position": 2}, beside={})
    guards("step_once_per_place", make, {"position": 2, "key": "b"}, {"key": "b"})


def test_a_way(way, now):
    ended = {"due_at": None, "ended_at": now}
    guards("journey_state_is_known", way, {}, {"state": "lost", **ended})
    guards("journey_is_due_or_ended", way, {"state": "done", **ended}, {"state": "done"})
    guards("journey_is_due_or_ended", way, {}, {"due_at": None})
    left = {"state": "left", "reason": "condition", **ended}
    guards("journey_left_has_a_reason", way, left, {"state": "left", **ended})
    guards("journey_has_occurrence", way, {}, {"occurrence": ""})
    guards("journey_once_per_occurrence", way, {"occurrence": "2"}, {}, beside={})


def test_a_step_of_a_way(way, version, now):
    step = Step.objects.create(version=version, position=1, key="a", kind="wait")
    journey = way()

    def make(**changes):
        row = {
            "journey": journey, "step": step, "key": "a", "outcome": "passed", "happened_at": now,
        }  # fmt: skip
        return JourneyStep.objects.create(**row | changes)

    waited = {"outcome": "waited", "until_at": now}
    guards("journey_step_outcome_is_known", make, {}, {"outcome": "sung"})
    guards("journey_step_wait_has_its_end", make, waited, {"outcome": "waited"})
    guards("journey_step_wait_has_its_end", make, {}, {"until_at": now})
    guards(
        "journey_step_stop_has_a_reason", make, {"outcome": "left", "reason": "condition"},
        {"outcome": "left"},
    )  # fmt: skip
    guards("journey_step_once", make, {"key": "b"}, {}, beside={})
