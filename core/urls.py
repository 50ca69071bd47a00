from django.urls import path, re_path

from core import views

urlpatterns = [
    path("pictures/cover/<slug:motif>/<int:seed>.svg", views.picture_cover, name="picture_cover"),
    re_path(
        r"^pictures/pattern/(?P<kind>[a-z]+)/(?P<color>[0-9a-f]{6})\.svg$",
        views.picture_pattern,
        name="picture_pattern",
    ),
    path("pictures/scene/<slug:name>.svg", views.picture_scene, name="picture_scene"),
]
