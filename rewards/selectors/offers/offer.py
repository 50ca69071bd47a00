"""A reward with the answer for one member."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.enums import RewardKind
from rewards.models import Reward
from rewards.selectors.offers.doors import Door, GateLine

# Kinds as members think of them: several, one, and the kinds that they are.
SHELVES = {
    "voucher": (
        gettext_lazy("Vouchers"),
        gettext_lazy("Voucher"),
        (RewardKind.VOUCHER, RewardKind.POOL),
    ),
    "goods": (gettext_lazy("Goods"), gettext_lazy("Goods"), (RewardKind.GOODS,)),
    "experience": (
        gettext_lazy("Experiences"),
        gettext_lazy("Experience"),
        (RewardKind.EXPERIENCE,),
    ),
    "partner": (
        gettext_lazy("Partner offers"),
        gettext_lazy("Partner offer"),
        (RewardKind.PARTNER,),
    ),
    "credit": (gettext_lazy("Store credit"), gettext_lazy("Store credit"), (RewardKind.CREDIT,)),
    "tier": (gettext_lazy("Tiers"), gettext_lazy("Tier"), (RewardKind.TIER,)),
    "download": (gettext_lazy("Downloads"), gettext_lazy("Download"), (RewardKind.DOWNLOAD,)),
}
_KIND_TEXTS = {kind: one for _several, one, kinds in SHELVES.values() for kind in kinds}
FEW = 5  # from here on "only 3 left" is said, where the reward sets no number of its own


@dataclass(slots=True)
class Offer:
    """A reward with the answer for one member, or for a visitor (``available_points`` None).

    ``reason`` says why the door isn't open, or that it opened early; ``left`` is None where
    there are enough.
    """

    reward: Reward
    door: Door
    reason: str
    price_points: int
    price_amount: int
    gates: list[GateLine]
    left: int | None = None
    next_session_at: dt.datetime | None = None
    used_count: int = 0
    is_wished: bool = False
    is_shown: bool = True
    available_points: int | None = None

    @property
    def kind_text(self) -> Any:
        """Its kind, as members think of it."""
        return _KIND_TEXTS.get(RewardKind(self.reward.kind), "")

    @property
    def is_open(self) -> bool:
        return self.door in (Door.OPEN, Door.EARLY)

    @property
    def is_early(self) -> bool:
        return self.door == Door.EARLY

    @property
    def is_sold_out(self) -> bool:
        return self.left == 0

    @property
    def limit_left(self) -> int | None:
        limit = self.reward.limit_count
        return None if limit is None else max(limit - self.used_count, 0)

    @property
    def missing_points(self) -> int:
        return max(self.price_points - (self.available_points or 0), 0)

    @property
    def remaining_points(self) -> int:
        """What stays after it."""
        return max((self.available_points or 0) - self.price_points, 0)

    @property
    def permille(self) -> int:
        """How far one is on the way to it, of a thousand."""
        if not self.missing_points:
            return 1000
        return 1000 * (self.available_points or 0) // self.price_points

    @property
    def is_within_reach(self) -> bool:
        return self.available_points is not None and not self.missing_points

    @property
    def can_be_had(self) -> bool:
        """Now, by this member; ``services.redemption`` decides at the press."""
        return (
            self.is_open and self.is_within_reach and not self.is_sold_out and self.limit_left != 0
        )

    @property
    def tiers(self) -> list[GateLine]:
        """The tiers that it is for, where it is for nobody else."""
        lines = [line for line in self.gates if line.color]
        return lines if len(lines) == len(self.gates) else []

    @property
    def stock_text(self) -> str:
        """ "Only 3 left", "Sold out"; empty where there are enough."""
        if self.left is None:
            return ""
        if self.left == 0:
            return _("Booked out") if self.reward.has_sessions else _("Sold out")
        few = FEW if self.reward.low_stock_count is None else self.reward.low_stock_count
        if self.left > few:
            return ""
        if self.reward.has_sessions:
            text = ngettext("Only %(count)s seat left", "Only %(count)s seats left", self.left)
        else:
            text = ngettext("Only %(count)s left", "Only %(count)s left", self.left)
        return text % {"count": self.left}

    @property
    def limit_text(self) -> str:
        """ "Limit: 2 a month", or that it is reached."""
        limit = self.reward.limit_count
        if limit is None:
            return ""
        shown = {"count": limit, "period": self.reward.get_limit_period_display()}
        if self.limit_left == 0:
            return _("You have reached the limit: %(count)s %(period)s") % shown
        return _("Limit: %(count)s %(period)s") % shown
