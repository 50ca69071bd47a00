"""What higher floors have to say about a purchase, on the pages of this one."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from members.registry import Registry
from purchases.models import Purchase


@dataclass(frozen=True, slots=True)
class Remark:
    """A column beside purchases and beside the lines of one, such as "points".

    ``of_purchases(ids)`` maps a purchase's id, ``of_lines(purchase)`` a line's position to a
    short text; neither asks the database more often for more of them.
    """

    code: str
    label: Any
    of_purchases: Callable[[Sequence[int]], Mapping[int, str]]
    of_lines: Callable[[Purchase], Mapping[int, str]]


remarks: Registry[Remark] = Registry("remark on purchases")


def register_remark(remark: Remark) -> None:
    remarks.add(remark.code, remark)


@dataclass(frozen=True, slots=True)
class PurchasePanel:
    """A piece of a purchase's page; ``build_context`` returns None to stay away."""

    code: str
    template: str
    build_context: Callable[[Any, Purchase, dt.datetime], dict[str, Any] | None]


purchase_panels: Registry[PurchasePanel] = Registry("purchase panel")


def register_purchase_panel(panel: PurchasePanel) -> None:
    purchase_panels.add(panel.code, panel)


@dataclass(frozen=True, slots=True)
class StaffLink:
    """Something that staff may do with a purchase, on its page in the back office."""

    code: str
    label: Any
    icon: str
    build_url: Callable[[Purchase], str]
    permission: str


staff_links: Registry[StaffLink] = Registry("link on purchases for staff")


def register_staff_link(link: StaffLink) -> None:
    staff_links.add(link.code, link)
