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

View = Callable[..., HttpResponse]


def in_club_time(view: View) -> View:
    """Show every instant in the club's own zone."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(get_zone(get_club().zone)):
            return view(request, *args, **kwargs)

    return shown


def members_only(view: View) -> View:
    """Something of one's own: ``view(request, member, ...)``, in the club's time.

    Asks for a log-in first; a login without a membership is led to claim or open one. Views
    read through ``member`` only, so that another member's object is simply not found.
    """

    @login_required
    @in_club_time
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The search columns are the widest and no page shows them.
        members = Member.objects.defer("name_sort", "name_words").filter(user_id=request.user.pk)
        member = next(iter(members), None)
        if member is None:
            return redirect("membership")
        return view(request, member, *args, **kwargs)

    return guarded


def member_page(view: View) -> View:
    """``members_only``, and kept by no cache."""
    return never_cache(members_only(view))
