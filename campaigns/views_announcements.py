"""The public archive of the club's notices: for members and for everybody else."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from campaigns.models import PublicNotice

_PER_PAGE = 20


@require_safe
def announcement_list(request: HttpRequest) -> HttpResponse:
    """Newest first; incidents that go on stand above all."""
    published = PublicNotice.objects.published()
    going_on = [
        notice
        for notice in published.filter(kind="incident", resolved_at__isnull=True).newest_first()[:5]
    ]
    page = Paginator(published.newest_first(), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "going_on": going_on if page.number == 1 else []}
    return render(request, "campaigns/announcements.html", context)


@require_safe
def announcement_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One notice with its updates, oldest first: as it happened."""
    notice = get_object_or_404(PublicNotice.objects.published(), slug=slug)
    updates = notice.updates.order_by("recorded_at", "pk")
    return render(
        request, "campaigns/announcement.html", {"notice": notice, "updates": updates}
    )
