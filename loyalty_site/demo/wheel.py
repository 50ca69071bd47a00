"""Two wheels, and a month of draws on them that anyone can check."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from core.time import day_of, get_zone
from loyalty_site.demo.data import LANGUAGE, read_wheels, translate
from members.models import AudienceMember, Member
from members.selectors.club import get_club
from members.services.audiences import ensure_everyone
from rewards.models import Reward, Tier, Wheel
from rewards.services.catalogue import GateTerms
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    create_wheel,
    ensure_player,
    prepare_days,
    publish_version,
    reveal_days,
    spin_wheel,
)
from rewards.spin_keys import SpinKey, write_spin_key

_AWAKE = (8 * 60, 21 * 60)  # minutes of the day in which people spin


def spin_all_over(claimed: Sequence[Member], by: Any, *, seed: int, now: dt.datetime) -> None:
    """Wheels open one after the other and are spun up to yesterday, in the order of time. Every
    seed is sealed before its day and shown after it; those of today and of days to come are ready.
    """
    chance = random.Random(f"{seed}:wheels")  # noqa: S311 - who comes when, not what is drawn
    ids = [member.pk for member in claimed]
    able = list(
        Member.objects.filter(pk__in=ids, user__is_staff=False)
        .able_to_spend()
        .select_related("user")
        .order_by("pk")
    )
    today = day_of(now, get_club().zone)
    entries = read_wheels()["wheels"]
    wheels: dict[str, Wheel] = {}
    counters: dict[tuple[int, int], int] = {}
    for back in range(max(entry["days"] for entry in entries), -1, -1):
        day = today - dt.timedelta(days=back)
        morning = _at(day, 6 * 60) if back else now
        reveal_days(now=morning)
        prepare_days(now=morning)
        for entry in entries:
            if entry["days"] == back:
                wheels[entry["slug"]] = _open(entry, by, now=morning)
            elif back and entry["slug"] in wheels:
                players = _list_players(wheels[entry["slug"]], able)
                _spin_a_day(wheels[entry["slug"]], players, entry["share"], day, chance, counters)


def _at(day: dt.date, minutes: int) -> dt.datetime:
    moment = dt.datetime.combine(day, dt.time(*divmod(minutes, 60)), get_zone(get_club().zone))
    return moment.astimezone(dt.UTC)


def _open(entry: dict[str, Any], by: Any, *, now: dt.datetime) -> Wheel:
    wheel = create_wheel(
        slug=entry["slug"],
        name=entry["name"][LANGUAGE],
        summary=entry["summary"][LANGUAGE],
        by=by,
        now=now,
        **translate("name", entry["name"]),
        **translate("summary", entry["summary"]),
    )
    tiers = Tier.objects.filter(slug__in=entry["tiers"]).select_related("audience")
    audiences = [tier.audience for tier in tiers] or [ensure_everyone()]
    draft = change_draft(
        wheel.versions.get(),
        slices=[_build_slice(each, wheel) for each in entry["slices"]],
        gates=[GateTerms(audience, now) for audience in audiences],
        daily_spin_count=entry["daily"],
        rules_text=entry["rules"][LANGUAGE],
        is_law_confirmed=True,
        by=by,
        now=now,
        **translate("rules_text", entry["rules"]),
    )
    publish_version(draft, by=by, now=now)
    return wheel


def _build_slice(each: dict[str, Any], wheel: Wheel) -> SliceTerms:
    return SliceTerms(
        each["label"][LANGUAGE],
        each["weight"],
        _build_prize(each, wheel),
        each["color"],
        stock_count=each.get("stock"),
        substitute=Prize("points", points=each["instead"]) if "instead" in each else None,
        i18n=translate("label", each["label"]),
    )


def _build_prize(each: dict[str, Any], wheel: Wheel) -> Prize:
    if "reward" in each:
        reward = Reward.objects.get(slug=each["reward"])
        return Prize("reward", reward_id=reward.pk, days=each.get("days"))
    if "points" in each:
        return Prize("points", points=each["points"])
    if "credit" in each:
        return Prize("credit", amount=each["credit"])
    if "spins" in each:
        return Prize("spins", spin_count=each["spins"], wheel_id=wheel.pk, days=each.get("days"))
    return Prize("nothing")


def _spin_a_day(
    wheel: Wheel, players: list[Member], share: float, day: dt.date, chance: random.Random,
    counters: dict[tuple[int, int], int],
) -> None:  # fmt: skip
    """Some of those who may come, at the hours of a shop."""
    count = min(round(len(players) * share * chance.uniform(0.4, 1.6)), len(players))
    minutes = sorted(chance.randrange(*_AWAKE) for _ in range(count))
    for member, minute in zip(chance.sample(players, count), minutes, strict=True):
        moment, who = _at(day, minute), (member.pk, wheel.pk)
        if who not in counters:
            counters[who] = ensure_player(member, wheel, now=moment).spin_count
        counters[who] += 1
        key = write_spin_key(SpinKey(member.pk, wheel.pk, counters[who]))
        spin_wheel(member, wheel, key, by=member.user, now=moment)


def _list_players(wheel: Wheel, able: Sequence[Member]) -> list[Member]:
    """By the gates as they are now: who was in another tier then is of no account here."""
    audiences = wheel.versions.get().gates.values("audience")
    rows = AudienceMember.objects.filter(audience__in=audiences, member__in=able)
    inside = set(rows.values_list("member_id", flat=True))
    return [member for member in able if member.pk in inside]
