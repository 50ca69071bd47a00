"""Automations that are live, and members on their way through them."""

import datetime as dt

import pytest

from campaigns.models import Journey, JourneyStep, Message
from campaigns.services.automations.drafting import (
    AutomationTerms,
    MailingTerms,
    add_step,
    enable_automation,
    make_automation,
    publish_automation,
)
from campaigns.services.automations.running import run_due_journeys
from campaigns.services.editions import save_content
from members import registry
from members.models import Member
from members.services.activities import ActivityRow, record_batch
from members.services.enrolment import create_member
from members.services.work import process_due_work
from tests.rewards.conftest import programme
from tests.rewards.desk import staff

__all__ = ["automate", "person", "programme", "staff"]

MESSAGE = {"kind": "message"}
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def wait(**terms):
    return {"kind": "wait", "terms": terms}


def only_in(slug):
    return {"kind": "if", "terms": {"rules": {"all": [{"audience": slug, "is_in": True}]}}}


def points(count):
    return {"kind": "grant", "terms": {"prize": "points", "points": count}}


@pytest.fixture
def automate(club, now):
    """``automate("activity", {"kind": "signup"}, MESSAGE, wait(days=1), MESSAGE)``, switched on."""

    def go(trigger, terms, *steps, at=None, **more):
        at = at or now
        automation = make_automation(
            AutomationTerms(**{"name": "Test", "reentry": "every"} | more),
            trigger=trigger, trigger_terms=terms, by=None, now=at,
        )  # fmt: skip
        for number, step in enumerate(steps, 1):
            put(automation, step, f"Letter {number}", at)
        publish_automation(automation, by=None, now=at)
        return enable_automation(automation, by=None, now=at)

    return go


def put(automation, step, name, now):
    mailing = MailingTerms(name=name) if step["kind"] == "message" else None
    made = add_step(
        automation, kind=step["kind"], terms=step.get("terms"), mailing=mailing, by=None, now=now
    )
    if made.mailing is not None:
        words = {"subject": name, "body": "Hello."}
        save_content(made.mailing, channel="email", words=words, by=None, now=now)
    return made


@pytest.fixture
def person(club, now):
    def make(**fields):
        number = Member.objects.count()
        values = {"email": f"way{number}@example.com", "given_name": f"Way{number}"} | fields
        return create_member(now=values.pop("now", now), source="test", **values)

    return make


def does(member, kind, at, *, now=None, **more):
    """They did something; what follows is done."""
    rows = [
        ActivityRow(each.pk, kind, at, **more)
        for each in ([member] if isinstance(member, Member) else member)
    ]
    record_batch(kind, rows, payload=rows, now=now or at)
    return follow(now or at)


def follow(now):
    assert "automations" in registry.consumers
    done = process_due_work(now=now)
    run_due_journeys(now=now)
    return done


def told(member):
    """Names of the mailings that a member has rows of, in order."""
    rows = Message.objects.filter(member=member).order_by("due_at", "pk")
    return list(rows.values_list("mailing__name", flat=True))


def outcomes(member):
    rows = JourneyStep.objects.filter(journey__member=member).order_by("pk")
    return [(row.outcome, row.reason) for row in rows]


def states():
    return sorted(Journey.objects.values_list("state", "reason"))
