"""The club's addresses, and one of a page with nothing on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


def empty_page(request: HttpRequest) -> HttpResponse:
    """The base template with nothing in its block."""
    return render(request, "core/base.html")


urlpatterns = [path("bench/empty/", empty_page), path("", include("loyalty_site.urls"))]
