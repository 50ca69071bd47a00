"""Answer links are short, since they stand in mails and text messages: see ``surveys.links``."""

from django.urls import path

from surveys import views_asking

urlpatterns = [
    path("s/<str:token>/", views_asking.survey_link, name="survey_link"),
    path("s/<str:token>/thanks/", views_asking.survey_thanks, name="survey_thanks"),
    path("s/<str:token>/q/<slug:code>/", views_asking.survey_question, name="survey_question"),
]
