"""What machines ask: ``/healthz``, ``/readyz``, ``/metrics``. Answered by ``ProbeMiddleware``."""

from django.http import HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from loyalty_site import health, metrics

_KEEP_NOTHING = {"Cache-Control": "no-store"}


@require_safe
def healthz(request):
    """The process answers. A load balancer asks here: it must not take the web away because a
    worker is late.
    """
    return HttpResponse("ok\n", content_type="text/plain", headers=_KEEP_NOTHING)


@require_safe
def readyz(request):
    """The whole club works: 200, or 503 with the names of what failed."""
    results = health.list_results(timezone.now())
    is_ready = all(result["ok"] for result in results.values())
    response = JsonResponse(
        {"ready": is_ready, "checks": results},
        status=200 if is_ready else 503,
        headers=_KEEP_NOTHING,
    )
    # This is an answer, not a failure to be logged.
    response._has_been_logged = True  # type: ignore[attr-defined]  # as Django marks it
    return response


@require_safe
def show_metrics(request):
    if not metrics.may_read(request.META):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    return HttpResponse(
        metrics.build_text(), content_type=metrics.CONTENT_TYPE_LATEST, headers=_KEEP_NOTHING
    )


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": show_metrics}
