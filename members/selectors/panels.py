"""Which panels of a member have something to show: asked for all of them at once."""

import datetime as dt
from collections.abc import Sequence

from core.bulk import read_together
from core.time import day_of
from members.models import Member
from members.registry import Panel
from members.selectors.club import get_club


def list_speaking(panels: Sequence[Panel], member: Member, *, now: dt.datetime) -> list[Panel]:
    """Panels without a probe, and those whose probe finds a row; one query for all probes."""
    probed = [panel for panel in panels if panel.probe]
    if not probed:
        return list(panels)
    asked = ", ".join(f"EXISTS ({panel.probe})" for panel in probed)
    values = {"member": member.pk, "now": now, "today": day_of(now, get_club().zone)}
    (((*answers,),),) = read_together([(f"SELECT {asked}", values)])
    silent = {panel.code for panel, speaks in zip(probed, answers, strict=True) if not speaks}
    return [panel for panel in panels if panel.code not in silent]
