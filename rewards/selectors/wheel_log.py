"""The public log of a day: what anyone needs to compute its draws again, naming nobody."""

import csv
import datetime as dt
import io
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import override

from members.names import mask_name
from members.selectors.club import get_club
from rewards.enums import PrizeKind
from rewards.models import Slice, Spin, Wheel, WheelDay
from rewards.selectors.prizes import describe_prize

FORMAT = "club-wheel-log/1"


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One day of a wheel for the fairness page; ``seed`` is "" until it is revealed."""

    day: WheelDay
    day_on: dt.date
    state: str
    seed_hash: str
    seed: str
    spin_count: int

    @property
    def is_revealed(self) -> bool:
        return bool(self.seed)


def list_days(wheel: Wheel, *, now: dt.datetime, limit: int = 60) -> list[ShownDay]:
    """Days with a seed, newest first, the sealed ones to come before them; one query."""
    spun = Count("spins", filter=Q(spins__version__wheel=wheel))
    days = WheelDay.objects.annotate(spun_count=spun).order_by("-starts_at", "-pk")
    return [_show(day) for day in days[:limit]]


def find_day(day_on: dt.date) -> WheelDay | None:
    """The seed of a day; of several (a restored backup discarded some before the day began) the
    last, which alone can have drawn.
    """
    return WheelDay.objects.filter(day_on=day_on).order_by("-pk").first()


def _show(day: Any) -> ShownDay:
    return ShownDay(day, day.day_on, day.state, day.seed_hash, day.revealed_seed, day.spun_count)


@dataclass(frozen=True, slots=True)
class Winner:
    """A prize of the day for the wall of winners: ``name`` is masked as its language does it."""

    number: int
    name: str
    label: str
    prize: str
    drawn_at: dt.datetime


def list_winners(wheel: Wheel, day: WheelDay, *, limit: int = 50) -> list[Winner]:
    """Who won something that day, newest first; two queries. Numbers are those of the log."""
    numbers = {pk: number for number, pk in enumerate(_list_ids(wheel, day), start=1)}
    nothing = Q(is_substitute=False, slice__prize_kind=PrizeKind.NOTHING) | Q(
        is_substitute=True, slice__substitute__prize_kind=PrizeKind.NOTHING
    )
    spins = Spin.objects.for_list().of_wheel(wheel).filter(~nothing, day=day)
    won = spins.select_related("player__member").newest_first()[:limit]
    return [
        Winner(
            numbers[spin.pk], mask_name(spin.player.member), spin.slice.label_i18n,
            describe_prize(_get_paid(spin)), spin.drawn_at,
        )
        for spin in won
        if spin.pk in numbers  # else drawn between the two
    ]  # fmt: skip


def _list_ids(wheel: Wheel, day: WheelDay) -> QuerySet:
    rows = Spin.objects.filter(version__wheel=wheel, day=day)
    return rows.order_by("pk").values_list("pk", flat=True)


def _get_paid(spin: Spin) -> Any:
    return spin.slice.substitute if spin.is_substitute else spin.slice


def build_public_log(wheel: Wheel, day: WheelDay) -> dict[str, Any]:
    """The whole day of a wheel as plain data; ``rewards/verification/verify_wheel.py`` reads it.

    ``seed`` is "" before the day is revealed; draws are listed with it, not before. Labels are the
    club's own words, whoever downloads it. Three queries.
    """
    versions: dict[int, dict[str, Any]] = {}
    draws: list[dict[str, Any]] = []
    if day.is_revealed:
        spins = list(Spin.objects.of_wheel(wheel).filter(day=day).order_by("pk"))
        with override(get_club().locale):
            versions, places = _list_versions({spin.version_id for spin in spins})
        draws = [_write_draw(number, spin, places) for number, spin in enumerate(spins, start=1)]
    return {
        "format": FORMAT,
        "wheel": wheel.slug,
        "day": day.day_on.isoformat(),
        "seed_hash": day.seed_hash,
        "hash_published_at": _write(day.prepared_at),
        "begins_at": _write(day.starts_at),
        "ends_at": _write(day.ends_at),
        "discarded_at": _write(day.discarded_at),
        "seed": day.revealed_seed,
        "versions": list(versions.values()),
        "draws": draws,
    }


def _list_versions(ids: set[int]) -> tuple[dict[int, dict[str, Any]], dict[int, int]]:
    """Versions by id, and the place of each slice on its wheel, counted from one."""
    rows = Slice.objects.filter(version__in=ids).select_related(
        "version", "prize_reward", "substitute__prize_reward"
    )
    found: dict[int, dict[str, Any]] = {}
    places: dict[int, int] = {}
    for row in rows.order_by("version_id", "position"):
        version = found.setdefault(
            row.version_id,
            {
                "version": row.version_id,
                "number": row.version.number,
                "published_at": _write(row.version.published_at),
                "slices": [],
            },
        )
        substitute = getattr(row, "substitute", None)
        places[row.pk] = len(version["slices"]) + 1
        version["slices"].append(
            {
                "slice": places[row.pk],
                "label": row.label,
                "weight": row.weight,
                "prize": describe_prize(row),
                "stock": row.stock_count,
                "substitute": describe_prize(substitute) if substitute else None,
            }
        )
    return found, places


def _write_draw(number: int, spin: Spin, places: dict[int, int]) -> dict[str, Any]:
    return {
        "number": number,
        "version": spin.version_id,
        "player": spin.pseudonym,
        "counter": spin.counter,
        "slice": places[spin.slice_id],
        "stock_event": spin.hit_number,
        "paid": "substitute" if spin.is_substitute else "prize",
        "drawn_at": _write(spin.drawn_at),
    }


def _write(moment: dt.datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_log_json(log: dict[str, Any]) -> str:
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def write_log_csv(log: dict[str, Any]) -> str:
    """The draws alone, one a line; slices by their place on the wheel."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["number", "version", "player", "counter", "slice", "stock_event", "paid", "drawn_at"]
    )
    for draw in log["draws"]:
        writer.writerow(["" if value is None else value for value in draw.values()])
    return out.getvalue()
