"""What purchases earned, net of what returns took back."""

from collections.abc import Sequence

from core.bulk import read_together
from rewards.enums import Unit
from rewards.models import Award, Reversal

_POINTS = """
    SELECT a.purchase_id, sum(a.awarded_points - coalesce(r.back, 0))::bigint
    FROM rewards_award a
    LEFT JOIN LATERAL (
        SELECT sum(reversed_points) AS back FROM rewards_reversal WHERE award_id = a.id
    ) AS r ON true
    WHERE a.purchase_id = ANY(%s) AND a.unit = 'points'
    GROUP BY a.purchase_id
"""


def count_points(purchase_ids: Sequence[int]) -> dict[int, int]:
    """Points per purchase as they stand today, in one query."""
    if not purchase_ids:
        return {}
    (rows,) = read_together([(_POINTS, [list(purchase_ids)])])
    return dict(rows)


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
