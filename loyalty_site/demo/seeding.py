"""Building the demonstration club, through the same services as a real one."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from loyalty_site.demo.appearance import set_up_appearance
from loyalty_site.demo.automations import run_automations
from loyalty_site.demo.campaigns import run_campaigns
from loyalty_site.demo.catalogue import set_up_catalogue
from loyalty_site.demo.challenges import set_up_challenges, stamp_what_was_missed
from loyalty_site.demo.charity import give_all_over
from loyalty_site.demo.counter import set_up_counter
from loyalty_site.demo.follow_ups import see_to_it
from loyalty_site.demo.happenings import happen_before, happen_today
from loyalty_site.demo.history import (
    Taken,
    list_first_visits,
    move_baskets,
    set_up_shops,
    take_in_history,
)
from loyalty_site.demo.incident import mend_incident
from loyalty_site.demo.messengers import connect_messengers
from loyalty_site.demo.notices import publish_notices
from loyalty_site.demo.people import (
    SOURCE,
    choose_people,
    enrol_people,
    find_staff,
    list_demo_logins,
    make_logins,
    set_up_club,
)
from loyalty_site.demo.programme import set_up_programme
from loyalty_site.demo.reviews import speak_up
from loyalty_site.demo.stories import tell_stories
from loyalty_site.demo.surprises import give_surprise
from loyalty_site.demo.surveys import ask_all_year
from loyalty_site.demo.wheel import spin_all_over
from members.models import Member
from members.selectors.club import get_club
from rewards.services.closing import close_days
from rewards.services.figures import count_figures

_ONE_AT_A_TIME = 0x64656D6F  # an advisory lock of this room's own


class ClubInUse(DomainError):
    code = "club_in_use"
    status = 409
    message = _("This club has %(count)s members of its own; the demonstration needs an empty one.")


class DemoLoaded(DomainError):
    code = "demo_loaded"
    status = 409
    message = _(
        "The demonstration is loaded already (%(count)s members)."
        " “manage.py remove_demo” removes it."
    )


@dataclass(slots=True)
class Seeded:
    member_count: int
    taken: Taken
    closed_day_count: int
    redemptions: dict[str, int]


class Silence:
    """Progress for nobody; see ``management.commands.seed_demo`` for the one with bars."""

    def begin(self, title: str, total: int | None = None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass


@transaction.atomic
def seed_programme(*, now: dt.datetime) -> int:
    """Programme, rules and tiers alone; returns how many versions were published."""
    lock_demo()
    return set_up_programme(now=now)


@transaction.atomic
def seed_demo(
    *, member_count: int | None = None, seed: int = 1, now: dt.datetime, progress=None
) -> Seeded:
    """The whole demonstration in one transaction: a run that fails leaves nothing behind.

    ``member_count`` None means all. The same day, count and seed give the same totals, but for
    what wheels drew. Raises
    ClubInUse or DemoLoaded.
    """
    progress = progress or Silence()
    lock_demo()
    check_empty()
    set_up_club(now=now)
    set_up_appearance(now=now)
    zone = get_club().zone
    set_up_programme(now=now)
    source = set_up_shops(zone=zone)

    rows = choose_people(member_count, seed=seed)
    yesterday = day_of(now, zone) - dt.timedelta(days=1)
    baskets = move_baskets({row["member"] for row in rows}, yesterday=yesterday)
    progress.begin(_("Members"), len(rows) + len(list_demo_logins()))
    members = enrol_people(
        rows,
        list_first_visits(baskets),
        till=source.code,
        zone=zone,
        seed=seed,
        now=now,
        on_progress=progress.advance,
    )
    make_logins(members, now=now, on_progress=progress.advance)

    progress.begin(_("Purchases"), len(baskets))
    taken = take_in_history(
        source, baskets, zone=zone, seed=seed, now=now, on_progress=progress.advance
    )
    progress.begin(_("Rewards"))
    set_up_catalogue(seed=seed, now=now)
    set_up_challenges(now=now)
    staff = find_staff()
    stamp_what_was_missed(members, staff.manager, now=now)
    set_up_counter(staff.manager, staff.clerk, now=now)
    claimed = happen_before(members, staff, seed=seed, now=now)
    progress.begin(_("Day close"))
    closed = close_days(now=now, on_progress=progress.advance)
    tell_stories(members, zone=zone, now=now)
    mend_incident(staff.manager, staff.owner, zone=zone, now=now)
    redemptions = happen_today(members, claimed, staff, now=now)
    give_all_over(claimed, staff, seed=seed, now=now)
    give_surprise(claimed, staff, now=now)
    progress.begin(_("Campaigns"))
    run_campaigns(seed=seed, now=now)
    connect_messengers(now=now)
    publish_notices(staff.manager, zone=zone, now=now)
    ask_all_year(staff, seed=seed, now=now)
    # What wheels draw is chance, and nothing that counts shall hang on it.
    spin_all_over(claimed, staff.owner, seed=seed, now=now)
    speak_up(staff.manager, now=now)
    see_to_it(staff, now=now)
    run_automations(staff.owner, now=now)
    count_figures(now=now)
    return Seeded(len(members), taken, len(closed), redemptions)


def check_empty() -> None:
    """Raise DemoLoaded or ClubInUse where anybody is a member already."""
    if count := count_demo_members():
        raise DemoLoaded(count=count)
    if count := Member.objects.count():
        raise ClubInUse(count=count)


def count_demo_members() -> int:
    return Member.objects.filter(source=SOURCE).count()


def lock_demo() -> None:
    """One run at a time, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
