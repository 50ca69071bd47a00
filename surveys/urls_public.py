"""The contact form has an address in each language, beside the page of the club's own words."""

from django.urls import path

from surveys import views_contact

urlpatterns = [
    path("contact/message/", views_contact.contact_message, name="contact_message"),
]
