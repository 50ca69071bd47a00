"""Who followed a link or showed a mail: a person, or a machine that looks at mail for them.

Scanners of mail follow every link, most of them within a minute and some within five; a person
follows one, then reads. Of 836 bursts that somebody recorded half came within 43 seconds of
sending, two thirds at 20 to 60 seconds and a quarter at one to five minutes, so that no time alone
tells them apart: what tells is several links at once, a link that no person sees, and what the
program says it is. Facts in, verdict out; nothing is stored here.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TRAP = 0  # the number of the link that no person sees

# Two links so close together were not followed by hand, and three or more even this far apart.
BURST = dt.timedelta(seconds=2)
SWEEP = dt.timedelta(seconds=10)
SWEEP_LINKS = 3
# Whatever was followed or shown around a trap or a burst belongs to it.
AROUND = dt.timedelta(seconds=10)
# Nobody reads so fast; within the second span a single sign is not enough for either.
NOBODY_READS_IN = 3.0
DOUBTFUL_WITHIN = 60.0


class Agent(StrEnum):
    """What asks, by its own word."""

    BROWSER = "browser"
    PROXY = "proxy"  # a mail service that fetches pictures when its reader looks
    PREFETCH = "prefetch"  # one that fetches them whether anybody looks or not
    BOT = "bot"
    NONE = "none"


class Actor(StrEnum):
    """The same codes as ``campaigns.enums.EventActor`` and ``surveys.enums.ResponseActor``."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


_BOT = re.compile(
    r"bot\b|bot/|spider|crawl|scan|preview|fetch|monitor|curl|wget|python|java/|go-http|okhttp"
    r"|httpclient|libwww|headless|phantom|urlcheck|safelinks|barracuda|mimecast|proofpoint|ironport"
    r"|fireeye|trendmicro|sophos|symantec|forcepoint|zscaler|cisco|bitdefender|avast|kaspersky"
    r"|validator|slackbot|whatsapp|telegram|facebookexternalhit|skypeuripreview",
    re.IGNORECASE,
)
_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy|via ggpht", re.IGNORECASE)
# Mail programs show mails themselves, Outlook under the name of an old browser.
_BROWSER = re.compile(
    r"^Mozilla/5\.0 \(.+(Gecko|AppleWebKit|Trident|KHTML)|^Opera/|ms-office|Microsoft Office"
    r"|Outlook|Thunderbird",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody followed link ``number`` (None: showed the mail) at ``at``."""

    at: dt.datetime
    number: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """``why`` is a code: what decided."""

    actor: Actor
    why: str


def read_agent(text: str) -> Agent:
    """What a ``User-Agent`` says of itself."""
    text = text.strip()
    if not text:
        return Agent.NONE
    if _PROXY.search(text):
        return Agent.PROXY
    # Apple's privacy protection fetches every picture of every mail, under this bare name.
    if text == "Mozilla/5.0":
        return Agent.PREFETCH
    if _BOT.search(text) or not _BROWSER.search(text):
        return Agent.BOT
    return Agent.BROWSER


def judge(
    *, agent: Agent, is_head: bool, seconds_since_sent: float | None, is_in_burst: bool
) -> Judgement:
    """Who one click or view was. ``seconds_since_sent`` is None where that isn't known."""
    if is_head:
        return Judgement(Actor.MACHINE, "head")
    if is_in_burst:
        return Judgement(Actor.MACHINE, "burst")
    if agent in (Agent.BOT, Agent.PREFETCH, Agent.NONE):
        return Judgement(Actor.MACHINE, "agent")
    if seconds_since_sent is not None and seconds_since_sent < NOBODY_READS_IN:
        return Judgement(Actor.MACHINE, "at_once")
    if agent == Agent.PROXY:
        return Judgement(Actor.UNKNOWN, "proxy")
    if seconds_since_sent is None or seconds_since_sent < DOUBTFUL_WITHIN:
        return Judgement(Actor.UNKNOWN, "early")
    return Judgement(Actor.HUMAN, "")


def find_bursts(sightings: Sequence[Sighting]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The spans, in the order of time, in which a machine was at work: several links at once, or
    the trap. What was seen inside of one is the machine's.
    """
    clicks = sorted(
        (each for each in sightings if each.number is not None), key=lambda each: each.at
    )
    marks = [(each.at, each.at) for each in clicks if each.number == TRAP]
    for place, first in enumerate(clicks):
        seen = {first.number}
        for later in clicks[place + 1 :]:
            apart = later.at - first.at
            if apart > SWEEP:
                break
            seen.add(later.number)
            if len(seen) >= SWEEP_LINKS or (len(seen) >= 2 and apart <= BURST):
                marks.append((first.at, later.at))
    return sorted((begin - AROUND, end + AROUND) for begin, end in marks)


def is_inside(at: dt.datetime, spans: Sequence[tuple[dt.datetime, dt.datetime]]) -> bool:
    return any(begin <= at <= end for begin, end in spans)
