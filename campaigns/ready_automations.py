"""The automations that a new club finds ready, switched off: what they begin with and what they
do. Their letters lie beside, in every language of the product (ready_automations.json).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import MailingPurpose, Reentry, StepKind, TriggerKind

SERVICE, NEWS = MailingPurpose.SERVICE, MailingPurpose.NEWS
OFFERS, BIRTHDAY = MailingPurpose.OFFERS, MailingPurpose.BIRTHDAY
SURVEYS = MailingPurpose.SURVEYS
_FILE = Path(__file__).with_name("ready_automations.json")


@dataclass(frozen=True, slots=True)
class ReadyStep:
    """``letter`` names its words; ``label`` is what staff read."""

    kind: str
    terms: Mapping[str, Any]
    letter: str = ""
    label: Any = ""
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class ReadyAutomation:
    code: str
    name: Any
    note: Any
    trigger: str
    terms: Mapping[str, Any]
    steps: Sequence[ReadyStep]
    reentry: str = Reentry.EVERY
    reentry_days: int | None = None
    budget_count: int | None = None
    freshness_hours: int = 48


def _wait(**terms: int) -> ReadyStep:
    return ReadyStep(StepKind.WAIT, terms)


def _only(*rules: Mapping[str, Any]) -> ReadyStep:
    return ReadyStep(StepKind.CONDITION, {"rules": {"all": list(rules)}})


def _letter(name: str, label: Any, purpose: str = SERVICE) -> ReadyStep:
    return ReadyStep(StepKind.MESSAGE, {}, name, label, purpose)


def _give(**terms: Any) -> ReadyStep:
    return ReadyStep(StepKind.GRANT, terms)


_MORNING = _wait(hour=10)
_LOOKED = {
    "behaviour": "members.did", "measure": "count", "filters": {"kind": ["view"]},
    "window": {"first": 1}, "op": "gt", "value": 10,
}  # fmt: skip
_JUST_JOINED = {"attribute": "members.joined", "op": "past", "value": 1}

READY: tuple[ReadyAutomation, ...] = (
    ReadyAutomation(
        "welcome",
        _("Welcome"),
        _("The card at once, and three days later what points are good for."),
        TriggerKind.ACTIVITY,
        {"kind": "signup"},
        (
            _letter("welcome-1", _("Welcome to the club")),
            _wait(days=3, hour=10),
            _letter("welcome-2", _("What points are good for"), NEWS),
        ),
        reentry=Reentry.NEVER,
    ),
    ReadyAutomation(
        "after-purchase",
        _("After a purchase"),
        _("Two days later: whether all is well, and whom to ask."),
        TriggerKind.ACTIVITY,
        {"kind": "purchase"},
        (_wait(days=2, hour=10), _letter("after-purchase-1", _("Are you enjoying it?"), NEWS)),
        reentry=Reentry.AFTER,
        reentry_days=90,
    ),
    ReadyAutomation(
        "birthday",
        _("Birthday, with a gift"),
        _("Points and good wishes at nine in the morning where they live."),
        TriggerKind.BIRTHDAY,
        {"hour": 9},
        (
            _give(prize="points", points=100, days=60),
            _letter("birthday-1", _("Happy birthday"), BIRTHDAY),
        ),
        reentry=Reentry.AFTER,
        reentry_days=300,
        budget_count=1000,
    ),
    ReadyAutomation(
        "anniversary",
        _("Anniversary of membership, with a gift"),
        _("Points and thanks each year on the day they joined."),
        TriggerKind.ANNIVERSARY,
        {"hour": 9},
        (
            _give(prize="points", points=50, days=60),
            _letter("anniversary-1", _("Another year"), NEWS),
        ),
        reentry=Reentry.AFTER,
        reentry_days=300,
        budget_count=1000,
    ),
    ReadyAutomation(
        "points-expiring",
        pgettext_lazy("automation", "Points expire"),
        _("A month before, and in the last week to those who still have them."),
        TriggerKind.EXPIRING,
        {"days": 30, "at_least": 100},
        (
            _MORNING,
            _letter("expiring-1", _("Points expire soon")),
            _wait(from_day=-7, hour=10),
            _only({"attribute": "points_expiring", "days": 8, "op": "gte", "value": 1}),
            _letter("expiring-2", _("Last week for points")),
        ),
        reentry=Reentry.AFTER,
        reentry_days=30,
    ),
    ReadyAutomation(
        "tier-in-reach",
        _("Next tier in reach"),
        _("A hundred status credits or less are missing: say so."),
        TriggerKind.IN_REACH,
        {"missing": 100},
        (_MORNING, _letter("in-reach-1", _("The next tier is within reach"), NEWS)),
        reentry=Reentry.AFTER,
        reentry_days=90,
    ),
    ReadyAutomation(
        "tier-warning",
        _("Tier in danger"),
        _("What is missing to keep the tier."),
        TriggerKind.NOTICE,
        {"code": "tier_warning"},
        (_MORNING, _letter("tier-warning-1", _("Keep your tier"))),
    ),
    ReadyAutomation(
        "tier-up",
        _("A new tier"),
        _("Congratulations, and what is open to them now."),
        TriggerKind.NOTICE,
        {"code": "tier_up"},
        (_MORNING, _letter("tier-up-1", _("Welcome to the new tier"))),
    ),
    ReadyAutomation(
        "win-back",
        _("Win back"),
        _("After sixty days without a purchase; two weeks later with points, if nothing came."),
        TriggerKind.LAPSED,
        {"days": 60},
        (
            _MORNING,
            _letter("win-back-1", _("We haven't seen you for a while"), OFFERS),
            _wait(days=14, hour=10),
            _only({"attribute": "purchases.days_since_last", "op": "gte", "value": 60}),
            _give(prize="points", points=50, days=30),
            _letter("win-back-2", _("Points for the next visit"), OFFERS),
        ),
        reentry=Reentry.AFTER,
        reentry_days=180,
        budget_count=500,
    ),
    ReadyAutomation(
        "redemption-receipt",
        _("Confirmation of a redemption"),
        _("What it was, what it took, and its voucher."),
        TriggerKind.ACTIVITY,
        {"kind": "redemption"},
        (_letter("redemption-1", _("Your redemption")),),
    ),
    ReadyAutomation(
        "donation-receipt",
        _("Confirmation of a donation"),
        _("Thanks, and where they see what becomes of it."),
        TriggerKind.ACTIVITY,
        {"kind": "donation"},
        (_letter("donation-1", _("Thank you for giving")),),
    ),
    ReadyAutomation(
        "ten-views",
        _("Looked at much on the first day"),
        _("More than ten detail views within a day of joining: what they looked at most, on us."),
        TriggerKind.ACTIVITY,
        {"kind": "view", "only": {"all": [_LOOKED, _JUST_JOINED]}},
        (
            _give(prize="reward", viewed=True, most_points=500, days=14),
            _letter("ten-views-1", _("What you looked at"), OFFERS),
        ),
        reentry=Reentry.NEVER,
        budget_count=200,
        freshness_hours=1,
    ),
    ReadyAutomation(
        "ask-for-review",
        _("Ask for reviews"),
        _("Ten days later everybody alike is asked what they think of it, good or bad."),
        TriggerKind.ACTIVITY,
        {"kind": "purchase"},
        (_wait(days=10, hour=10), _letter("ask-for-review", _("Say what you think"), SURVEYS)),
        reentry=Reentry.AFTER,
        reentry_days=60,
    ),
    ReadyAutomation(
        "survey-invitation",
        _("Invitation to a survey"),
        _("Whom a survey's trigger invites is asked; one press in the e-mail is an answer."),
        TriggerKind.ACTIVITY,
        {"kind": "survey_invited"},
        (_letter("survey-invitation", _("How was it?"), SURVEYS),),
    ),
    ReadyAutomation(
        "survey-reminder",
        _("Reminder of a survey"),
        _("Once, to who has not answered, where the survey reminds."),
        TriggerKind.ACTIVITY,
        {"kind": "survey_reminder"},
        (_letter("survey-reminder", _("Still open"), SURVEYS),),
    ),
    ReadyAutomation(
        "follow-up-reply",
        _("Answer to a member"),
        _("What staff answer to a low score or a message, in their own words, at once."),
        TriggerKind.ACTIVITY,
        {"kind": "followup_replied"},
        (_letter("follow-up-reply", _("Our answer")),),
    ),
)


def read_letters() -> dict[str, dict[str, dict[str, str]]]:
    """Words by letter and language."""
    return json.loads(_FILE.read_text())
