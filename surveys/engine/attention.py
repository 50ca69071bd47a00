"""Who may be asked now: one member's invitations against one clock. Pure: facts in, verdicts out.

Each survey says how long after any survey's message it keeps quiet (``clock_days``). That alone
would let a frequent survey starve a rare one: each of its messages starts the clock anew. So a
survey also keeps quiet while a more important one falls due within its clock.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveys.enums import SkipReason

# While a message of ours is on its way nobody knows yet whether it starts the clock.
LOOK_AGAIN = dt.timedelta(minutes=10)
ON_ITS_WAY = dt.timedelta(hours=72)  # after that nobody waits for it any more


class Act(StrEnum):
    RELEASE = "release"
    SKIP = "skip"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned invitation of one member. ``obstacle`` is a reason that needs no clock: the survey
    was closed, what it was about came back. Until ``expires_at`` it may still go out.
    """

    id: int
    priority: int
    clock_days: int
    due_at: dt.datetime
    expires_at: dt.datetime
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Attention:
    """When the member was last asked, by a message that really left; whether one is on its way."""

    last_sent_at: dt.datetime | None = None
    is_one_on_its_way: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` of what is skipped, ``until`` of what waits."""

    id: int
    act: Act
    reason: str = ""
    until: dt.datetime | None = None


def judge(
    planned: Sequence[Planned], attention: Attention, *, now: dt.datetime
) -> Iterator[Verdict]:
    """A verdict for each that is due: one is released at most. ``planned`` are all of one member,
    those of later days among them.
    """
    alive = []
    for each in sorted(planned, key=lambda each: (each.priority, each.due_at, each.id)):
        is_due = each.due_at <= now
        if is_due and each.obstacle:
            yield Verdict(each.id, Act.SKIP, each.obstacle)
        elif is_due and each.expires_at <= now:
            yield Verdict(each.id, Act.SKIP, SkipReason.STALE)
        elif is_due and not _can_still(each, attention):
            yield Verdict(each.id, Act.SKIP, SkipReason.CLOCK)
        elif not each.obstacle and _can_still(each, attention):
            alive.append(each)
    is_taken = attention.is_one_on_its_way
    for each in alive:
        if each.due_at > now:
            continue
        if _find_more_important(each, alive, now):
            yield Verdict(each.id, Act.SKIP, SkipReason.HIGHER_PRIORITY)
        elif (until := _find_end(each, attention)) and until > now:
            yield Verdict(each.id, Act.WAIT, until=until)
        elif is_taken and now + LOOK_AGAIN < each.expires_at:
            yield Verdict(each.id, Act.WAIT, until=now + LOOK_AGAIN)
        elif is_taken:
            yield Verdict(each.id, Act.SKIP, SkipReason.CLOCK)
        else:
            is_taken = True
            yield Verdict(each.id, Act.RELEASE)


def _find_end(each: Planned, attention: Attention) -> dt.datetime | None:
    """When this survey's quiet ends; None where nobody was asked yet."""
    last = attention.last_sent_at
    return None if last is None else last + dt.timedelta(days=each.clock_days)


def _can_still(each: Planned, attention: Attention) -> bool:
    """Whether the quiet ends before it is too late."""
    until = _find_end(each, attention)
    return until is None or max(until, each.due_at) < each.expires_at


def _find_more_important(each: Planned, alive: Sequence[Planned], now: dt.datetime) -> bool:
    until = now + dt.timedelta(days=each.clock_days)
    return any(other.priority < each.priority and other.due_at <= until for other in alive)
