from django.urls import path

from campaigns import views_inbox, views_sms

urlpatterns = [
    path("inbox/", views_inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", views_inbox.inbox_message, name="inbox_message"),
    path("inbox/reading/", views_inbox.inbox_reading, name="inbox_reading"),
    path("webhooks/twilio/status/", views_sms.sms_events, name="sms_events"),
    path("webhooks/twilio/replies/", views_sms.sms_replies, name="sms_replies"),
]
