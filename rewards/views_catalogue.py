"""The catalogue, for members and for visitors; and what members wish for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from core.tables import get_htmx, render_for
from members.access import find_member, in_club_time, member_page
from members.models import Member
from rewards.forms_catalogue import CatalogueForm
from rewards.forms_redemption import RedeemForm
from rewards.selectors.catalogue import get_reward_page, list_categories, list_offers
from rewards.selectors.spending_power import count_points
from rewards.services.catalogue import add_wish, remove_wish
from rewards.services.detail_views import sign_view


@require_safe
@in_club_time
def reward_list(request: HttpRequest) -> HttpResponse:
    """What there is, for whoever looks; a member sees how far each is for them."""
    now = timezone.now()
    member = find_member(request)
    points, pooled = count_points(member, now)
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
    member = find_member(request)
    points, pooled = count_points(member, now)
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
    if member is not None:
        context["view_token"] = sign_view(member.pk, page.offer.reward.pk)
    if member is not None and page.offer.can_be_had and not page.missing_consent:
        context["form"] = RedeemForm(member=member, page=page, pooled=pooled)
    return _keep_private(request, render(request, "rewards/reward_detail.html", context))


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
    if get_htmx(request).target == f"wish-{reward.pk}":
        context = {"reward": reward, "is_wished": is_wished, "next": _get_next(request)}
        return render(request, "rewards/_reward_wish.html", context)
    return redirect(_get_next(request) or reward)


def _get_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""
