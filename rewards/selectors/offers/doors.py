"""How the gates of a reward stand for a member, and why: in words."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.time import day_of, get_zone
from members.enums import AudienceKind
from members.selectors.club import get_club
from members.selectors.gates import GateClosed, GateNotYetOpen, judge_gates
from rewards.models import Reward
from rewards.selectors.rotation import Turn
from rewards.selectors.wording import format_day, join_words

# Other members may hear of these; of a segment or a list only whoever is in it.
TOLD_KINDS = (AudienceKind.TIER, AudienceKind.CLUB, AudienceKind.PLAN, AudienceKind.EVERYONE)


class Door(StrEnum):
    """How the gates stand for a member."""

    OPEN = "open"
    EARLY = "early"  # open, and others still wait
    SOON = "soon"
    OTHERS = "others"
    OVER = "over"
    RESTING = "resting"  # another turn of its rotation


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate in words; name and ``color`` are those of its tier."""

    name: str
    color: str
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    is_mine: bool
    is_open: bool
    price_points: int
    price_amount: int


def build_gate_line(gate: Any, reward: Reward, now: dt.datetime) -> GateLine:
    points, amount = gate.price_points, gate.price_amount
    is_everyone = gate.audience.kind == AudienceKind.EVERYONE
    return GateLine(
        name=_("Every member") if is_everyone else gate.tier_name or gate.audience.name_i18n,
        color=gate.tier_color or "",
        opens_at=gate.opens_at,
        closes_at=gate.closes_at,
        is_mine=gate.is_mine,
        is_open=gate.opens_at <= now and (gate.closes_at is None or now < gate.closes_at),
        price_points=reward.price_points if points is None else points,
        price_amount=reward.price_amount if amount is None else amount,
    )


def judge_door(gates: list[Any], lines: list[GateLine], now: dt.datetime) -> tuple[Door, str]:
    mine = {gate.audience_id for gate in gates if gate.is_mine}
    try:
        opening = judge_gates(mine, gates, now=now)
    except GateNotYetOpen as error:
        moment = _format_moment(error.params["opens_at"], now)
        return Door.SOON, _("Opens for you on %(moment)s") % {"moment": moment}
    except GateClosed as error:
        return _describe_others(lines, now) or (Door.OVER, str(error))
    if not opening.is_early:
        return Door.OPEN, ""
    follows_at = min(gate.opens_at for gate in gates if gate.opens_at > now)
    return Door.EARLY, _("Early for you: others can have it from %(moment)s") % {
        "moment": _format_moment(follows_at, now)
    }


def _describe_others(lines: list[GateLine], now: dt.datetime) -> tuple[Door, str] | None:
    """ "For Gold only", "For Gold from March 10, 9 a.m." """
    others = [
        line
        for line in lines
        if not line.is_mine and (line.closes_at is None or line.closes_at > now)
    ]
    if not others:
        return None
    names = [line.name for line in others if line.is_open]
    if names:
        return Door.OTHERS, _("For %(audiences)s only") % {"audiences": join_words(names)}
    first = others[0]
    return Door.OTHERS, _("For %(audience)s from %(moment)s") % {
        "audience": first.name,
        "moment": _format_moment(first.opens_at, now),
    }


def _format_moment(moment: dt.datetime, now: dt.datetime) -> str:
    """ "March 10, 9 a.m.": in the club's zone, with the year where it is another one."""
    zone = get_club().zone
    return _("%(day)s, %(time)s") % {
        "day": format_day(day_of(moment, zone), day_of(now, zone)),
        "time": time_format(localtime(moment, get_zone(zone)), "TIME_FORMAT"),
    }


def describe_turn(turn: Turn | None, today: dt.date) -> str:
    if turn is None:
        return _("Not on show now")
    day = format_day(turn.starts_on, today)
    return _("Takes turns with others: on show again from %(day)s") % {"day": day}
