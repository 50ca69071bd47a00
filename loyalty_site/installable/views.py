from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from loyalty_site.installable.icons import ICONS, build_svg, draw_icon
from loyalty_site.installable.manifest import build_manifest
from loyalty_site.installable.worker import build_farewell, build_worker
from members import palette
from members.selectors.club import get_club

_FOR_GOOD = {"public": True, "max_age": 31_536_000, "immutable": True}


@require_safe
@cache_control(max_age=3600)
@vary_on_headers("Accept-Language", "Cookie")
def manifest(request: HttpRequest) -> HttpResponse:
    response = JsonResponse(build_manifest(get_club()), json_dumps_params={"ensure_ascii": False})
    response.headers["Content-Type"] = "application/manifest+json"
    return response


@require_safe
@cache_control(**_FOR_GOOD)
def icon_png(request: HttpRequest, version: str, drawing: str, name: str) -> HttpResponse:
    """What it answers never changes: a new drawing or other colours have another address."""
    if name not in ICONS:
        raise Http404
    try:
        content = draw_icon(_get_palette(version), drawing, ICONS[name])
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(content, content_type="image/png")


@require_safe
@cache_control(**_FOR_GOOD)
def icon_svg(request: HttpRequest, version: str, drawing: str) -> HttpResponse:
    return HttpResponse(build_svg(_get_palette(version)), content_type="image/svg+xml")


def _get_palette(version: str) -> palette.Palette:
    found = palette.read_version(version)
    if found is None:
        raise Http404
    return found


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Asked for at each visit, so that a new one, or the farewell, arrives at once."""
    script = build_worker(get_club()) if settings.SERVICE_WORKER else build_farewell()
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows to whoever is not logged in on this device."""
    return render(request, "core/offline.html")
