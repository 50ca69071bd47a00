"""What points and rewards know of with a date, for "What's on" (``members.registry``)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.pictures.addresses import cover_url, seed_of
from core.time import day_of, start_of
from members import registry
from members.enums import AudienceKind
from members.registry import Happening
from members.selectors.club import get_club
from rewards.models import Appeal, Reward, RewardGate, WheelVersion
from rewards.selectors.rotation import list_resting
from rewards.selectors.ways import list_point_days, list_ways

_DAY = dt.timedelta(days=1)
_WHOLE_SHELF = 2  # more rewards than that on one day are one happening


def register() -> None:
    for code, list_rows in (
        ("rewards.points", list_bonus_points),
        ("rewards.appeals", list_appeals_with_end),
        ("rewards.wheels", list_wheel_days),
        ("rewards.shelf", list_seasonal_rewards),
    ):
        registry.register_happenings(code, list_rows)


def list_bonus_points(now: dt.datetime, until: dt.datetime) -> Iterator[Happening]:
    """Public rules open to everybody that begin or end; of those of certain days, the next one."""
    zone = get_club().zone
    ways = list_ways(None, now=now)
    told = set()
    for day in list_point_days(ways, None, now=now):
        for way in day.ways:
            if way.version.rule_id not in told:
                told.add(way.version.rule_id)
                first = start_of(day.day, zone)
                yield _tell_way(way, first, start_of(day.day + _DAY, zone))
    for way in ways:
        if way.version.rule_id not in told and not way.version.in_birthday_month:
            yield _tell_way(way, way.version.starts_at, way.version.ends_at)


def _tell_way(way, starts_at: dt.datetime, ends_at: dt.datetime | None) -> Happening:
    return Happening(
        _("Bonus points"), way.name, starts_at, ends_at, reverse("programme_rules"),
        cover_url("coins", seed_of(way.version.rule.code)), note=way.gift,
    )  # fmt: skip


def list_appeals_with_end(now: dt.datetime, until: dt.datetime) -> list[Happening]:
    """Open appeals whose last day is near; one that is to come has no page yet."""
    appeals = Appeal.objects.open(now).for_list().filter(ends_at__lte=until)
    return [
        Happening(
            _("Appeal"), appeal.name_i18n, appeal.starts_at, appeal.ends_at,
            reverse("appeal_detail", args=[appeal.slug]), appeal.cover_url, appeal.photo,
            appeal.charity.name_i18n,
        )
        for appeal in appeals
    ]  # fmt: skip


def list_wheel_days(now: dt.datetime, until: dt.datetime) -> list[Happening]:
    """Wheels that begin to turn or stop; what follows without a gap is one wheel that goes on."""
    versions = (
        WheelVersion.objects.published().exclude(ends_at__lte=now).filter(starts_at__lte=until)
        .select_related("wheel").order_by("wheel_id", "starts_at")
    )  # fmt: skip
    found = []
    for wheel, rows in groupby(versions, key=lambda version: version.wheel):
        spans: list[list] = []
        for version in rows:
            if spans and spans[-1][1] is not None and version.starts_at <= spans[-1][1]:
                spans[-1][1] = version.ends_at
            else:
                spans.append([version.starts_at, version.ends_at])
        found += [
            Happening(
                _("Wheel"), wheel.name_i18n, starts_at, ends_at,
                reverse("wheel_fairness", args=[wheel.slug]),
                cover_url("wheel", seed_of(wheel.slug)),
            )
            for starts_at, ends_at in spans
        ]  # fmt: skip
    return found


def list_seasonal_rewards(now: dt.datetime, until: dt.datetime) -> Iterator[Happening]:
    """Rewards that come for everybody, or leave; many on one day are told as one."""
    gates = RewardGate.objects.filter(
        Q(opens_at__gt=now, opens_at__lte=until) | Q(closes_at__gt=now, closes_at__lte=until),
        audience__kind=AudienceKind.EVERYONE,
        reward__in=Reward.objects.published(),
    )
    resting = list_resting(day_of(now, get_club().zone))
    rows = gates.select_related("reward").order_by("reward__position", "reward_id")
    shelves: dict[tuple, list[Reward]] = defaultdict(list)
    for gate in rows:
        if gate.reward_id not in resting:
            shelves[gate.opens_at, gate.closes_at].append(gate.reward)
    for span, rewards in shelves.items():
        if len(rewards) > _WHOLE_SHELF:
            words = {"reward": rewards[0].name_i18n, "count": len(rewards) - 1}
            title = _("%(reward)s and %(count)s more") % words
            yield _tell_reward(rewards[0], title, reverse("reward_list"), *span, now)
        else:
            for reward in rewards:
                url = reward.get_absolute_url()
                yield _tell_reward(reward, reward.name_i18n, url, *span, now)


def _tell_reward(
    reward: Reward, title: str, url: str, opens_at: dt.datetime, closes_at: dt.datetime | None,
    now: dt.datetime,
) -> Happening:  # fmt: skip
    kind = _("Reward") if opens_at <= now else pgettext("happening", "New reward")
    return Happening(kind, title, opens_at, closes_at, url, reward.cover_url, reward.photo)
