"""The terms of the demonstration: channels, tiers, programme and earning rules."""

import datetime as dt
from typing import Any

from core.money import parse_amount
from core.time import start_of
from loyalty_site.demo import incident
from loyalty_site.demo.data import LANGUAGE, read_categories, read_club, translate
from members.selectors.club import get_club
from purchases.models import Channel
from purchases.services.known import ensure_categories, slug_of, split_category
from rewards.enums import Combine, ExpiryMode, FirstTime, Period, RuleKind, TierWindow, Unit
from rewards.models import EarningRule, ProgrammeVersion
from rewards.services.programme import LevelTerms, ensure_tier, publish_programme, publish_rule

# The year of the first fruit stand: a history of any age that is imported later earns as well.
FOUNDED_ON = dt.date(1987, 1, 1)
COLORS = {
    "sprout": "#4f7042",
    "blossom": "#a8436a",
    "golden-plum": "#8a6414",
    "grove-keeper": "#4b2e5a",
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {"calendar_month": Period.MONTH}


def set_up_programme(*, now: dt.datetime) -> int:
    """Publish whatever of the terms is missing; returns how many versions were published.

    What is there stays as it is: a club that changed its terms keeps them.
    """
    ensure_channels()
    return _publish_tiers(now) + _publish_rules(now)


def ensure_channels() -> None:
    # Channels are staff's own to edit in the back office; there is no service to call.
    for channel in read_club()["channels"]:
        Channel.objects.get_or_create(
            code=channel["slug"],
            defaults={
                "name": channel["name"][LANGUAGE],
                "i18n": translate("name", channel["name"]),
                "return_window_days": channel["return_window_days"],
            },
        )


def _publish_tiers(now: dt.datetime) -> int:
    if ProgrammeVersion.objects.exists():
        return 0
    terms = read_club()["tier_programme"]
    expiry = read_club()["points"]["expiry"]
    if expiry["mode"] != "months_from_availability" or terms["window"]["mode"] != "rolling_months":
        raise ValueError("club.json names a mode that is not mapped here")
    levels = [
        LevelTerms(
            tier=ensure_tier(
                tier["slug"],
                name=tier["name"][LANGUAGE],
                rank=tier["rank"] - 1,  # the file counts from 1
                color=COLORS[tier["slug"]],
                i18n=translate("name", tier["name"]),
            ),
            threshold=tier["threshold"],
            multiplier_milli=_milli(tier["multiplier"]),
            benefits=tuple(benefit["text"][LANGUAGE] for benefit in tier["benefits"]),
            i18n=_translate_benefits([benefit["text"] for benefit in tier["benefits"]]),
        )
        for tier in terms["tiers"]
    ]
    publish_programme(
        starts_on=FOUNDED_ON,
        levels=levels,
        by=None,
        now=now,
        expiry_mode=ExpiryMode.MONTHS,
        expiry_months=expiry["months"],
        tier_window=TierWindow.ROLLING,
        tier_months=terms["window"]["months"],
        grace_days=terms["grace_days"],
    )
    return 1


def _translate_benefits(texts: list[dict[str, str]]) -> dict[str, list[str]]:
    languages = texts[0] if texts else {}
    return translate("benefits", {key: [text[key] for text in texts] for key in languages})


def _publish_rules(now: dt.datetime) -> int:
    published = 0
    for priority, rule in enumerate(read_club()["earning_rules"], start=1):
        # A rule is only a name for its versions; those are what is published.
        row, is_new = EarningRule.objects.get_or_create(
            code=rule["slug"],
            defaults={"name": rule["name"][LANGUAGE], "i18n": translate("name", rule["name"])},
        )
        if is_new:
            terms = {"by": None, "priority": priority * 10, **_build_terms(rule)}
            for starts_at, ends_at, at in _list_spans(rule["slug"], now):
                publish_rule(row, starts_at=starts_at, ends_at=ends_at, now=at, **terms)
                published += 1
    return published


def _list_spans(
    code: str, now: dt.datetime
) -> list[tuple[dt.datetime, dt.datetime | None, dt.datetime]]:
    """From when to when a rule holds, and when that was published: one of them failed on a
    morning (``incident``) and was put into force again before noon.
    """
    founded_at = start_of(FOUNDED_ON, get_club().zone)
    if code != incident.RULE:
        return [(founded_at, None, now)]
    failed_at, mended_at = incident.find_gap(now, get_club().zone)
    return [(founded_at, failed_at, failed_at), (mended_at, None, mended_at)]


def _build_terms(rule: dict[str, Any]) -> dict[str, Any]:
    """The fields of a rule version that a rule of club.json means."""
    currency = read_club()["currency"]
    terms: dict[str, Any] = {}
    match rule["kind"]:
        case "per_amount":
            terms = {"kind": RuleKind.AMOUNT, "points": rule["points"]}
        case "status_per_amount":
            terms = {"kind": RuleKind.AMOUNT, "points": rule["credits"], "unit": Unit.STATUS}
        case "fixed":
            terms = {"kind": RuleKind.FIXED, "points": rule["points"]}
        case "multiplier":
            terms = {
                "kind": RuleKind.MULTIPLIER,
                "multiplier_milli": _milli(rule["multiplier"]),
                "combine": Combine.ADD,
            }
        case kind:
            raise ValueError(f"club.json has a rule of unknown kind {kind}")
    if "per_amount" in rule:
        terms["per_amount"] = parse_amount(rule["per_amount"], currency)
    if "minimum_amount" in rule:
        terms["minimum_amount"] = parse_amount(rule["minimum_amount"], currency)
    if "weekdays" in rule:
        terms["weekdays"] = [_WEEKDAYS.index(day) + 1 for day in rule["weekdays"]]
    if "days_of_month" in rule:
        terms["days_of_month"] = rule["days_of_month"]
    if rule.get("birthday_month"):
        terms["in_birthday_month"] = True
    if rule.get("first_purchase"):
        terms["first_time"] = FirstTime.EVER
    if "categories" in rule:
        terms["category_ids"] = _find_categories(rule["categories"])
    if "cap" in rule:
        terms["cap_points"] = rule["cap"]["times"] * rule["points"]
        terms["cap_period"] = _PERIODS[rule["cap"]["per"]]
    return terms


def _find_categories(codes: list[str]) -> list[int]:
    paths = [read_categories()[code] for code in codes]
    known = ensure_categories(paths)
    return [known[slug_of(split_category(path))][0] for path in paths]


def _milli(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0") if part else 0)
