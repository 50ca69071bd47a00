"""What the Monday digest tells: the week that ended on Sunday."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.enums import CampaignState
from campaigns.feasts import Feast, list_feasts
from campaigns.models import Campaign, DigestChoice, Message
from campaigns.selectors.calendar import list_club_countries
from core.time import start_of
from members.models import User
from members.roles import MANAGER, OWNER
from members.selectors.club import get_club
from rewards.enums import ApprovalState
from rewards.models import Approval
from rewards.selectors.figures import KeyFigures, get_key_figures

WEEK = dt.timedelta(days=7)
_AHEAD = dt.timedelta(days=42)
_MOST_CAMPAIGNS, _MOST_FEASTS, _MOST_COUNTED = 12, 6, 1000


@dataclass(frozen=True, slots=True)
class Digest:
    """Of the seven days before ``monday_on``. Counts of what waits stand as they are now."""

    monday_on: dt.date
    figures: KeyFigures
    campaigns: Sequence[Campaign]  # with their figures, newest first
    approval_count: int
    unknown_count: int
    starting: Sequence[Campaign]  # in the week that begins
    feasts: Sequence[Feast]

    @property
    def sunday_on(self) -> dt.date:
        return self.monday_on - dt.timedelta(days=1)

    @property
    def week_on(self) -> dt.date:
        return self.monday_on - WEEK


def build_digest(monday_on: dt.date) -> Digest:
    """The same for all readers: a fixed number of queries."""
    zone = get_club().zone
    since, until = start_of(monday_on - WEEK, zone), start_of(monday_on, zone)
    known = Campaign.objects.select_related("mailing", "figures")
    waiting = Approval.objects.filter(state=ApprovalState.WAITING).order_by("asked_at")
    unknown = Message.objects.unknown().order_by("pk")
    return Digest(
        monday_on,
        get_key_figures(),
        list(
            known.filter(started_at__gte=since, started_at__lt=until).order_by("-started_at")[
                :_MOST_CAMPAIGNS
            ]
        ),
        waiting[:_MOST_COUNTED].count(),
        unknown[:_MOST_COUNTED].count(),
        list(
            known.in_state(CampaignState.SCHEDULED)
            .filter(starts_at__gte=until, starts_at__lt=start_of(monday_on + WEEK, zone))
            .order_by("starts_at")[:_MOST_CAMPAIGNS]
        ),
        list_feasts(monday_on, monday_on + _AHEAD, countries=list_club_countries())[:_MOST_FEASTS],
    )


def list_digest_readers() -> list[tuple[User, str]]:
    """Managers and owners with an address who didn't switch it off, each with their language; ""
    for the club's.
    """
    heads = (
        User.objects.filter(is_staff=True, is_active=True, groups__name__in=[MANAGER, OWNER])
        .exclude(email__isnull=True)
        .distinct()
        .order_by("pk")
    )
    choices = DigestChoice.objects.in_bulk([user.pk for user in heads])
    return [
        (user, choices[user.pk].locale if user.pk in choices else "")
        for user in heads
        if user.pk not in choices or choices[user.pk].is_wanted
    ]


def may_read_digest(user: User) -> bool:
    return user.groups.filter(name__in=[MANAGER, OWNER]).exists()


def get_digest_choice(user: User) -> DigestChoice:
    """What this person chose; unsaved where they never did."""
    return DigestChoice.objects.filter(user=user).first() or DigestChoice(user=user)
