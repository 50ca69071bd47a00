"""A wheel as pages draw and word it, from what the selectors say of it."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.joining import join_comma
from core.money import format_money
from core.pictures import wheel as pictures
from members.selectors.club import get_club
from rewards.enums import PrizeKind
from rewards.selectors.wheel import ShownSlice, ShownWheel, WheelDoor
from rewards.selectors.wheel_spins import ShownSpin
from rewards.selectors.wording import format_count, format_points

ICONS = {
    PrizeKind.NOTHING: "leaf",
    PrizeKind.REWARD: "gift",
    PrizeKind.POINTS: "points",
    PrizeKind.CREDIT: "card",
    PrizeKind.SPINS: "wheel",
}
DOOR_ICONS = {
    WheelDoor.NOT_ON: "moon",
    WheelDoor.GATE: "lock",
    WheelDoor.NO_SEED: "moon",
    WheelDoor.STAFF: "people",
    WheelDoor.NO_LOGIN: "lock",
    WheelDoor.NO_SPINS: "clock",
}
_MOST_TOKENS = 12
_SWATCH = (
    '<svg class="odds-swatch" viewBox="0 0 16 16" aria-hidden="true">'
    '<circle cx="8" cy="8" r="7.5" fill="{}"/></svg>'
)


# --- The wheel ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Odds:
    """A line of the table of odds."""

    label: str
    swatch: SafeString
    prize: str
    chance: str
    one_in: str
    left: str
    substitute: str | None
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """``rest`` is how far the disc is turned, ``pegs`` where the pointer is pushed aside, in
    degrees. ``is_true`` says that every slice is as wide as its odds.
    """

    disc: SafeString
    frame: SafeString
    rest: str
    pegs: str
    label: str
    is_true: bool
    odds: list[Odds]
    gone: list[ShownSlice]


def build_drawing(shown: ShownWheel, spin: ShownSpin | None = None) -> Drawing | None:
    """At rest where ``spin`` ended, if that was on the wheel as it is now; None without slices."""
    return draw_slices(shown.slices, spin) if shown.slices else None


def draw_slices(shown: Any, spin: ShownSpin | None = None) -> Drawing:
    slices = [_build_slice(each) for each in shown]
    shape = pictures.shape_wheel([each.weight for each in shown])
    won = find_slice(shown, spin)
    rest = find_rest(shown, spin) if spin is not None else 0.0
    disc = pictures.draw_disc(slices, shape, icons=static("img/icons.svg"), rest=rest, won=won)
    colors = pictures.list_colors(slices)
    total = sum(each.weight for each in shown) or 1
    return Drawing(
        disc=mark_safe(disc),  # noqa: S308 (its words are escaped where it is drawn)
        frame=mark_safe(pictures.draw_frame()),  # noqa: S308 (it holds no words at all)
        rest=_say_degrees(rest),
        pegs=" ".join(f"{peg:.1f}" for peg in pictures.list_pegs(shape)),
        label=_("A wheel with these slices: %(slices)s") % {
            "slices": join_comma(each.label for each in shown)
        },
        is_true=shape.is_true,
        odds=[
            _build_odds(each, color, total) for each, color in zip(shown, colors, strict=True)
        ],
        gone=[each for each in shown if each.is_gone],
    )  # fmt: skip


def find_slice(slices: Any, spin: ShownSpin | None) -> int | None:
    """Which of the slices it ended on; None where the wheel is another one by now."""
    if spin is None:
        return None
    return next((at for at, each in enumerate(slices) if each.id == spin.slice_id), None)


def find_rest(slices: Any, spin: ShownSpin) -> float:
    won = find_slice(slices, spin)
    shape = pictures.shape_wheel([each.weight for each in slices])
    return 0.0 if won is None else shape.find_rest(won, pictures.choose_inside(spin.counter))


def _say_degrees(degrees: float) -> str:
    return f"{degrees:.2f}"


def _build_slice(each: ShownSlice) -> pictures.Slice:
    icon = ICONS.get(PrizeKind(each.prize_kind), "")
    return pictures.Slice(each.label, each.weight, each.color, icon, is_gone=each.is_gone)


def _build_odds(each: ShownSlice, color: str, total: int) -> Odds:
    left = ""
    if each.left_count is not None:
        left = _("%(left)s of %(count)s left") % {
            "left": format_count(each.left_count), "count": format_count(each.stock_count or 0)
        }  # fmt: skip
    # A label that is the prize's own name needs no second telling.
    is_same = "".join(each.label.split()) == "".join(each.prize.split())
    return Odds(
        each.label, format_html(_SWATCH, color), "" if is_same else each.prize, each.chance,
        _say_one_in(Fraction(each.weight, total)), left, each.substitute, each.is_gone,
    )  # fmt: skip


def _say_one_in(chance: Fraction) -> str:
    """ "1 in 8"; a tenth where that says more: "1 in 2.5"."""
    if not chance:
        return pgettext("odds", "never")
    many = 1 / chance
    if many.denominator == 1 or many >= 10:
        return _("1 in %(count)s") % {"count": format_count(round(many))}
    tenths = f"{round(float(many), 1):g}"
    return _("about 1 in %(count)s") % {"count": tenths}


# --- What a member has --------------------------------------------------------------------------


def list_tokens(shown: ShownWheel) -> list[str]:
    """A ticket for each spin of the day, those that are used paler; more than fit are left to
    the words.
    """
    used = max(shown.daily_count - shown.free_count, 0)
    tokens = ["is-used"] * used + [""] * (shown.free_count + shown.grant_count)
    return tokens if len(tokens) <= _MOST_TOKENS else []


def say_next(shown: ShownWheel, *, now: dt.datetime) -> str:
    """When the door opens again, where that is known."""
    if shown.door == WheelDoor.STAFF:
        return _("Whoever can see behind the wheel should not win by it. Thank you.")
    if shown.door != WheelDoor.NO_SPINS or not shown.daily_count or not shown.day_ends_at:
        return ""
    hours = max(1, round((shown.day_ends_at - now).total_seconds() / 3600))
    return ngettext(
        "The next free spin comes at midnight, in about an hour.",
        "The next free spin comes at midnight, in about %(count)s hours.",
        hours,
    ) % {"count": hours}


@dataclass(frozen=True, slots=True)
class Result:
    """A spin in the words of its page; the rest is read through to what was won."""

    spin: ShownSpin
    title: str
    use: str
    icon: str
    action: str
    action_url: str
    url: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spin, name)


def build_result(spin: ShownSpin) -> Result:
    """What came up, how it is used, and the press that goes on from there."""
    kind = PrizeKind(spin.prize_kind)
    action, action_url = _choose_action(spin, kind)
    if spin.is_win:
        title = _("You won: %(prize)s") % {"prize": spin.prize}
    else:
        title = _("No prize this time")
    return Result(
        spin=spin,
        title=title,
        use=_say_use(spin, kind),
        icon=ICONS[kind],
        action=action,
        action_url=action_url,
        url=reverse("wheel_spin", args=[spin.id]),
    )


def _choose_action(spin: ShownSpin, kind: str) -> tuple[str, str]:
    if kind == PrizeKind.REWARD and spin.entitlement:
        if spin.entitlement.redemption_id:
            return _("See it"), reverse("redemption_detail", args=[spin.entitlement.redemption_id])
        if spin.entitlement.closed_at is None:
            return _("Take it"), reverse("entitlement_take", args=[spin.entitlement.pk])
    if kind == PrizeKind.SPINS and spin.won_wheel and spin.won_wheel.pk != spin.wheel.pk:
        return (
            _("Go to “%(wheel)s”") % {"wheel": spin.won_wheel.name_i18n},
            reverse("wheel_detail", args=[spin.won_wheel.slug]),
        )
    return "", ""


def _say_use(spin: ShownSpin, kind: str) -> str:
    match kind:
        case PrizeKind.POINTS:
            points = {"points": format_points(spin.points)}
            return _("%(points)s are in your balance; use them as you like.") % points
        case PrizeKind.CREDIT:
            amount = format_money(spin.amount, get_club().currency)
            return _(
                "%(amount)s lie in your store credit and pay at the counter like money."
            ) % {"amount": amount}  # fmt: skip
        case PrizeKind.SPINS if spin.won_wheel:
            return _("They are yours for “%(wheel)s”.") % {"wheel": spin.won_wheel.name_i18n}
        case PrizeKind.REWARD if spin.entitlement and spin.entitlement.redemption_id:
            return _("You have taken it already.")
        case PrizeKind.REWARD if spin.entitlement and spin.entitlement.closed_at:
            return _("It can't be taken any more: %(reason)s.") % {
                "reason": spin.entitlement.get_end_reason_display()
            }
        case PrizeKind.REWARD if spin.entitlement and spin.entitlement.expires_on:
            day = date_format(spin.entitlement.expires_on, "DATE_FORMAT")
            return _("It costs you nothing. Take it by %(day)s; it also waits in “My rewards”.") % {
                "day": day
            }
        case PrizeKind.REWARD:
            return _("It costs you nothing. Take it now, or later from “My rewards”.")
    return _("Thank you for playing. Every spin is drawn anew, whatever came before.")
