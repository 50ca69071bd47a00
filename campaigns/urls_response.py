"""Short, since they stand in mails and text messages: see ``campaigns.links``."""

from django.urls import path

from campaigns import views_response, views_webhooks

urlpatterns = [
    path("m/o/<str:token>.gif", views_response.message_open, name="message_open"),
    path("m/u/<str:token>/", views_response.message_unsubscribe, name="message_unsubscribe"),
    path("m/<str:token>/", views_response.message_link, name="message_link"),
    path("anymail/<slug:provider>/tracking/", views_webhooks.mail_events, name="mail_events"),
]
