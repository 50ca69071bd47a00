"""What member pages show of surveys."""

from collections.abc import Sequence
from typing import Any

from surveys.selectors.invitations import list_open
from surveys.selectors.member_page import get_member_surveys


def build_home(request, member, now):
    surveys = list_open(member, now=now)
    return {"surveys": surveys} if surveys else None


def build_staff(request, member, now):
    """Scores for whoever may read answers; when they were asked, and why not, for all staff."""
    with_scores = request.user.has_perm("surveys.view_response")
    surveys = get_member_surveys(member, now=now, with_scores=with_scores)
    numbers = [number for _at, number in surveys.nps] if surveys else []
    return {"surveys": surveys, "numbers": numbers, "trend": draw_trend(numbers)}


def draw_trend(numbers: Sequence[int]) -> dict[str, Any] | None:
    """Answers of 0 to 10 as a line of an SVG of 240 by 56; none of fewer than two."""
    if len(numbers) < 2:
        return None
    step = 230 / (len(numbers) - 1)
    dots = [(round(5 + at * step, 1), round(51 - 4.6 * each, 1)) for at, each in enumerate(numbers)]
    return {"line": "M" + "L".join(f"{x:g} {y:g}" for x, y in dots), "dots": dots}
