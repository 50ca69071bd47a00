"""The site's addresses, and one that breaks."""

from django.urls import path

from loyalty_site.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]


def break_down(request):
    raise RuntimeError("On purpose.")


urlpatterns = [path("mistake/", break_down), *urlpatterns]
