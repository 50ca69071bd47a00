from django.contrib import admin
from django.urls import include, path

from purchases.api import api

urlpatterns = [
    path("", include("members.urls")),
    path("", include("purchases.urls")),
    path("", include("rewards.urls")),
    path("accounts/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
]
