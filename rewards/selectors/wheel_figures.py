"""What a wheel has drawn, beside what its weights let expect."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count

from rewards.engine.goodness import Fit, judge_fit
from rewards.models import Spin, WheelVersion
from rewards.selectors.prizes import describe_prize
from rewards.selectors.wheel import list_slices
from rewards.selectors.wheel_words import format_chance

# So unlikely by chance that somebody has to look; and not judged by fewer draws than this.
ALARM = 0.0001
LEAST_DRAWS = 200


@dataclass(frozen=True, slots=True)
class SliceFigures:
    label: str
    color: str
    prize: str
    chance: str
    drawn: int
    expected: float
    substitute_count: int
    left_count: int | None


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """``fit.p`` is the goodness of fit; ``is_alarming`` where chance hardly explains it."""

    version: WheelVersion
    slices: Sequence[SliceFigures]
    fit: Fit

    @property
    def is_alarming(self) -> bool:
        return self.fit.p is not None and self.fit.draws >= LEAST_DRAWS and self.fit.p < ALARM


def count_draws(version: WheelVersion, *, since: dt.datetime | None = None) -> VersionFigures:
    """Drawn against expected, slice by slice; two queries."""
    slices = list_slices(version)
    spins = Spin.objects.filter(version=version)
    if since is not None:
        spins = spins.filter(drawn_at__gte=since)
    counts = {
        (slice_id, is_substitute): count
        for slice_id, is_substitute, count in spins.values_list("slice_id", "is_substitute")
        .annotate(count=Count("pk"))
        .order_by()
    }
    weights = [each.weight for each in slices]
    drawn = [counts.get((each.pk, False), 0) + counts.get((each.pk, True), 0) for each in slices]
    draws, total = sum(drawn), sum(weights) or 1
    figures = [
        SliceFigures(
            each.label_i18n, each.color, describe_prize(each),
            format_chance(Fraction(each.weight, total)), count, draws * each.weight / total,
            counts.get((each.pk, True), 0), each.left_count,
        )
        for each, count in zip(slices, drawn, strict=True)
    ]  # fmt: skip
    return VersionFigures(version, figures, judge_fit(drawn, weights))


def list_alarming(now: dt.datetime) -> list[VersionFigures]:
    """Versions that draw now, or did a week ago, and stray from their odds."""
    recent = WheelVersion.objects.published().filter(starts_at__lte=now)
    recent = recent.exclude(ends_at__lt=now - dt.timedelta(days=7)).select_related("wheel")
    return [each for each in map(count_draws, recent.order_by("pk")) if each.is_alarming]
