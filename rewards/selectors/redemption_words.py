"""The state of a redemption in words, for its member and for staff."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.money import format_money
from core.time import day_of, get_zone
from members.selectors.club import get_club
from rewards.enums import DeliveryState, RedemptionState, RewardKind
from rewards.models import Delivery, Redemption, RedemptionEvent
from rewards.selectors.wording import format_day

GOOD, OPEN, OVER, BAD = "good", "open", "over", "bad"


@dataclass(frozen=True, slots=True)
class Wording:
    """``title`` is the state in a few words, ``hint`` what the member does next or what became
    of it; ``tone`` one of good, open, over, bad.
    """

    title: str
    hint: str
    tone: str


def word_state(redemption: Redemption, *, now: dt.datetime) -> Wording:
    """Where it stands now, also where the sweep has yet to write it down.

    The reward, session and delivery must be loaded (``Redemption.objects.for_list``).
    """
    today = day_of(now, get_club().zone)
    if redemption.has_lapsed(now) or redemption.is_past_validity(today):
        return _word_expired(redemption)
    match redemption.state:
        case RedemptionState.RESERVED:
            return _word_reserved(redemption)
        case RedemptionState.CONFIRMED | RedemptionState.FULFILLED:
            return _word_open(redemption, now)
        case RedemptionState.USED:
            return _word_used(redemption)
        case RedemptionState.CANCELLED:
            return Wording(_("Cancelled"), _("Your points are back."), OVER)
    return _word_expired(redemption)


def _word_reserved(redemption: Redemption) -> Wording:
    until = write_moment(redemption.lapses_at)
    if not redemption.price_amount:
        return Wording(_("Reserved for you"), _("Held until %(until)s") % {"until": until}, OPEN)
    shown = {"amount": format_money(redemption.price_amount, get_club().currency), "until": until}
    hint = _("Pay %(amount)s at the counter until %(until)s and show this code. Then it is yours.")
    return Wording(_("Reserved for you"), hint % shown, OPEN)


def _word_open(redemption: Redemption, now: dt.datetime) -> Wording:
    reward = redemption.reward
    delivery = get_delivery(redemption)
    if delivery is not None:
        return _word_delivery(delivery)
    if redemption.session is not None:
        shown = {"moment": write_moment(redemption.session.starts_at)}
        hint = _("Show this code when you arrive: %(moment)s") % shown
        return Wording(_("You are booked"), hint, GOOD)
    match reward.kind:
        case RewardKind.GOODS:
            return Wording(_("Ready for you"), _("Show this code at the counter."), GOOD)
        case RewardKind.CREDIT:
            amount = format_money(redemption.value_amount, get_club().currency)
            hint = _("%(amount)s more to pay with.") % {"amount": amount}
            return Wording(_("Added to your store credit"), hint, GOOD)
        case RewardKind.TIER:
            return Wording(_("Yours"), _until(redemption, now), GOOD)
        case RewardKind.DOWNLOAD:
            return Wording(_("Ready to download"), _until(redemption, now), GOOD)
    return Wording(_("Ready to use"), _until(redemption, now), GOOD)


def _until(redemption: Redemption, now: dt.datetime) -> str:
    if redemption.expires_on is None:
        return ""
    shown = {"day": format_day(redemption.expires_on, day_of(now, get_club().zone))}
    return _("Good until %(day)s, that day included.") % shown


def _word_delivery(delivery: Delivery) -> Wording:
    match delivery.state:
        case DeliveryState.PACKED:
            return Wording(_("Packed"), _("It leaves with the next post."), GOOD)
        case DeliveryState.SENT:
            return Wording(_("On its way"), "", GOOD)
        case DeliveryState.DELIVERED:
            return Wording(_("Delivered"), "", OVER)
        case DeliveryState.RETURNED:
            hint = _("The parcel came back to us. We will get in touch, or ask us.")
            return Wording(_("Came back"), hint, BAD)
    return Wording(_("Ordered"), _("We pack it soon and tell you when it leaves."), GOOD)


def _word_used(redemption: Redemption) -> Wording:
    used_at = redemption.used_at or redemption.reserved_at
    shown = {"day": format_day(day_of(used_at, get_club().zone))}
    if redemption.session is not None:
        return Wording(_("You were there"), _("On %(day)s.") % shown, OVER)
    if redemption.reward.is_delivered:
        return Wording(_("Handed over"), _("On %(day)s.") % shown, OVER)
    return Wording(_("Used"), _("On %(day)s.") % shown, OVER)


def _word_expired(redemption: Redemption) -> Wording:
    if redemption.confirmed_at is None:
        hint = _("It was not paid in time. Your points are back.")
        return Wording(_("Reservation ended"), hint, OVER)
    if redemption.session is not None:
        return Wording(_("This date is over"), "", OVER)
    if redemption.expires_on is None:
        return Wording(_("Expired"), "", OVER)
    shown = {"day": format_day(redemption.expires_on)}
    return Wording(_("Expired"), _("The last day was %(day)s.") % shown, OVER)


# --- Its history --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Milestone:
    title: str
    at: dt.datetime
    event: RedemptionEvent | None = None


def list_milestones(redemption: Redemption, events: Sequence[RedemptionEvent]) -> list[Milestone]:
    """What happened, in order; steps that fall together are told once."""
    found = [
        Milestone(title, event.effective_at, event)
        for event in events
        if (title := _name_step(redemption, event))
    ]
    delivery = get_delivery(redemption)
    if delivery is not None:
        for title, moment in (
            (_("Packed"), delivery.packed_at),
            (_("Delivered"), delivery.delivered_at if redemption.used_at is None else None),
        ):
            if moment is not None:
                found.append(Milestone(title, moment))
    return sorted(found, key=lambda each: each.at)


def _name_step(redemption: Redemption, event: RedemptionEvent) -> str:
    match event.to_state:
        case RedemptionState.RESERVED:
            return _("Reserved")
        case RedemptionState.CONFIRMED if event.from_state == RedemptionState.RESERVED:
            return _("Paid") if redemption.price_amount else _("Confirmed")
        case RedemptionState.FULFILLED if event.cause == "sent":
            return _("Sent")
        case RedemptionState.CONFIRMED | RedemptionState.FULFILLED if not event.from_state:
            return _("Booked") if redemption.session_id else _("Redeemed")
        case RedemptionState.USED:
            return _word_used(redemption).title
        case RedemptionState.CANCELLED:
            return {
                "club": _("Cancelled by the club"),
                "left": _("Cancelled as the membership ended"),
            }.get(event.cause, _("Cancelled"))
        case RedemptionState.EXPIRED:
            return _word_expired(redemption).title
    return ""


# --- Pieces -------------------------------------------------------------------------------------


def get_delivery(redemption: Redemption) -> Delivery | None:
    return getattr(redemption, "delivery", None)


def write_moment(moment: Any) -> str:
    """An instant in the club's own time, in words."""
    return date_format(localtime(moment, get_zone(get_club().zone)), "DATETIME_FORMAT")


def has_code_to_show(redemption: Redemption, *, now: dt.datetime) -> bool:
    """Whether its code opens something at this moment: at the counter, or at a partner's."""
    today = day_of(now, get_club().zone)
    if not redemption.is_open or redemption.has_lapsed(now) or redemption.is_past_validity(today):
        return False
    if redemption.state == RedemptionState.RESERVED or redemption.session_id is not None:
        return True
    if redemption.reward.kind == RewardKind.GOODS:
        delivery = get_delivery(redemption)
        return delivery is None
    return redemption.reward.kind == RewardKind.VOUCHER or redemption.reward.has_pool
