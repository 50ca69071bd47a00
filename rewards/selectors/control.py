"""Limits and approvals in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from members.selectors.club import get_club
from rewards.enums import Measure
from rewards.models import Approval
from rewards.registry import ActWords, act_kinds
from rewards.selectors.wording import format_count, format_points

MOST_COUNTED = 100  # the badge of the menu says "99+" from here on


def format_measure(amount: int, kind: str) -> str:
    """ "500 points", "$12.00" or "3 members": an amount in what the limits of its kind count."""
    known = act_kinds.get(kind)
    measure = known.measure if known else Measure.POINTS
    if measure == Measure.MONEY:
        return format_money(amount, get_club().currency)
    if measure == Measure.MEMBERS:
        shown = {"count": format_count(amount)}
        return ngettext("%(count)s member", "%(count)s members", amount) % shown
    if measure == Measure.SPINS:
        shown = {"count": format_count(amount)}
        return ngettext("%(count)s spin", "%(count)s spins", amount) % shown
    if measure == Measure.STAMPS:
        shown = {"count": format_count(amount)}
        return ngettext("%(count)s stamp", "%(count)s stamps", amount) % shown
    return format_points(amount)


def explain_excess(excess: Iterable[Mapping[str, Any]], kind: str) -> list[str]:
    """Why an act is above somebody's limits, a sentence for each."""
    sentences = {
        "per_act": _("one act may be %(limit)s"),
        "per_actor_day": _("one person may do %(limit)s in 24 hours, and has done %(used)s"),
        "per_member_day": _("one member may get %(limit)s in 24 hours, and had %(used)s"),
        "per_pair_day": _(
            "one person may do %(limit)s for one member in 24 hours, and has done %(used)s"
        ),
        "approve_act": _("one approval may be %(limit)s"),
        "approve_day": _("one person may approve %(limit)s in 24 hours, and has approved %(used)s"),
    }
    return [
        sentences[each["code"]]
        % {
            "limit": format_measure(each["limit"], each.get("kind", kind)),
            "used": format_measure(each["used"], each.get("kind", kind)),
        }
        for each in excess
    ]


def describe_approvals(approvals: Iterable[Approval]) -> dict[int, ActWords]:
    """What waits, by the approval's key; one look-up for all of a kind."""
    approvals = list(approvals)
    words: dict[int, ActWords] = {}
    for code in {approval.kind for approval in approvals}:
        kind = act_kinds.get(code)
        mine = [approval for approval in approvals if approval.kind == code]
        found: Mapping[int, ActWords] = {}
        if kind is not None and kind.describe is not None:
            found = kind.describe([approval.payload_id for approval in mine])
        for approval in mine:
            words[approval.pk] = found.get(approval.payload_id, ActWords(str(approval)))
    return words


def get_kind_label(code: str) -> str:
    kind = act_kinds.get(code)
    return str(kind.label) if kind else code
