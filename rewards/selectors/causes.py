"""What a ledger entry is about, in words: "Used for: Tote bag", with a link.

An entry names its cause by code and id (``Transfer.cause_type``); whoever writes entries of a
code registers how they are described.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from members.registry import Registry
from rewards.enums import Reason
from rewards.models import Transfer


@dataclass(frozen=True, slots=True)
class CauseText:
    """``title`` completes "Used for: …"; ``reason`` is why, where somebody decided it. ``url`` is
    for the member ``member_id`` alone, where there is one: others of the household paid for it
    too. ``staff_url`` leads into the back office.
    """

    title: str = ""
    reason: str = ""
    url: str = ""
    member_id: int | None = None
    staff_url: str = ""


@dataclass(frozen=True, slots=True)
class CauseKind:
    """``describe(ids)`` returns texts by id, in one query; ``titles`` are the headlines of this
    kind by reason, or by (reason, unit), with ``%(about)s`` in them.
    """

    describe: Callable[[Collection[int]], Mapping[int, CauseText]]
    titles: Mapping[Any, Any] = field(default_factory=dict)


_TITLES: dict[Any, Any] = {
    Reason.HOLD: _("Reserved for: %(about)s"),
    Reason.CAPTURE: _("Used for: %(about)s"),
    Reason.RESTORE: _("Given back: %(about)s"),
}

causes: Registry[CauseKind] = Registry("cause of ledger entries")


def register_cause(
    code: str,
    describe: Callable[[Collection[int]], Mapping[int, CauseText]],
    *,
    titles: Mapping[Any, Any] | None = None,
) -> None:
    """Say how entries of the cause ``code`` are described; see ``CauseKind``."""
    causes.add(code, CauseKind(describe, titles or {}))


def describe_causes(transfers: Iterable[Transfer]) -> dict[tuple[str, int], CauseText]:
    """Texts by (code, id) for the causes of all these entries: one query per code."""
    wanted: dict[str, set[int]] = {}
    for transfer in transfers:
        if transfer.cause_id is not None and transfer.cause_type in causes:
            wanted.setdefault(transfer.cause_type, set()).add(transfer.cause_id)
    return {
        (code, pk): text
        for code, ids in wanted.items()
        for pk, text in causes[code].describe(ids).items()
    }


def build_title(transfer: Transfer, about: CauseText | None) -> str:
    """The headline of an entry with a cause; "" where it keeps its usual one."""
    kind = causes.get(transfer.cause_type)
    if kind is None or about is None or not about.title:
        return ""
    titles = {**_TITLES, **kind.titles}
    pattern = titles.get((transfer.reason, transfer.unit)) or titles.get(transfer.reason)
    return str(pattern) % {"about": about.title} if pattern else ""
