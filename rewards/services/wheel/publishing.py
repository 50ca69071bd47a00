"""A draft becomes the version that draws; stock is set aside for it and goes back afterwards."""

import datetime as dt
from collections import Counter
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from core.services.audit import record_audit
from core.time import day_of, start_of
from members.selectors.club import get_club
from rewards.models import Slice, Wheel, WheelVersion
from rewards.services.wheel.favour import find_start
from rewards.services.wheel.findings import check_publishable
from rewards.services.wheel.refusals import CannotPublish, WheelClosed
from rewards.services.wheel.seeds import prepare_days

_TAKE = """
    UPDATE rewards_reward SET stock_left = stock_left - %s
    WHERE id = %s AND stock_left >= %s RETURNING stock_left
"""
_GIVE = "UPDATE rewards_reward SET stock_left = stock_left + %s WHERE id = %s AND stock_left >= 0"


@transaction.atomic
def publish_version(version: WheelVersion, *, by: Any, now: dt.datetime) -> WheelVersion:
    """Put a draft into force, see ``find_start``; from then on nothing in it moves.

    The version that it follows ends there; one that was to begin later is replaced. What the
    prizes need is taken from the catalogue's stock. Raises CannotPublish with every reason.
    """
    wheel = Wheel.objects.select_for_update(no_key=True).get(pk=version.wheel_id)
    draft = WheelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not draft.is_draft:
        return draft
    check_publishable(draft, now=now)
    starts_at = find_start(draft, now=now)
    if draft.ends_at is not None and draft.ends_at <= starts_at:
        raise CannotPublish(reasons=_("It would be over before it begins."))
    _end_before(wheel, starts_at, now)
    _set_aside(draft)
    number = wheel.versions.aggregate(last=Max("number"))["last"] or 0
    draft.number, draft.starts_at = number + 1, starts_at
    draft.published_at, draft.published_by = now, by
    draft.save(update_fields=["number", "starts_at", "published_at", "published_by"])
    prepare_days(now=now)
    record_audit(
        "wheel.published", draft, by=by, now=now,
        changes={"wheel": wheel.slug, "number": draft.number, "starts_at": starts_at.isoformat()},
    )  # fmt: skip
    return draft


@transaction.atomic
def end_wheel(
    wheel: Wheel, *, at_once: bool = False, note: str = "", by: Any, now: dt.datetime
) -> None:
    """No more spins from the next programme day on; ``at_once`` where something went wrong.

    What was to begin later never does. Raises WheelClosed where nothing is in force or to come.
    """
    kept = Wheel.objects.select_for_update(no_key=True).get(pk=wheel.pk)
    zone = get_club().zone
    ends_at = now if at_once else start_of(day_of(now, zone) + dt.timedelta(days=1), zone)
    if not _end_before(kept, ends_at, now):
        raise WheelClosed(subject=wheel, by=by)
    record_audit(
        "wheel.ended", kept, by=by, note=note, now=now, changes={"ends_at": ends_at.isoformat()}
    )


def return_ended_stock(*, now: dt.datetime) -> int:
    """Give back what versions that are over didn't give away; safe twice. Returns how many."""
    over = WheelVersion.objects.holding_stock(now).order_by("pk").values_list("pk", flat=True)
    return sum(_return_one(pk, now) for pk in over)


@transaction.atomic
def _return_one(pk: int, now: dt.datetime) -> bool:
    version = WheelVersion.objects.select_for_update(no_key=True).get(pk=pk)
    if version.returned_at is not None:
        return False
    _give_back(version, now)
    return True


def _end_before(wheel: Wheel, moment: dt.datetime, now: dt.datetime) -> int:
    """End what is in force at an instant; what would begin later has an empty span."""
    count = 0
    open_versions = wheel.versions.published().exclude(ends_at__lte=moment)
    open_versions = open_versions.exclude(ends_at=F("starts_at"))  # those never begin
    for version in open_versions.order_by("number").select_for_update(no_key=True):
        version.ends_at = max(moment, version.starts_at)
        version.save(update_fields=["ends_at"])
        if version.ends_at <= now or version.starts_at == version.ends_at:
            _give_back(version, now)
        count += 1
    return count


def _set_aside(draft: WheelVersion) -> None:
    """Take what the prizes need, rewards in order of id, as all do who take several."""
    rows = draft.slices.filter(stock_count__isnull=False).select_related("prize_reward")
    wanted: Counter[int] = Counter()
    names: dict[int, str] = {}
    for row in rows:
        reward = row.prize_reward
        if reward is not None and reward.stock_left is not None:
            wanted[reward.pk] += row.stock_count or 0
            names[reward.pk] = reward.name
    with connection.cursor() as cursor:
        for reward_id, count in sorted(wanted.items()):
            cursor.execute(_TAKE, [count, reward_id, count])
            if cursor.fetchone() is None:
                text = _("The last of “%(reward)s” has just gone.")
                raise CannotPublish(reasons=text % {"reward": names[reward_id]})
    Slice.objects.filter(
        version=draft, stock_count__isnull=False, prize_reward__in=list(wanted)
    ).update(is_set_aside=True)


def _give_back(version: WheelVersion, now: dt.datetime) -> None:
    """The slices are closed in the same breath: a draw that is under way finds it out."""
    rows = version.slices.filter(stock_count__isnull=False, returned_count__isnull=True)
    back: Counter[int] = Counter()
    for row in rows.order_by("pk").select_for_update(no_key=True):
        row.returned_count = row.left_count
        row.save(update_fields=["returned_count"])
        if row.is_set_aside and row.prize_reward_id is not None:
            back[row.prize_reward_id] += row.returned_count
    with connection.cursor() as cursor:
        for reward_id, count in sorted(back.items()):
            cursor.execute(_GIVE, [count, reward_id])
    version.returned_at = now
    version.save(update_fields=["returned_at"])
