"""The catalogue, for members and for visitors; and what members wish for."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from core.tables import render_for
from members.access import in_club_time, member_page
from members.addresses import format_address
from members.models import Member
from members.postal import get_country_name, list_country_codes
from members.selectors.addresses import list_addresses
from members.selectors.club import get_club
from members.selectors.households import list_point_sharers
from rewards.forms_catalogue import CatalogueForm
from rewards.selectors.balances import get_balances
from rewards.selectors.catalogue import get_reward_page, list_categories, list_offers
from rewards.services.catalogue import add_wish, remove_wish


def _find_member(request: HttpRequest) -> Member | None:
    """The member at the screen; None for visitors and logins without a membership."""
    if not request.user.is_authenticated:
        return None
    members = Member.objects.defer("name_sort", "name_words")
    return members.filter(user_id=request.user.pk).first()


def _count_points(member: Member | None, now) -> tuple[int | None, int]:
    """What a member can spend now, and how much of that is the household's."""
    if member is None:
        return None, 0
    own = get_balances(member, now=now).available
    pooled = sum(get_balances(each, now=now).available for each in list_point_sharers(member))
    return own + pooled, pooled


@require_safe
@in_club_time
def reward_list(request: HttpRequest) -> HttpResponse:
    """What there is, for whoever looks; a member sees how far each is for them."""
    now = timezone.now()
    member = _find_member(request)
    points, pooled = _count_points(member, now)
    form = CatalogueForm(request.GET, is_member=member is not None)
    wanted = form.get_wanted()
    page = list_offers(member, wanted, now=now, available_points=points, page=_read_page(request))
    context = {
        "member": member,
        "form": form,
        "narrowed_count": form.count_narrowed(),
        "wanted": wanted,
        "categories": list_categories(),
        "page": page,
        "points": points,
        "pooled": pooled,
    }
    response = render_for(
        request, "rewards/reward_list.html", context, partials={"rewards": "rewards"}
    )
    return _keep_private(request, response)


def _read_page(request: HttpRequest) -> int:
    try:
        return int(request.GET.get("page", 1))
    except ValueError:
        return 1


def _keep_private(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    return response


@require_safe
@in_club_time
def reward_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One reward: what it is, whether and how one gets it, what goes well with it."""
    now = timezone.now()
    member = _find_member(request)
    points, pooled = _count_points(member, now)
    page = get_reward_page(member, slug, now=now, available_points=points)
    if page is None:
        raise Http404
    context = {
        "member": member,
        "page": page,
        "offer": page.offer,
        "reward": page.offer.reward,
        "points": points,
        "pooled": pooled,
        "now": now,
    }
    if member is not None and page.offer.can_be_had:
        context |= _build_redeem_form(member, page)
    return _keep_private(request, render(request, "rewards/reward_detail.html", context))


def _build_redeem_form(member: Member, page: Any) -> dict[str, Any]:
    """What ``_redeem_form.html`` needs; its key makes a repeated press harmless."""
    context: dict[str, Any] = {"key": uuid.uuid4().hex}
    if page.offer.reward.is_delivered:
        language = get_language() or ""
        countries = [(code, get_country_name(code, language)) for code in list_country_codes()]
        context |= {
            "addresses": [(each, format_address(each)) for each in list_addresses(member)],
            "countries": sorted(countries, key=lambda country: country[1]),
            "home_country": get_club().country,
        }
    return context


@require_POST
@member_page
def reward_wish(request: HttpRequest, member: Member, slug: str) -> HttpResponse:
    """Put a reward on one's wish list, or (``wanted=0``) take it off."""
    now = timezone.now()
    page = get_reward_page(member, slug, now=now, available_points=0)
    if page is None:
        raise Http404
    is_wished = request.POST.get("wanted") != "0"
    reward = page.offer.reward
    if is_wished:
        add_wish(member, reward, now=now)
    else:
        remove_wish(member, reward)
    if request.htmx.target == f"wish-{reward.pk}":  # type: ignore[attr-defined]
        context = {"reward": reward, "is_wished": is_wished, "next": _get_next(request)}
        return render(request, "rewards/_reward_wish.html", context)
    return redirect(_get_next(request) or reward)


def _get_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""
