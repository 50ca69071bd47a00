from django.urls import path

from campaigns import views_inbox

urlpatterns = [
    path("inbox/", views_inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", views_inbox.inbox_message, name="inbox_message"),
    path("inbox/reading/", views_inbox.inbox_reading, name="inbox_reading"),
]
