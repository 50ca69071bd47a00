"""Wheels: looked at, spun, and what came of it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.joining import join_sentences
from core.tables import get_htmx, render_for
from members.access import member_page
from members.models import Member
from rewards.forms_wheel import SpinForm
from rewards.models import Wheel, WheelVersion
from rewards.selectors.wheel import (
    ShownWheel,
    WheelDoor,
    build_slices,
    get_shown_wheel,
    list_shown_wheels,
    list_slices,
)
from rewards.selectors.wheel_spins import get_spin, list_spins
from rewards.services.wheel import ensure_player, spin_wheel
from rewards.wheel_pages import (
    DOOR_ICONS,
    build_drawing,
    build_result,
    draw_slices,
    find_rest,
    find_slice,
    list_tokens,
    say_next,
)
from rewards.wheel_proofs import prove_spin

PER_PAGE = 20
_MOMENT = dt.timedelta(seconds=4)


@require_safe
@member_page
def wheel_list(request: HttpRequest, member: Member) -> HttpResponse:
    """All wheels that are open to the member; where there is but one, that one."""
    now = timezone.now()
    wheels = list_shown_wheels(member, now=now)
    if len(wheels) == 1:
        return redirect(wheels[0].wheel)
    cards = [
        {
            "shown": each,
            "wheel": each.wheel,
            "drawing": build_drawing(each),
            "hint": say_next(each, now=now),
        }
        for each in wheels
    ]
    return render(request, "rewards/wheel_list.html", {"cards": cards})


@require_safe
@member_page
def wheel_detail(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """The wheel, what a spin costs, the press, the odds; at rest where the last spin ended."""
    now = timezone.now()
    others = WheelVersion.objects.in_force(now).exclude(wheel=OuterRef("pk"))
    wheel = get_object_or_404(Wheel.objects.annotate(has_others=Exists(others)), slug=slug)
    shown = _look(wheel, member, now)
    last = next(iter(list_spins(member, wheel=wheel, limit=1)), None)
    context = _build_context(shown, now) | {
        "drawing": build_drawing(shown, last),
        "is_told": last is not None and last.day_on == shown.day_on and not shown.can_spin,
        "last": build_result(last) if last else None,
        "has_others": wheel.has_others,  # type: ignore[attr-defined]  # annotated above
    }
    return render(request, "rewards/wheel_detail.html", context)


def _look(wheel: Wheel, member: Member, now: dt.datetime) -> ShownWheel:
    """With a key for the next press; whoever comes for the first time becomes a player."""
    shown = get_shown_wheel(wheel, member, now=now)
    if shown.key or shown.door not in (WheelDoor.OPEN, WheelDoor.NO_SPINS) or shown.pseudonym:
        return shown
    ensure_player(member, wheel, now=now)
    return get_shown_wheel(wheel, member, now=now)


def _build_context(shown: ShownWheel, now: dt.datetime) -> dict[str, Any]:
    return {
        "wheel": shown.wheel,
        "shown": shown,
        "tokens": list_tokens(shown),
        "door_icon": DOOR_ICONS.get(shown.door, "info"),
        "door_hint": say_next(shown, now=now),
    }


@require_POST
@member_page
def wheel_spins(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """The press. The script gets what to tell and how far to turn, anybody else the spin's page."""
    now = timezone.now()
    wheel = get_object_or_404(Wheel, slug=slug)
    form = SpinForm(request.POST)
    try:
        made = _spin(request, member, wheel, form, now)
    except DomainError as refusal:
        return _refuse(request, member, wheel, str(refusal), now)
    if not get_htmx(request):
        if now - made.drawn_at > _MOMENT:
            messages.info(request, _("You had made this spin already: here it is again."))
        return redirect(made)
    spin = get_spin(member, made.pk)
    if spin is None:
        raise Http404
    shown = _look(wheel, member, now)
    result, slice_ = build_result(spin), find_slice(shown.slices, spin)
    context = _build_context(shown, now) | {
        "drawing": build_drawing(shown, spin),
        "fresh": result,
        "fresh_said": join_sentences([result.title, result.use]),
        "fresh_turn": "" if slice_ is None else f"{find_rest(shown.slices, spin):.2f}",
        "fresh_slice": "" if slice_ is None else slice_,
        "is_again": now - made.drawn_at > _MOMENT,
    }
    return _answer(request, context)


def _spin(
    request: HttpRequest, member: Member, wheel: Wheel, form: SpinForm, now: dt.datetime
) -> Any:
    form.is_valid()  # what is missing or odd, the service refuses by its own words
    data = form.cleaned_data
    return spin_wheel(
        member,
        wheel,
        data.get("key", ""),
        with_points=data.get("with_points", False),
        seen_points=data.get("seen_points"),
        by=request.user,
        now=now,
    )


def _refuse(
    request: HttpRequest, member: Member, wheel: Wheel, words: str, now: dt.datetime
) -> HttpResponse:
    if not get_htmx(request):
        messages.error(request, words)
        return redirect(wheel)
    shown = _look(wheel, member, now)
    context = _build_context(shown, now) | {"drawing": build_drawing(shown), "refusal": words}
    return _answer(request, context)


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render_for(
        request, "rewards/wheel_detail.html", context, partials={"wheel-play": "play"}
    )


@require_safe
@member_page
def wheel_spin(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One spin: what it brought, how to use it, and how it was drawn."""
    spin = get_spin(member, pk)
    if spin is None:
        raise Http404
    now = timezone.now()
    # The wheel as it was then, whatever it offers by now.
    slices = build_slices(list_slices(WheelVersion(pk=spin.version_id)))
    context = {
        "wheel": spin.wheel,
        "shown": get_shown_wheel(spin.wheel, member, now=now),
        "spin": build_result(spin),
        "drawing": draw_slices(slices, spin),
        "is_told": True,
        "is_result": True,
        "proof": prove_spin(spin.id),
    }
    return render(request, "rewards/wheel_spin.html", context)


@require_safe
@member_page
def wheel_history(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """The member's spins of this wheel, each with the way to its proof."""
    wheel = get_object_or_404(Wheel, slug=slug)
    number = _read_page(request)
    rows = list_spins(member, wheel=wheel, limit=number * PER_PAGE + 1)
    rows = rows[(number - 1) * PER_PAGE :]
    context = {
        "wheel": wheel,
        "spins": [build_result(each) for each in rows[:PER_PAGE]],
        "newer": number - 1,
        "older": number + 1 if len(rows) > PER_PAGE else 0,
    }
    return render(request, "rewards/wheel_history.html", context)


def _read_page(request: HttpRequest) -> int:
    try:
        return min(max(int(request.GET.get("page", 1)), 1), 50)
    except ValueError:
        return 1
