"""Acts that ask for a log-in of the last minutes: whoever finds an open browser gets no further."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

RECENT = 15 * 60  # seconds


def logged_in_recently(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < RECENT for record in records)


def ask_for_log_in(request: HttpRequest, back: str) -> HttpResponse | None:
    """Nothing for who logged in lately; others prove themselves first, and come back.

    Who has a password or a second factor is asked for it; who logs in by codes logs in anew. A
    POST isn't kept meanwhile: it leads to the page ``back``, where the act is begun again.
    """
    if logged_in_recently(request):
        return None
    if request.method == "POST":
        return redirect(back)
    if get_reauthentication_flows(request.user):
        raise ReauthenticationRequired  # allauth's middleware leads there and back
    context = {"next": request.get_full_path()}
    return render(request, "members/login_again.html", context, status=403)
