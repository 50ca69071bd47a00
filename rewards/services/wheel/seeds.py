"""Seeds of days: made ahead, shown afterwards, thrown away where a backup brought them back."""

import datetime as dt
import logging
import secrets
from functools import lru_cache
from typing import Any

from django.db import transaction

from core.sealing import CannotUnseal, seal, unseal
from core.services.audit import record_audit
from core.time import day_of, start_of
from members.selectors.club import get_club
from rewards.engine.draw import hash_seed
from rewards.enums import WheelDayState
from rewards.models import WheelDay
from rewards.services.wheel.refusals import SeedTooSoon

logger = logging.getLogger(__name__)
SEED_BYTES = 32
# So long may every worker stand still before a day is left without a seed.
DAYS_AHEAD = 7


@transaction.atomic
def prepare_days(*, now: dt.datetime, days: int = DAYS_AHEAD) -> list[WheelDay]:
    """Seal a seed for each of the coming days that has none, and publish its hash.

    Never for a day that has begun: a seed whose hash comes after the first draw proves nothing.
    Days never overlap (constraint), also where the club moves to another time zone.
    Safe twice and in parallel (constraint: one seed for each day). Returns what was made.
    """
    zone = get_club().zone
    today = day_of(now, zone)
    wanted = [today + dt.timedelta(days=ahead) for ahead in range(1, days + 1)]
    kept = WheelDay.objects.kept().filter(day_on__gte=today, day_on__in=[today, *wanted])
    known = {day.day_on: day for day in kept}
    last = WheelDay.objects.kept().filter(day_on__lte=today).order_by("-day_on").first()
    fresh = []
    for day in wanted:
        if day not in known:
            made = _build_day(day, last, zone, now)
            if made.starts_at >= made.ends_at:  # the day before it reaches as far
                continue
            fresh.append(made)
            known[day] = made
        last = known[day]
    WheelDay.objects.bulk_create(fresh, ignore_conflicts=True)
    hashes = [day.seed_hash for day in fresh]
    return list(WheelDay.objects.filter(seed_hash__in=hashes).order_by("day_on"))


def _build_day(day: dt.date, last: WheelDay | None, zone: str, now: dt.datetime) -> WheelDay:
    """The club's own day. Where its time zone was changed after the day before was sealed, it
    begins where that one ends: two days never share an instant, and none is left without.
    """
    starts_at = start_of(day, zone)
    if last is not None and last.day_on < day:
        is_next = last.day_on == day - dt.timedelta(days=1) and last.ends_at > now
        if is_next or last.ends_at > starts_at:
            starts_at = last.ends_at
    seed = secrets.token_bytes(SEED_BYTES)
    return WheelDay(
        day_on=day,
        starts_at=starts_at,
        ends_at=start_of(day + dt.timedelta(days=1), zone),
        state=WheelDayState.SEALED,
        seed_hash=hash_seed(seed),
        sealed_seed=seal(seed.hex()),
        prepared_at=now,
    )


def reveal_days(*, now: dt.datetime) -> int:
    """Show the seeds of all days that are over, each in its own transaction; safe twice.

    Waits for draws of that day that are under way. A seed that no key opens any more stays, is
    discarded and logged. Returns how many were shown.
    """
    count = 0
    for pk in WheelDay.objects.to_reveal(now).order_by("day_on").values_list("pk", flat=True):
        try:
            count += _reveal(pk, now)
        except CannotUnseal:
            logger.error("The seed of day %s is sealed under a key that is gone.", pk)
            _discard(WheelDay.objects.filter(pk=pk, state=WheelDayState.SEALED), now)
    return count


@transaction.atomic
def reveal_day(day: WheelDay, *, by: Any, now: dt.datetime) -> WheelDay:
    """Show one day's seed. Raises SeedTooSoon before the day has ended."""
    if now < day.ends_at:
        raise SeedTooSoon
    if _reveal(day.pk, now):
        record_audit("wheel_day.revealed", day, by=by, now=now)
    return WheelDay.objects.get(pk=day.pk)


@transaction.atomic
def _reveal(pk: int, now: dt.datetime) -> bool:
    day = WheelDay.objects.select_for_update(no_key=True).get(pk=pk)
    if day.is_revealed or day.sealed_seed is None:
        return False
    day.revealed_seed = unseal(day.sealed_seed)
    day.state, day.revealed_at, day.sealed_seed = WheelDayState.REVEALED, now, None
    day.save(update_fields=["state", "revealed_at", "revealed_seed", "sealed_seed"])
    return True


@transaction.atomic
def discard_open_seeds(*, by: Any, now: dt.datetime) -> int:
    """After a backup was restored: what it says of sealed seeds is no secret any more, and draws
    made since are unknown to it. Today has no seed then; the coming days get new ones at once.

    Run again, it discards the new ones too. Returns how many were discarded.
    """
    count = _discard(WheelDay.objects.filter(state=WheelDayState.SEALED), now)
    prepare_days(now=now)
    if count:
        record_audit("wheel_day.discarded", WheelDay, by=by, changes={"days": count}, now=now)
    return count


def _discard(days: Any, now: dt.datetime) -> int:
    return days.update(state=WheelDayState.DISCARDED, discarded_at=now)


@lru_cache(maxsize=16)
def open_seed(sealed_seed: bytes) -> bytes:
    """The bytes of a sealed seed, opened once in a process. Raises CannotUnseal."""
    return bytes.fromhex(unseal(sealed_seed))
