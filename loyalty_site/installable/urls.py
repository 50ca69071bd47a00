from django.urls import path

from loyalty_site.installable import views

urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("service-worker.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
    path("icons/<str:version>/<slug:drawing>/<slug:name>.png", views.icon_png, name="icon_png"),
    path("icons/<str:version>/<slug:drawing>/mark.svg", views.icon_svg, name="icon_svg"),
]
