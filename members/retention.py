"""The retention policy: what is kept of people, why, how long, and what is done then.

The policy itself is reviewed data (``settings.RETENTION_POLICY`` names it): members read it on
their privacy page, staff in the back office, a daily task executes it
(``members.services.retention``), and a system check demands a line for every model with
personal data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

# Headings of the privacy page, in its order.
CATEGORIES: Mapping[str, Any] = {
    "you": _("You and how to reach you"),
    "login": _("Your login"),
    "agreed": _("What you agreed to and asked for"),
    "bought": _("What you bought"),
    "points": _("Points, tiers and rewards"),
    "did": _("What you did and were told"),
    "staff": _("What staff did and noted"),
    "technical": _("Technical traces"),
}


# Days, as a policy counts them and its words say them.
MONTH, YEAR = 30, 365


class Then(StrEnum):
    """What happens to a row when its time is over."""

    DELETE = "delete"
    BLANK = "blank"  # the named columns are emptied, the row stays
    FILE = "file"  # the files in the named columns are deleted, the row stays
    ERASE = "erase"  # the whole record is emptied, as when the member asks for it
    EMPTY_ABSORBED = "empty_absorbed"  # so is the record that went up in another; the merge stays
    KEEP = "keep"


class AtErasure(StrEnum):
    """What an erasure does with the rows of a member."""

    DELETED = "deleted"
    BLANKED = "blanked"
    KEPT = "kept"  # without the record it names nobody


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the policy.

    ``days`` counts from the column ``since``; without it the rows stay as long as the
    membership, or for good where ``then`` is KEEP. ``only`` narrows to rows that match.
    ``why`` and ``what`` are sentences for members.
    """

    model: str
    category: str
    what: Any
    why: Any
    erased: AtErasure
    days: int | None = None
    since: str = ""
    then: Then = Then.KEEP
    only: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: Callable[[Any], Any] | None = None  # ``rows(before)``: where a filter doesn't do

    @property
    def is_executed(self) -> bool:
        return self.days is not None and self.then != Then.KEEP


@dataclass(frozen=True, slots=True)
class Policy:
    """``erasure_wait_days`` is how long a member may think again; ``export_hours`` how long a
    download stays.
    """

    lines: tuple[Line, ...]
    erasure_wait_days: int = 7
    export_hours: int = 24

    def list_lines(self, model_label: str) -> list[Line]:
        return [line for line in self.lines if line.model.lower() == model_label.lower()]


def get_policy() -> Policy:
    return import_string(settings.RETENTION_POLICY)
