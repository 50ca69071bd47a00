"""Where providers of mail tell what became of it."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt  # django-anymail checks the secret, and the signatures of those who sign
def mail_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Only the provider that the club uses has a door, and only where it has a secret."""
    if provider != settings.MAIL_PROVIDER or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    return import_string(settings.MAIL_WEBHOOK_VIEW).as_view()(request)
