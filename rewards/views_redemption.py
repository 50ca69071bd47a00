"""A member's redemptions: asked for, shown with their codes, cancelled."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from core.errors import DomainError
from core.tables import get_htmx, render_for
from members.access import member_page
from members.models import Member
from members.selectors.club import get_club
from rewards.calendars import Event, build_calendar
from rewards.enums import RewardKind
from rewards.forms_redemption import RedeemForm
from rewards.models import Redemption, Reward
from rewards.qr import build_qr_svg
from rewards.selectors.catalogue import get_reward_page
from rewards.selectors.entitlements import list_entitlements
from rewards.selectors.redemptions import (
    count_given_back,
    get_calendar_entry,
    get_download,
    get_redemption_page,
    list_redemptions,
    show_redemption,
)
from rewards.selectors.spending_power import count_points
from rewards.services.giving import donate_reward
from rewards.services.redemption import cancel_redemption, check_cancellable, redeem_reward
from rewards.services.redemption.refusals import NotOnOffer

PER_PAGE = 20
_MOMENT = dt.timedelta(seconds=2)


# --- Asking -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def redemption_create(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """The price, what happens, and the press; a refusal is said in place."""
    now = timezone.now()
    reward = get_object_or_404(Reward.objects.filter(published_at__isnull=False), slug=slug)
    points, pooled = count_points(member, now)
    page = get_reward_page(member, slug, now=now, available_points=points)
    if page is None:
        return _refuse_unknown(request, member, reward)
    form = RedeemForm(request.POST or None, member=member, page=page, pooled=pooled)
    if request.method == "POST" and form.is_valid():
        try:
            if reward.kind == RewardKind.DONATION:
                return _give(request, member, reward, form, now)
            made = _redeem(request, member, reward, form, now)
        except DomainError as refusal:
            form.refuse(refusal)
            form.show_present_price()
        else:
            return _lead_to(request, made)
    context = {
        "form": form,
        "page": page,
        "offer": page.offer,
        "reward": page.offer.reward,
        "points": points,
        "pooled": pooled,
        "now": now,
        "is_open": True,
    }
    response = render_for(
        request, "rewards/redemption_form.html", context, partials={"redeem": "redeem"}
    )
    # htmx swaps what is well answered alone.
    if request.method == "POST" and not get_htmx(request):
        response.status_code = 422
    return response


def _redeem(
    request: HttpRequest, member: Member, reward: Reward, form: RedeemForm, now: dt.datetime
) -> Redemption:
    data = form.cleaned_data
    made = redeem_reward(
        member,
        reward,
        key=data["key"],
        by=request.user,
        now=now,
        session=form.get_session(),
        parcel=form.get_parcel(),
        seen_points=data["seen_points"],
        seen_amount=data["seen_amount"],
        with_household=data.get("with_household", False),
    )
    if now - made.reserved_at > _MOMENT:
        messages.info(request, _("You have asked for this already: here it is."))
    return made


def _give(
    request: HttpRequest, member: Member, reward: Reward, form: RedeemForm, now: dt.datetime
) -> HttpResponse:
    """A donation of the catalogue: it stands with what the member gave, not with vouchers."""
    data = form.cleaned_data
    donate_reward(
        member, reward, key=data["key"], is_named=data["is_named"],
        seen_points=data["seen_points"], by=request.user, now=now,
    )  # fmt: skip
    messages.success(request, _("Thank you! Your points are on their way to those who need them."))
    return _lead_to(request, "giving_mine")


def _refuse_unknown(request: HttpRequest, member: Member, reward: Reward) -> HttpResponse:
    """A reward that the member may not know of, or that was withdrawn since they saw it. A repeat
    of a press that went through still finds what came of it.
    """
    if request.method != "POST":
        raise Http404
    made = Redemption.objects.of(member).filter(reward=reward, key=request.POST.get("key", ""))
    if found := made.first():
        return _lead_to(request, found)
    messages.error(request, str(NotOnOffer()))
    return _lead_to(request, "reward_list")


def _lead_to(request: HttpRequest, target: Redemption | str) -> HttpResponse:
    address = resolve_url(target)
    if get_htmx(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


# --- Looking ------------------------------------------------------------------------------------


@require_safe
@member_page
def redemption_list(request: HttpRequest, member: Member) -> HttpResponse:
    """What is still good for something, then what was."""
    now = timezone.now()
    rows = list_redemptions(member, now=now)
    number, rows = _cut(request, rows)
    shown = [show_redemption(each, now=now) for each in rows[:PER_PAGE]]
    context = {
        "current": [each for each in shown if each.is_current],
        "past": [each for each in shown if not each.is_current],
        "waiting": list(list_entitlements(member, now=now)) if number == 1 else [],
        "newer": number - 1,
        "older": number + 1 if len(rows) > PER_PAGE else 0,
    }
    return render_for(
        request, "rewards/redemption_list.html", context, partials={"redemptions": "redemptions"}
    )


def _cut(request: HttpRequest, rows: Any) -> tuple[int, list[Redemption]]:
    """One page and a look ahead: nothing is counted."""
    try:
        number = min(max(int(request.GET.get("page", 1)), 1), 1000)
    except ValueError:
        number = 1
    start = (number - 1) * PER_PAGE
    return number, list(rows[start : start + PER_PAGE + 1])


@require_safe
@member_page
def redemption_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Where it stands, its code, what to do with it, and what happened so far."""
    now = timezone.now()
    page = get_redemption_page(member, pk, now=now)
    if page is None:
        raise Http404
    redemption = page.shown.redemption
    return render(
        request,
        "rewards/redemption_detail.html",
        {
            "page": page,
            "shown": page.shown,
            "redemption": redemption,
            "reward": redemption.reward,
            "delivery": getattr(redemption, "delivery", None),
            "qr": build_qr_svg(redemption.shown_code) if page.shown.has_code else "",
            "can_cancel": _find_refusal(redemption, now) is None,
            "can_download": get_download(member, pk, now=now) is not None,
        },
    )


def _find_refusal(redemption: Redemption, now: dt.datetime) -> DomainError | None:
    try:
        check_cancellable(redemption, now=now)
    except DomainError as refusal:
        return refusal
    return None


def _cancelled_text(redemption: Redemption) -> str:
    if redemption.price_points:
        return _("It is cancelled, and your points are back.")
    return _("It is cancelled. What you won or were given is yours to take again.")


@require_safe
@member_page
def redemption_calendar(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The booking as a file that calendars read."""
    found = get_calendar_entry(member, pk)
    if found is None:
        raise Http404
    redemption, session = found
    club = get_club()
    address = f"{settings.SITE_URL}{redemption.get_absolute_url()}"
    event = Event(
        uid=f"redemption-{redemption.pk}@{urlsplit(settings.SITE_URL).hostname}",
        stamp=redemption.closed_at or redemption.confirmed_at or redemption.reserved_at,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        title=redemption.reward.name_i18n,
        place=session.place_i18n,
        text="\n\n".join(filter(None, [redemption.reward.how_to_use_i18n, redemption.shown_code])),
        url=address,
        is_cancelled=not redemption.is_open and redemption.used_at is None,
    )
    response = HttpResponse(
        build_calendar(event, product=club.name_i18n), content_type="text/calendar; charset=utf-8"
    )
    name = slugify(redemption.reward.name) or "booking"
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response


@require_safe
@member_page
def redemption_download(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The file itself, from storage that no address leads to."""
    redemption = get_download(member, pk, now=timezone.now())
    if redemption is None:
        raise Http404
    download = redemption.reward.download
    try:
        file = download.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = download.name.rsplit("/", 1)[-1]
    response = FileResponse(file, as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- Giving back --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def redemption_cancellation(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """What comes back, and the press."""
    now = timezone.now()
    redemption = list_redemptions(member, now=now).filter(pk=pk).first()
    if redemption is None:
        raise Http404
    if request.method == "POST":
        try:
            cancel_redemption(redemption, by=request.user, now=now)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _cancelled_text(redemption))
        return redirect(redemption)
    if refusal := _find_refusal(redemption, now):
        messages.info(request, str(refusal))
        return redirect(redemption)
    context = {
        "shown": show_redemption(redemption, now=now),
        "redemption": redemption,
        "reward": redemption.reward,
        "back": count_given_back(redemption, now=now),
    }
    return render(request, "rewards/redemption_cancel.html", context)
