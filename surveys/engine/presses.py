"""Who pressed: a person, or a machine that opens, runs and presses what lies in a mail.

A press is more than a click: only few scanners send forms. Time and visibility are evidence, no
proof: some wait, and some show the page to themselves. Nobody is locked out by a verdict; each
press is judged anew, and one that is a person's makes the answer a person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.actors import (
    DOUBTFUL_WITHIN,
    NOBODY_READS_IN,
    TRAP,
    Actor,
    Agent,
    Judgement,
    Sighting,
)

# A page that was in sight for so long was seen by somebody.
SEEN = 800  # milliseconds


@dataclass(frozen=True, slots=True)
class Press:
    """What came with a press. ``visible_ms`` is None where no script told how long the page was in
    sight. ``user_id`` is the log-in at the screen.
    """

    agent: Agent
    visible_ms: int | None = None
    user_id: int | None = None


def judge_press(
    press: Press,
    *,
    is_own: bool,
    seconds_since_sent: float | None,
    is_in_burst: bool,
    around: Sequence[Sighting],
) -> Judgement:
    """``is_own``: by the member's own log-in. ``around`` are the links that were followed in the
    seconds before.
    """
    if is_own:
        return Judgement(Actor.HUMAN, "")
    if press.agent in (Agent.BOT, Agent.PREFETCH, Agent.NONE):
        return Judgement(Actor.MACHINE, "agent")
    if is_in_burst:
        links = {each.number for each in around if each.number is not None}
        # Two tabs opened in a hurry are two links as well.
        is_machine = TRAP in links or len(links) > 2
        return Judgement(Actor.MACHINE if is_machine else Actor.UNKNOWN, "burst")
    if seconds_since_sent is not None and seconds_since_sent < NOBODY_READS_IN:
        return Judgement(Actor.MACHINE, "at_once")
    was_seen = press.visible_ms is not None and press.visible_ms >= SEEN
    # On its way, or left a moment ago: a scanner has it before anybody wrote down that it did.
    is_early = seconds_since_sent is None or seconds_since_sent < DOUBTFUL_WITHIN
    if is_early and not was_seen:
        return Judgement(Actor.UNKNOWN, "early")
    return Judgement(Actor.HUMAN, "")
