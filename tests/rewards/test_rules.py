"""The programme in plain words: each way of expiring and of counting has its sentence."""

import pytest

from purchases.models import Channel
from rewards.enums import ExpiryMode, TierWindow
from rewards.models import ProgrammeVersion
from rewards.selectors.programme import kept
from rewards.selectors.rules import get_rules

pytestmark = pytest.mark.django_db


def read(now, **terms):
    ProgrammeVersion.objects.update(**terms)
    kept.forget()
    return get_rules(now=now)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"expiry_mode": ExpiryMode.MONTHS, "expiry_months": 1}, "for 1 month from the day"),
        ({"expiry_mode": ExpiryMode.MONTHS, "expiry_months": 18}, "for 18 months from the day"),
        ({"expiry_mode": ExpiryMode.INACTIVITY, "expiry_months": 6}, "after 6 months without"),
        ({"expiry_mode": ExpiryMode.NEVER}, "Points don't expire."),
        (
            {"expiry_mode": ExpiryMode.CALENDAR_YEAR, "expiry_extra_years": 0},
            "until the end of the year in which they became usable.",
        ),
        (
            {"expiry_mode": ExpiryMode.CALENDAR_YEAR, "expiry_extra_years": 1},
            "the year in which they became usable, and 1 year more.",
        ),
        (
            {"expiry_mode": ExpiryMode.CALENDAR_YEAR, "expiry_extra_years": 2},
            "and 2 years more.",
        ),
        (
            {"expiry_mode": ExpiryMode.FISCAL_YEAR, "fiscal_start_month": 4,
             "expiry_extra_years": 1},
            "begins in April, and 1 year more.",
        ),
        (
            {"expiry_mode": ExpiryMode.FISCAL_YEAR, "fiscal_start_month": 4,
             "expiry_extra_years": 0},
            "until the end of the club's year, which begins in April.",
        ),
    ],
)  # fmt: skip
def test_expiry_is_said_in_words(rules, now, terms, words):
    assert words in read(now, **terms).expiry


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"tier_window": TierWindow.LIFETIME}, "All credits count"),
        ({"tier_window": TierWindow.CALENDAR_YEAR}, "The credits of a calendar year count."),
        ({"tier_window": TierWindow.FISCAL_YEAR, "fiscal_start_month": 4}, "begins in April"),
        ({"tier_window": TierWindow.ROLLING, "tier_months": 6}, "of the last 6 months count"),
        ({"tier_window": TierWindow.JOINING, "tier_months": 12}, "from the day you joined"),
        ({"tier_window": TierWindow.UPGRADE, "tier_months": 12}, "your tier changed"),
    ],
)
def test_period_of_tiers_is_said_in_words(rules, now, terms, words):
    sentences = read(now, **terms).tier_sentences
    assert any(words in each for each in sentences)
    falls = any("falls by one step" in each for each in sentences)
    assert falls == (terms["tier_window"] != TierWindow.LIFETIME)


def test_channels_with_one_period_share_a_sentence(rules, now):
    Channel.objects.all().delete()
    for code, days in (("counter", 0), ("web", 14), ("app", 14)):
        Channel.objects.create(
            code=code, name=code.title(), return_window_days=days, returns_accepted_days=30
        )
    found = read(now)
    assert found.waiting == [
        "Usable at once: Counter.",
        "Usable after 14 days, when a return is no longer due: Web, App.",
    ]
    assert found.returns[0] == "Returns within 30 days: Counter, Web, App."


def test_tiers_say_what_they_multiply(rules, now):
    found = read(now)
    shown = {each.tier.multiplier_milli: each.factor for each in found.tiers}
    assert shown[1000] == ""
    assert all(factor for milli, factor in shown.items() if milli != 1000)
