from django.contrib import admin
from django.urls import include, path

from loyalty_site.probes import PROBES
from rewards.api import api

urlpatterns = [
    # ProbeMiddleware answers these before they get here.
    *(path(address.lstrip("/"), view, name=view.__name__) for address, view in PROBES.items()),
    path("", include("members.urls")),
    path("", include("purchases.urls")),
    path("", include("rewards.urls")),
    path("accounts/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
]
