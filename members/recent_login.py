"""Acts that ask for a log-in of the last minutes: whoever finds an open browser gets no further."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

RECENT = 15 * 60  # seconds

View = Callable[..., HttpResponse]


def logged_in_recently(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < RECENT for record in records)


def recent_login_required(back: str) -> Callable[[View], View]:
    """Let through who logged in lately; others prove themselves and come back.

    Who has a password or a second factor is asked for it; who logs in by codes logs in anew. A
    POST isn't kept meanwhile: it leads to the page ``back``, where the act is begun again.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if logged_in_recently(request):
                return view(request, *args, **kwargs)
            if request.method == "POST":
                return redirect(back)
            if get_reauthentication_flows(request.user):
                raise ReauthenticationRequired  # allauth's middleware leads there and back
            context = {"next": request.get_full_path()}
            return render(request, "members/login_again.html", context, status=403)

        return guarded

    return decorate
