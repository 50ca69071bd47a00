"""Who may see a member's page: the member of the login, nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from core.time import get_zone
from members.models import Member
from members.selectors.club import get_club
from members.selectors.unread import with_unread_count

View = Callable[..., HttpResponse]


def in_club_time(view: View) -> View:
    """Show every instant in the club's own zone."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(get_zone(get_club().zone)):
            return view(request, *args, **kwargs)

    return shown


def find_member(request: HttpRequest) -> Member | None:
    """The member at the screen; None for visitors and logins without a membership.

    ``request.unread_count`` is for the bell of every page.
    """
    if not request.user.is_authenticated:
        return None
    # The search columns are the widest and no page shows them.
    members = Member.objects.defer("name_sort", "name_words").filter(user_id=request.user.pk)
    member: Any = next(iter(with_unread_count(members)), None)
    if member is not None:
        request.unread_count = member.unread_count  # type: ignore[attr-defined]  # ours
    return member


def members_only(view: View) -> View:
    """Something of one's own: ``view(request, member, ...)``, in the club's time.

    Asks for a log-in first; a login without a membership is led to claim or open one. Views
    read through ``member`` only, so that another member's object is simply not found.
    """

    @login_required
    @in_club_time
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        member = find_member(request)
        if member is None:
            return redirect("membership")
        return view(request, member, *args, **kwargs)

    return guarded


def member_page(view: View) -> View:
    """``members_only``, and kept by no cache."""
    return never_cache(members_only(view))
