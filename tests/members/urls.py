"""Log-in and back office without the member site, so that these tests stand alone."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("", lambda request: HttpResponse("landing"), name="landing"),
    path("home/", lambda request: HttpResponse("home"), name="member_home"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
