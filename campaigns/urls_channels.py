from django.urls import path

from campaigns import views_chat, views_inbox, views_messengers, views_sms

urlpatterns = [
    path("inbox/", views_inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", views_inbox.inbox_message, name="inbox_message"),
    path("inbox/reading/", views_inbox.inbox_reading, name="inbox_reading"),
    path("webhooks/twilio/status/", views_sms.sms_events, name="sms_events"),
    path("webhooks/twilio/replies/", views_sms.sms_replies, name="sms_replies"),
    path("webhooks/line/", views_chat.line_webhook, name="line_webhook"),
    path("webhooks/wechat/", views_chat.wechat_webhook, name="wechat_webhook"),
    path("profile/messengers/", views_messengers.messengers, name="messengers"),
    path(
        "profile/messengers/<slug:channel>/code/",
        views_messengers.messenger_code,
        name="messenger_code",
    ),
    path(
        "profile/messengers/<slug:channel>/end/",
        views_messengers.messenger_end,
        name="messenger_end",
    ),
]
