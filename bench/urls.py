"""The club's addresses, and one of a page with nothing on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from loyalty_site import urls
from surveys.models import Touch


def empty_page(request: HttpRequest) -> HttpResponse:
    """The base template with nothing in its block."""
    return render(request, "core/base.html")


@csrf_exempt
def write_row(request: HttpRequest, pk: int) -> HttpResponse:
    """A POST that writes one row and leads on."""
    number = int(request.POST["answer"])
    Touch.objects.create(invitation_id=pk, method="POST", number=number, touched_at=timezone.now())
    return redirect("landing")


# Pages in each language's own address can't be included.
urlpatterns = [
    path("bench/empty/", empty_page),
    path("bench/row/<int:pk>/", write_row),
    *urls.urlpatterns,
]
