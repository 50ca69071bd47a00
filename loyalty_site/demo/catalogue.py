"""The catalogue of the demonstration: eighty rewards, with codes, dates, turns and seasons."""

import datetime as dt
import random
from typing import Any

from django.core.files.base import ContentFile

from core.money import parse_amount
from core.time import day_of, resolve_local
from loyalty_site.demo.data import DATA, LANGUAGE, read_club, read_rewards, translate
from members.models import Audience
from members.selectors.club import get_club
from members.services.audiences import ensure_everyone
from rewards.models import Reward, RewardCategory, Rotation, Tier
from rewards.services.catalogue import (
    GateTerms,
    add_session,
    create_reward,
    import_codes,
    publish_reward,
    retire_reward,
    set_gates,
)

OPENED_BEFORE = dt.timedelta(days=120)  # most rewards have been on offer for so long
SEASONS = ("winter", "spring", "summer", "autumn")  # the first begins with December
_SEASON_DAYS = 91
_BY_SEASON = "seasons"  # the rotation that shows one season's rewards at a time
_SATURDAY = 5
_OPENS = dt.time(8)  # on the day on which everybody may
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def set_up_catalogue(*, seed: int, now: dt.datetime) -> list[Reward]:
    """Make whatever of the catalogue is missing; returns the rewards that were made."""
    categories = _make_categories()
    rotations = _make_rotations(now)
    made = []
    for position, entry in enumerate(read_rewards()["rewards"], start=1):
        if Reward.objects.filter(slug=entry["slug"]).exists():
            continue
        reward = _make(entry, position, categories, rotations, now)
        _stock(reward, entry, seed, now)
        _open(reward, entry, now)
        if not entry.get("draft"):
            publish_reward(reward, by=None, now=now)
        if entry.get("retired"):
            retire_reward(reward, by=None, now=now)
        made.append(reward)
    # Two months on the shelf: what was published at once would all be new.
    Reward.objects.filter(pk__in=[each.pk for each in made], published_at__isnull=False).update(
        published_at=now - OPENED_BEFORE
    )
    return made


def find_season(day: dt.date) -> tuple[int, dt.date]:
    """(place in SEASONS, first day) of the season of ``day``."""
    month = day.month - day.month % 3 or 12
    return day.month % 12 // 3, dt.date(day.year - (day.month < 3), month, 1)


def start_of_seasons(today: dt.date) -> dt.date:
    """First day of the seasons' rotation: a year or more ago, and today is in its season's turn."""
    season, began = find_season(today)
    since = min((today - began).days, _SEASON_DAYS - 1)  # some seasons are a day longer
    return today - dt.timedelta(days=since + (season + len(SEASONS)) * _SEASON_DAYS)


def _find_first_day(entry: dict[str, Any], today: dt.date) -> dt.date:
    """From when its dates count: today, or the day on which its season comes round again."""
    if "season" not in entry:
        return today
    season, _began = find_season(today)
    turns = (SEASONS.index(entry["season"]) - season) % len(SEASONS)
    if not turns:
        return today
    began = start_of_seasons(today)
    elapsed = (today - began).days // _SEASON_DAYS
    return began + dt.timedelta(days=(elapsed + turns) * _SEASON_DAYS)


def _make_categories() -> dict[str, RewardCategory]:
    return {
        entry["slug"]: RewardCategory.objects.get_or_create(
            slug=entry["slug"],
            defaults={
                "name": entry["name"][LANGUAGE],
                "i18n": translate("name", entry["name"]),
                "position": position,
            },
        )[0]
        for position, entry in enumerate(read_rewards()["categories"])
    }


def _make_rotations(now: dt.datetime) -> dict[str, Rotation]:
    today = day_of(now, get_club().zone)
    monday = today - dt.timedelta(days=84)
    monday -= dt.timedelta(days=monday.weekday())
    return {
        entry["slug"]: Rotation.objects.get_or_create(
            name=entry["name"][LANGUAGE],
            defaults={
                "starts_on": start_of_seasons(today) if entry["slug"] == _BY_SEASON else monday,
                "turn_days": entry["turn_days"],
                "slot_count": entry["slot_count"],
            },
        )[0]
        for entry in read_rewards()["rotations"]
    }


def _make(entry, position, categories, rotations, now) -> Reward:
    currency = read_club()["currency"]
    how_to_use = read_rewards()["how_to_use"][entry.get("use", entry["kind"])]
    fine_print = read_rewards()["fine_print"].get(entry.get("fine_print"), {LANGUAGE: ""})
    terms: dict[str, Any] = {
        **translate("name", entry["name"]),
        **translate("summary", entry["summary"]),
        **translate("description", entry["description"]),
        **translate("how_to_use", how_to_use),
        **translate("fine_print", fine_print),
        "summary": entry["summary"][LANGUAGE],
        "description": entry["description"][LANGUAGE],
        "how_to_use": how_to_use[LANGUAGE],
        "fine_print": fine_print[LANGUAGE],
        "category": categories[entry["category"]],
        "position": position,
        "motif": entry.get("motif", ""),
    }
    for name, field in (("price", "price_amount"), ("value", "value_amount"),
                        ("cost", "cost_amount")):  # fmt: skip
        if name in entry:
            terms[field] = parse_amount(entry[name], currency)
    for name, field in (("valid_days", "valid_days"), ("low", "low_stock_count"),
                        ("tier_days", "tier_days")):  # fmt: skip
        if name in entry:
            terms[field] = entry[name]
    if "limit" in entry:
        terms["limit_count"], terms["limit_period"] = entry["limit"]
    if "partner" in entry:
        terms["partner"] = entry["partner"][LANGUAGE]
        terms |= translate("partner", entry["partner"])
    if "rotation" in entry:
        terms["rotation"] = rotations[entry["rotation"]]
        terms["rotation_position"] = _find_turn(entry, position)
    if "link" in entry:
        terms |= {"link": entry["link"], "has_codes": False}
    if "tier" in entry:
        terms["tier"] = Tier.objects.get(slug=entry["tier"])
    if "download" in entry:
        content = (DATA / "downloads" / entry["download"]).read_bytes()
        terms["download"] = ContentFile(content, name=entry["download"])
    return create_reward(
        kind=entry["kind"],
        name=entry["name"][LANGUAGE],
        slug=entry["slug"],
        price_points=entry["price_points"],
        stock_left=entry.get("stock"),
        by=None,
        now=now,
        **terms,
    )


def _find_turn(entry: dict[str, Any], position: int) -> int:
    """Rewards of a season stand together in its rotation."""
    season = SEASONS.index(entry["season"]) if "season" in entry else 0
    return season * 1000 + position


def _stock(reward: Reward, entry: dict[str, Any], seed: int, now: dt.datetime) -> None:
    """Codes of the pool, and dates with seats."""
    chance = random.Random(f"{seed}:{reward.slug}")  # noqa: S311 - repeatable on purpose
    if count := entry.get("codes"):
        codes = {"".join(chance.choices(_CODE_LETTERS, k=10)) for _ in range(count)}
        import_codes(reward, "\n".join(sorted(codes)), by=None, now=now)
    zone = get_club().zone
    today = _find_first_day(entry, day_of(now, zone))
    place = read_rewards()["places"][entry.get("place", "shop")]
    for days, hour, minutes, seats in entry.get("sessions", ()):
        day = today + dt.timedelta(days=days)
        if entry.get("weekend"):
            day += dt.timedelta(days=(_SATURDAY - day.weekday()) % 7)
        wall = dt.datetime.combine(day, dt.time(hour))
        starts_at, _shifted = resolve_local(wall, zone)
        add_session(
            reward,
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=minutes),
            booking_closes_at=starts_at - dt.timedelta(hours=12),
            seat_count=seats,
            place=place[LANGUAGE],
            **translate("place", place),
            by=None,
            now=now,
        )


def _open(reward: Reward, entry: dict[str, Any], now: dt.datetime) -> None:
    """For everyone, for some tiers, or for a tier some days before the others."""
    since = now - OPENED_BEFORE
    if tiers := entry.get("tiers"):
        gates = [GateTerms(_tier_audience(slug), since) for slug in tiers]
    elif "early" in entry:
        slug, days = entry["early"]
        zone = get_club().zone
        day = _find_first_day(entry, day_of(now, zone)) + dt.timedelta(days=days)
        later, _shifted = resolve_local(dt.datetime.combine(day, _OPENS), zone)
        gates = [
            GateTerms(_tier_audience(slug), since),
            GateTerms(ensure_everyone(), later),
        ]
    else:
        gates = [GateTerms(ensure_everyone(), since)]
    set_gates(reward, gates, by=None, now=now)


def _tier_audience(slug: str) -> Audience:
    return Tier.objects.select_related("audience").get(slug=slug).audience
