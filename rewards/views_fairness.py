"""How anyone can check a wheel: its hashes, its seeds, its days."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from members.access import find_member, in_club_time, member_page
from members.models import Member
from rewards.forms_wheel import SeedForm
from rewards.models import Slice, Wheel, WheelDay
from rewards.selectors.wheel import get_shown_wheel
from rewards.selectors.wheel_log import (
    find_day,
    list_days,
    list_winners,
    write_log_csv,
)
from rewards.services.wheel import choose_seed
from rewards.wheel_proofs import get_log

SCRIPT = Path(__file__).parent / "verification" / "verify_wheel.py"
DAYS, DRAWS = 45, 100


@require_safe
@in_club_time
def wheel_fairness(request: HttpRequest, slug: str) -> HttpResponse:
    """What is published when, what it proves and what not; for a member also their own seed."""
    now = timezone.now()
    wheel = get_object_or_404(Wheel, slug=slug)
    member = find_member(request)
    shown = get_shown_wheel(wheel, member, now=now)
    days = list_days(wheel, now=now, limit=DAYS)
    context = {
        "wheel": wheel,
        "member": member,
        "shown": shown,
        "today": next((each for each in days if each.day_on == shown.day_on), None),
        "coming": [each for each in days if each.day.starts_at > now][::-1],
        "past": [each for each in days if each.day.ends_at <= now],
        "form": SeedForm(initial={"seed": shown.player_seed}) if shown.player_seed else None,
    }
    response = render(request, "rewards/wheel_fairness.html", context)
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    return response


@require_POST
@member_page
def wheel_seed(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """Play on under another seed."""
    wheel = get_object_or_404(Wheel, slug=slug)
    form = SeedForm(request.POST)
    seed = form.cleaned_data["seed"] if form.is_valid() else request.POST.get("seed", "")
    try:
        choose_seed(member, wheel, seed, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("You play on under your new seed, from the next spin."))
    return redirect("wheel_fairness", slug=wheel.slug)


@require_safe
@in_club_time
def wheel_day(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """A day's log, and what came of computing it again."""
    wheel, found = _get_day(slug, day)
    kept = get_log(wheel, found)
    log = kept.read()
    slices = {each["version"]: each["slices"] for each in log["versions"]}
    labels = _list_labels(list(slices))
    page = Paginator(log["draws"], DRAWS).get_page(request.GET.get("page"))
    page.object_list = [
        each
        | {
            "shown": slices[each["version"]][each["slice"] - 1],
            "label": labels[each["version"]][each["slice"] - 1],
            "at": dt.datetime.fromisoformat(each["drawn_at"]),
        }
        for each in page.object_list
    ]
    context = {
        "wheel": wheel,
        "day": found,
        "log": log,
        "page": page,
        # By the very script that is offered: there is one recipe.
        "problems": kept.problems,
        "winners": list_winners(wheel, found, limit=12),
        "is_over": found.ends_at <= timezone.now(),
    }
    return render(request, "rewards/wheel_day.html", context)


def _list_labels(versions: list[int]) -> dict[int, list[str]]:
    """The log has the club's own words; the page shows the reader's."""
    labels: dict[int, list[str]] = {}
    for row in Slice.objects.filter(version__in=versions).order_by("version_id", "position"):
        labels.setdefault(row.version_id, []).append(row.label_i18n)
    return labels


def _get_day(slug: str, day: str) -> tuple[Wheel, WheelDay]:
    wheel = get_object_or_404(Wheel, slug=slug)
    try:
        found = find_day(dt.date.fromisoformat(day))
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return wheel, found


@require_safe
def wheel_log(request: HttpRequest, slug: str, day: str, extension: str) -> HttpResponse:
    """The log as a file, for the script and for spreadsheets."""
    wheel, found = _get_day(slug, day)
    write, kind = _FORMATS[extension]
    response = HttpResponse(write(get_log(wheel, found)), content_type=f"{kind}; charset=utf-8")
    name = f"wheel-{wheel.slug}-{found}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


_FORMATS: dict[str, tuple[Any, str]] = {
    "json": (lambda log: log.text, "application/json"),
    "csv": (lambda log: write_log_csv(log.read()), "text/csv"),
}


@require_safe
def wheel_script(request: HttpRequest) -> HttpResponse:
    """The script that computes a day again, as it lies in our own source."""
    response = HttpResponse(SCRIPT.read_bytes(), content_type="text/x-python")
    response["Content-Disposition"] = f'attachment; filename="{SCRIPT.name}"'
    return response
