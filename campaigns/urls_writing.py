from django.contrib import admin
from django.urls import path

from campaigns import views_words

urlpatterns = [
    path(
        "mailings/<int:pk>/preview/<str:channel>/<str:variant>/",
        admin.site.admin_view(views_words.mailing_preview),  # for whom the back office is open
        name="mailing_preview",
    ),
    path(
        "mailings/<int:pk>/sheet/<str:variant>/",
        admin.site.admin_view(views_words.mailing_sheet),
        name="mailing_sheet",
    ),
]
