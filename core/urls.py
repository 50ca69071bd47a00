from django.urls import path, re_path

from core import views

_PHOTO = r"^media/photos/(?P<name>[0-9a-f]{32}-\d{1,4}x\d{1,4})"

urlpatterns = [
    path("pictures/cover/<slug:motif>/<int:seed>.svg", views.picture_cover, name="picture_cover"),
    re_path(
        r"^pictures/pattern/(?P<kind>[a-z]+)/(?P<color>[0-9a-f]{6})\.svg$",
        views.picture_pattern,
        name="picture_pattern",
    ),
    path("pictures/scene/<slug:name>.svg", views.picture_scene, name="picture_scene"),
    re_path(rf"{_PHOTO}\.webp$", views.photo, name="photo"),
    re_path(
        rf"{_PHOTO}/(?P<width>\d{{1,4}})\.(?P<extension>avif|webp|jpeg|png)$",
        views.photo_rendition,
        name="photo_rendition",
    ),
]
