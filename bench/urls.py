"""The club's addresses, and one of a page with nothing on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from loyalty_site import urls


def empty_page(request: HttpRequest) -> HttpResponse:
    """The base template with nothing in its block."""
    return render(request, "core/base.html")


# Pages in each language's own address can't be included.
urlpatterns = [path("bench/empty/", empty_page), *urls.urlpatterns]
