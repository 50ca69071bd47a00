from django.urls import path

from surveys import views_contact

urlpatterns = [
    path("contact/mine/", views_contact.contact_mine, name="contact_mine"),
]
