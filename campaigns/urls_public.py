"""What the club tells everybody; each language has its own address."""

from django.urls import path

from campaigns import views_announcements

urlpatterns = [
    path("announcements/", views_announcements.announcement_list, name="announcement_list"),
    path(
        "announcements/<slug:slug>/",
        views_announcements.announcement_detail,
        name="announcement_detail",
    ),
]
