"""What purchases earned, net of what returns took back."""

from collections.abc import Sequence

from django.db.models import Sum
from django.db.models.functions import Coalesce

from rewards.enums import Unit
from rewards.models import Award, Reversal


def count_points(purchase_ids: Sequence[int]) -> dict[int, int]:
    """Points per purchase as they stand today, in one query."""
    if not purchase_ids:
        return {}
    awards = Award.objects.filter(purchase__in=purchase_ids, unit=Unit.POINTS).annotate(
        back=Coalesce(Sum("reversals__reversed_points"), 0)
    )
    points: dict[int, int] = {}
    for purchase_id, awarded, back in awards.values_list("purchase_id", "awarded_points", "back"):
        points[purchase_id] = points.get(purchase_id, 0) + awarded - back
    return points


def count_points_by_line(purchase_id: int) -> dict[int, int]:
    """Points per line position of a purchase, from the stored allocations, in two queries."""
    awards = Award.objects.filter(purchase=purchase_id, unit=Unit.POINTS)
    positions: dict[int, list[int]] = {}
    points: dict[int, int] = {}
    for pk, at, allocations in awards.values_list("pk", "positions", "allocations"):
        positions[pk] = at
        for position, number in zip(at, allocations, strict=True):
            points[position] = points.get(position, 0) + number
    reversals = Reversal.objects.filter(award__in=positions)
    for award_id, allocations in reversals.values_list("award_id", "allocations"):
        for position, number in zip(positions[award_id], allocations, strict=True):
            points[position] -= number
    return points


def list_reversals(award_ids: Sequence[int]) -> list[Reversal]:
    """What returns took back of the awards, oldest first."""
    return list(
        Reversal.objects.filter(award__in=award_ids)
        .select_related("award__rule_version__rule", "purchase_return")
        .order_by("effective_at", "pk")
    )
