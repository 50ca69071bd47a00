"""The public archive of the club's notices: for members and for everybody else."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from campaigns.enums import PublicNoticeKind
from campaigns.models import PublicNotice
from core.prose import split_paragraphs

_PER_PAGE, _MOST_OPEN = 20, 5


@require_safe
def announcement_list(request: HttpRequest) -> HttpResponse:
    """Newest first; incidents that go on stand above all."""
    published = PublicNotice.objects.published()
    open_ones = published.filter(kind=PublicNoticeKind.INCIDENT, resolved_at__isnull=True)
    going_on = list(open_ones.newest_first()[:_MOST_OPEN])
    page = Paginator(published.newest_first(), _PER_PAGE).get_page(request.GET.get("page"))
    shown = [(notice, split_paragraphs(notice.body_i18n)[0]) for notice in page]
    context = {"page": page, "shown": shown, "going_on": going_on if page.number == 1 else []}
    return render(request, "campaigns/announcements.html", context)


@require_safe
def announcement_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One notice with its updates, oldest first: as it happened."""
    notice = get_object_or_404(PublicNotice.objects.published(), slug=slug)
    updates = notice.updates.order_by("recorded_at", "pk")
    return render(request, "campaigns/announcement.html", {"notice": notice, "updates": updates})
