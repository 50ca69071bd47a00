"""What addresses of surveys are asked with (tests/site/test_access.py)."""

import datetime as dt

from django.utils import timezone

from surveys.links import make_token
from surveys.models import Invitation, Response
from surveys.services.building import QuestionTerms, create_survey, publish_survey
from surveys.services.follow_ups import take_message


def survey_arguments(mei, now):
    """An invitation of Mei's, open by the clock on the wall, to a survey of two questions."""
    questions = [
        QuestionTerms(kind=kind, code=code, words={"text": text})
        for code, kind, text in (("rating", "faces", "How was it?"), ("words", "text", "And why?"))
    ]
    survey = create_survey(code="asked", title="Your visit", questions=questions, by=None, now=now)
    publish_survey(survey, by=None, now=now)
    at = timezone.now() - dt.timedelta(hours=1)
    row = Invitation.objects.create(
        survey=survey, member=mei, occurrence="asked", state="sent", planned_at=at, due_at=at,
        released_at=at, sent_at=at, expires_at=at + dt.timedelta(days=14),
    )  # fmt: skip
    token = make_token(row.pk)
    response = Response.objects.create(
        invitation=row, survey=survey, version=survey.versions.get(), member=mei, started_at=at,
        closes_at=at + dt.timedelta(days=14),
    )  # fmt: skip
    message = take_message("Where are my points?", member=mei, now=now)
    return {
        "survey_link": [token],
        "survey_question": [token, "rating"],
        "survey_thanks": [token],
        "admin:surveys_response_themes": [response.pk],
        "admin:surveys_followup_act": [message.pk],
    }
