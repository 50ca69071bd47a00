import logging
import re
import time
import uuid

from django.conf import settings
from django.utils.csp import CSP

from loyalty_site import metrics
from loyalty_site.logs import get_route, log_context
from loyalty_site.probes import PROBES

logger = logging.getLogger("loyalty_site.requests")

# Unfold's Alpine.js evaluates expressions and sets style attributes; no other page needs that.
_ADMIN_CSP = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "frame-src": [CSP.SELF],  # the preview of “Appearance”
}
_NO_DEVICES = "camera=(), microphone=(), geolocation=()"
_PROXYS_ID = re.compile(r"[0-9A-Za-z-]{16,64}")


class ProbeMiddleware:
    """Answers probes before everything else: they come by address, over HTTP, without a name in
    ``ALLOWED_HOSTS``, and must not open a session.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)


class RecordMiddleware:
    """Gives each request an id, one log line, and its place in the metrics."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        begun = time.perf_counter()
        request_id = _choose_request_id(request)
        with log_context(request=request, request_id=request_id):
            response = self.get_response(request)
            seconds, route = time.perf_counter() - begun, get_route(request)
            metrics.count_request(request.method, route, response.status_code, seconds)
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "route": route,
                    "status": response.status_code,
                    "milliseconds": round(seconds * 1000, 1),
                },
            )
        response.headers["X-Request-ID"] = request_id
        return response


def _choose_request_id(request):
    """The proxy's own, so that its log and ours tell of the same request; else a new one."""
    given = request.headers.get("X-Request-ID", "")
    if settings.BEHIND_PROXY and _PROXYS_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


class AdminPolicyMiddleware:
    """Gives ``/admin/`` alone the wider content security policy that its library needs; the
    counter, whose pages are our own, keeps the narrow one. A camera is for pages that say so.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith("/admin/") and not request.path.startswith("/admin/counter/"):
            response._csp_config = _ADMIN_CSP
        response.headers.setdefault("Permissions-Policy", _NO_DEVICES)
        return response
