"""Giving points: appeals for everybody, gifts for members."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.joining import end_once
from core.tables import stream_csv
from members.access import find_member, in_club_time, member_page
from members.models import Member
from rewards.forms_giving import PRESETS, DonateForm, RoundForm, ShareForm
from rewards.models import Appeal, Charity, Donation, Entitlement, StandingDonation
from rewards.selectors.balances import get_balances
from rewards.selectors.giving import (
    AppealPage,
    get_appeal_page,
    get_counter,
    get_year,
    list_appeals,
    list_donations,
    list_prizes,
    list_settlements,
    list_shares,
    list_years,
    read_ledger,
    sum_donations,
)
from rewards.selectors.wording import format_points
from rewards.services.giving import (
    donate_points,
    donate_prize,
    end_share,
    round_down,
    set_share,
    undo_donation,
)

ROUND_TO = 100
PER_PAGE = 30


# --- For everybody -------------------------------------------------------------------------------


@require_safe
@in_club_time
def appeal_list(request: HttpRequest) -> HttpResponse:
    """What can be given to, urgent first; and what all gifts came to."""
    now = timezone.now()
    member = find_member(request)
    shown = list_appeals(now=now)
    context = {
        "member": member,
        "open": [each for each in shown if each.is_open and not each.is_reached],
        "reached": [each for each in shown if each.is_reached],
        "over": [each for each in shown if not each.is_open and not each.is_reached],
        "counter": get_counter(),
    }
    return _keep_private(request, render(request, "rewards/appeal_list.html", context))


@require_safe
@in_club_time
def appeal_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return _show_appeal(request, slug, find_member(request), timezone.now())


@require_safe
@in_club_time
def giving_ledger(request: HttpRequest) -> HttpResponse:
    """The sums behind the counter: per charity and month, by the ledger."""
    lines = read_ledger()
    charities = Charity.objects.filter(pk__in=lines).order_by("position", "pk")
    settled: dict[int, list] = {}
    for settlement in list_settlements():
        settled.setdefault(settlement.charity_id, []).append(settlement)
    rows = [
        {
            "charity": charity,
            "lines": lines[charity.pk],
            "total": sum(line.total_points for line in lines[charity.pk]),
            "settlements": settled.get(charity.pk, []),
        }
        for charity in charities
    ]
    context = {"charities": rows, "counter": get_counter()}
    return render(request, "rewards/giving_ledger.html", context)


def _keep_private(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    return response


def _show_appeal(
    request: HttpRequest, slug: str, member: Member | None, now: dt.datetime,
    forms: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    page = get_appeal_page(slug, now=now)
    if page is None:
        raise Http404
    context: dict[str, Any] = {"member": member, "page": page, "shown": page.shown,
                               "appeal": page.shown.appeal}  # fmt: skip
    if member is not None and member.can_spend and page.shown.is_open:
        context |= _build_forms(member, page, now) | (forms or {})
    status = 422 if forms else 200
    response = render(request, "rewards/appeal_detail.html", context, status=status)
    return _keep_private(request, response)


def _build_forms(member: Member, page: AppealPage, now: dt.datetime) -> dict[str, Any]:
    available = get_balances(member, now=now).available
    rest = available % ROUND_TO
    share = next(
        (each for each in list_shares(member) if each.appeal_id == page.shown.appeal.pk), None
    )
    presets = [number for number in PRESETS if number <= available]
    return {
        "available": available,
        "donate_form": DonateForm(initial={"preset": presets[0] if presets else None}),
        "presets": presets,
        "rest": rest,
        "rounded": available - rest,
        "round_form": RoundForm(initial={"seen_points": rest}),
        "prizes": list_prizes(member, now=now),
        "share": share,
        "share_form": ShareForm(
            initial={"share_percent": share.share_percent, "is_named": share.is_named}
            if share
            else None
        ),
    }


# --- Giving --------------------------------------------------------------------------------------


@require_POST
@member_page
def donation_create(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    now = timezone.now()
    appeal = _get_appeal(slug)
    form = DonateForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = donate_points(
                member, appeal, form.get_points(), key=data["key"], is_named=data["is_named"],
                by=request.user, now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error("points", str(refusal))
        else:
            return _thank(request, made)
    return _show_appeal(request, slug, member, now, {"donate_form": form})


@require_POST
@member_page
def donation_rounding(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """Give what stands above the hundred that the page showed."""
    now = timezone.now()
    appeal = _get_appeal(slug)
    form = RoundForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = round_down(
                member, appeal, key=data["key"], is_named=data["is_named"],
                seen_points=data["seen_points"], by=request.user, now=now,
            )  # fmt: skip
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            return _thank(request, made)
    return redirect(appeal)


@require_POST
@member_page
def donation_prize(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """Pass on a reward that was won or given, instead of taking it."""
    now = timezone.now()
    appeal = _get_appeal(slug)
    number = request.POST.get("entitlement", "")
    rows = Entitlement.objects.filter(member=member).select_related("reward", "member")
    entitlement = get_object_or_404(rows, pk=int(number) if number.isdecimal() else 0)
    try:
        made = donate_prize(
            entitlement, appeal, is_named=bool(request.POST.get("is_named")), by=request.user,
            now=now,
        )  # fmt: skip
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect(appeal)
    words = _("Thank you! The club gives %(points)s for “%(reward)s”.")
    shown = {"points": format_points(made.points), "reward": entitlement.reward.name_i18n}
    messages.success(request, words % shown)
    return redirect("giving_mine")


@require_POST
@member_page
def share_create(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    now = timezone.now()
    appeal = _get_appeal(slug)
    form = ShareForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_share(
                member, appeal, data["share_percent"], is_named=data["is_named"], by=request.user,
                now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error("share_percent", str(refusal))
        else:
            words = _("From now on %(percent)s%% of the points you earn go to “%(appeal)s”.")
            messages.success(
                request, words % {"percent": data["share_percent"], "appeal": appeal.name_i18n}
            )
            return redirect("giving_mine")
    return _show_appeal(request, slug, member, now, {"share_form": form})


def _get_appeal(slug: str) -> Appeal:
    return get_object_or_404(Appeal.objects.published().select_related("charity"), slug=slug)


def _thank(request: HttpRequest, made: Donation) -> HttpResponse:
    shown = {
        "points": format_points(made.points),
        "matched": format_points(made.match_points),
        "moment": date_format(timezone.localtime(made.final_at), "DATETIME_FORMAT"),
    }
    if made.match_points:
        text = _(
            "Thank you! You gave %(points)s, and %(matched)s were added. You can take it back"
            " until %(moment)s."
        )
    else:
        text = _("Thank you! You gave %(points)s. You can take it back until %(moment)s.")
    messages.success(request, end_once(text % shown))
    return redirect("giving_mine")


# --- What I gave ---------------------------------------------------------------------------------


@require_safe
@member_page
def giving_mine(request: HttpRequest, member: Member) -> HttpResponse:
    """My gifts, what share I give, and a statement for each year."""
    now = timezone.now()
    number = max(int(page) if (page := request.GET.get("page", "1")[:9]).isdecimal() else 1, 1)
    start = (min(number, 1000) - 1) * PER_PAGE
    rows = list(list_donations(member)[start : start + PER_PAGE + 1])
    context = {
        "donations": [(each, each.can_be_undone(now)) for each in rows[:PER_PAGE]],
        "newer": number - 1,
        "older": number + 1 if len(rows) > PER_PAGE else 0,
        "sums": sum_donations(member),
        "shares": list_shares(member),
        "years": list_years(member),
        "now": now,
    }
    return render(request, "rewards/giving_mine.html", context)


@require_safe
@member_page
def giving_year(request: HttpRequest, member: Member, year: int) -> HttpResponse:
    """The yearly statement, to print or to keep."""
    found = _get_year(member, year)
    return render(request, "rewards/giving_year.html", {"year": found, "member": member})


@require_safe
@member_page
def giving_year_download(request: HttpRequest, member: Member, year: int) -> Any:
    found = _get_year(member, year)
    header = [_("Day"), _("Charity"), _("Registration number"), _("Appeal"), _("Points given"),
              _("Points matched")]  # fmt: skip
    rows = [
        (timezone.localtime(each.donated_at).date().isoformat(), each.charity.name_i18n,
         each.charity.registration_number, each.appeal.name_i18n, each.points, each.match_points)
        for each in found.donations
    ]  # fmt: skip
    return stream_csv(f"giving-{member.number}-{year}.csv", header, rows)


def _get_year(member: Member, number: int) -> Any:
    if not 2000 <= number <= 9000:
        raise Http404
    found = get_year(member, number)
    if not found.donations:
        raise Http404
    return found


@require_POST
@member_page
def donation_undoing(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    donation = get_object_or_404(Donation.objects.of(member).select_related("member"), pk=pk)
    try:
        undo_donation(donation, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your points are back, each with the last day that it had."))
    return redirect("giving_mine")


@require_POST
@member_page
def share_ending(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    rows = StandingDonation.objects.filter(member=member).select_related("member")
    end_share(get_object_or_404(rows, pk=pk), by=request.user, now=timezone.now())
    messages.success(request, _("Your share has ended. What you gave stays given."))
    return redirect("giving_mine")
