"""What pages tell about being looked at."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.errors import DomainError
from members.access import find_member
from rewards.services.detail_views import record_reward_view


@csrf_exempt  # signed for this very member; a beacon can't carry our header
@require_POST
def detail_view(request: HttpRequest) -> HttpResponse:
    """No answer to read: the page may be closed already."""
    member = find_member(request)
    if member is None:
        return HttpResponse(status=403)
    try:
        record_reward_view(member, request.POST.get("token", ""), now=timezone.now())
    except DomainError as error:
        return HttpResponse(status=error.status)
    return HttpResponse(status=204)
