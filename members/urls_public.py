"""Pages of the club's own words; each language has its own address, as in ``/ja/story/``."""

from django.urls import path

from members import views_public

urlpatterns = [
    path("story/", views_public.story, name="story"),
    path("contact/", views_public.contact, name="contact"),
    path("legal/<slug:slug>/", views_public.legal_page, name="legal_page"),
]
