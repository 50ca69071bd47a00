"""Who stands at which counter: asked before every page, and named in every act."""

import datetime as dt
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.context_processors import PermWrapper
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from members.models import StaffPin, User
from members.selectors.club import get_club
from members.services.viewing import record_view
from rewards.models import Register

USE = "rewards.use_counter"
COOKIE = "counter_register"
COOKIE_LIFE = 400 * 24 * 3600  # as long as browsers keep one
_CLERK = "counter_clerk"  # in the session: login, when last seen, when their PIN was set
_TOUCH = dt.timedelta(seconds=20)  # the session isn't written more often than so

_KEY = re.compile(r"[A-Za-z0-9_-]{16,40}")

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Desk:
    """A register with the person at it, for the time of one request."""

    register: Register
    clerk: User
    now: dt.datetime

    @property
    def currency(self) -> str:
        return get_club().currency

    def may(self, permission: str) -> bool:
        """Permissions are those of the person, whoever is logged in on the device."""
        return self.clerk.has_perm(permission)

    def check(self, permission: str) -> None:
        if not self.may(permission):
            raise PermissionDenied


def at_desk(view: View) -> View:
    """``view(request, desk, ...)`` for a device with a register and a person known by PIN."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(USE):
            raise PermissionDenied
        register = get_register(request)
        if register is None:
            return redirect("admin:counter_register")
        now = timezone.now()
        clerk = get_clerk(request, register, now)
        if clerk is None:
            return _ask_who(request)
        if not clerk.has_perm(USE):
            raise PermissionDenied
        return view(request, Desk(register, clerk, now), *args, **kwargs)

    return guarded


def at_device(view: View) -> View:
    """``view(request, register, ...)`` before anybody is known; ``register`` may be None."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(USE):
            raise PermissionDenied
        return view(request, get_register(request), *args, **kwargs)

    return guarded


# --- Register and person ------------------------------------------------------------------------


def get_register(request: HttpRequest) -> Register | None:
    """The register that this device was set up as."""
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE)
    if not (value or "").isdigit():
        return None
    return Register.objects.active().for_list().filter(pk=int(value)).first()


def remember_register(request: HttpRequest, response: HttpResponse, register: Register) -> None:
    response.set_signed_cookie(
        COOKIE,
        str(register.pk),
        salt=COOKIE,
        max_age=COOKIE_LIFE,
        path=reverse("admin:counter"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def get_clerk(request: HttpRequest, register: Register, now: dt.datetime) -> User | None:
    """The person at the register: whoever gave their PIN last, unless nobody touched it since."""
    if not register.asks_for_pin:
        return request.user  # type: ignore[return-value]  # admin_view let staff alone through
    pk, seen_at, set_at = request.session.get(_CLERK) or (None, "", "")
    if pk is None or now - dt.datetime.fromisoformat(seen_at) > _idle(register):
        return None
    pin = StaffPin.objects.filter(user=pk, user__is_active=True, user__is_staff=True)
    known = pin.select_related("user").first()
    if known is None or known.set_at.isoformat() != set_at:
        return None
    if now - dt.datetime.fromisoformat(seen_at) > _TOUCH:
        request.session[_CLERK] = [pk, now.isoformat(), set_at]
    # The login itself, where it is the same person: what it may do is known by then.
    return request.user if request.user.pk == pk else known.user  # type: ignore[return-value]  # staff


def remember_clerk(request: HttpRequest, pin: StaffPin, now: dt.datetime) -> None:
    request.session[_CLERK] = [pin.user_id, now.isoformat(), pin.set_at.isoformat()]


def forget_clerk(request: HttpRequest) -> int | None:
    """Nobody stands there now; returns who did."""
    known = request.session.pop(_CLERK, None)
    return known[0] if known else None


def _idle(register: Register) -> dt.timedelta:
    return dt.timedelta(minutes=register.idle_minutes)


def _ask_who(request: HttpRequest) -> HttpResponse:
    """To the PIN, and back to this page; a form that was sent waits in its browser."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else _find_page(request)
    return HttpResponseRedirect(f"{reverse('admin:counter_switch')}?{urlencode({'next': back})}")


def _find_page(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    path = referer.partition(request.get_host())[2]
    return clean_next(request, path)


def clean_next(request: HttpRequest, target: str) -> str:
    """``target`` where it is a page of the counter; else its first."""
    start = reverse("admin:counter")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe and target.startswith(start) else start


# --- Pages --------------------------------------------------------------------------------------


def make_key() -> str:
    """The server's own key for what a form will do; the same press twice carries the same."""
    return secrets.token_urlsafe(18)


def get_key(request: HttpRequest) -> str:
    """The form's key; a form without one gets a new one, and is then just not repeatable."""
    key = request.POST.get("key", "")
    return key if _KEY.fullmatch(key) else make_key()


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    desk: Desk | None = None,
    register: Register | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page of the counter, to which alone the camera is open. Seeing a member is on record."""
    register = desk.register if desk else register
    if desk and (head := context.get("head")):
        member = head["member"]
        record_view(member._meta.label, member.pk, by=desk.clerk, now=desk.now, page="counter")
    response = TemplateResponse(
        request,
        f"admin/counter/{template}.html",
        {
            "desk": desk,
            "may": PermWrapper(desk.clerk) if desk else None,
            "register": register,
            "currency": get_club().currency,
            "idle_seconds": register.idle_minutes * 60
            if desk and register and register.asks_for_pin
            else 0,
            **context,
        },
        status=status,
    )
    response["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response
