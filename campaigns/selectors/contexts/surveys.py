"""The survey that a message asks for, with a signed link for each answer, by the invitation in its
facts. Of a survey that is over the links stay: they lead to a page that says so.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import override

from campaigns.selectors.contexts.rows import MessageRow
from core.time import day_of
from members.selectors.club import get_club
from surveys.asking_pages import show_question
from surveys.enums import VersionState
from surveys.links import sign_answer, sign_survey, sign_trap
from surveys.models import Invitation, SurveyVersion
from surveys.selectors.sheets import find_first_steps, get_sheet

FACT = "invitation"
MOST_ANSWERS = 11  # of a question in a message, numbered from 0


def fill(contexts: dict[Any, dict[str, Any]], rows: Sequence[MessageRow]) -> None:
    """Three queries, however many messages there are, where the versions are known."""
    ids = {pk for row in rows if isinstance(pk := row.facts.get(FACT), int)}
    found = Invitation.objects.select_related("survey").in_bulk(ids) if ids else {}
    live = dict(
        SurveyVersion.objects.filter(
            state=VersionState.LIVE, survey__in={each.survey_id for each in found.values()}
        ).values_list("survey_id", "pk")
    )
    for row in rows:
        invitation = found.get(row.facts.get(FACT)) if row.facts.get(FACT) in ids else None
        # Facts never open somebody else's answers.
        if invitation is None or invitation.member_id != row.member_id:
            contexts[row.id]["survey"] = None
            continue
        version_id = invitation.version_id or live.get(invitation.survey_id)
        with override(row.locale):
            contexts[row.id]["survey"] = _build(invitation, version_id)


def _build(invitation: Invitation, version_id: int | None) -> dict[str, Any]:
    survey = invitation.survey
    context: dict[str, Any] = {
        "title": None,
        "intro": None,
        "question": None,
        "shape": None,
        "low": None,
        "high": None,
        "points": survey.points_on_offer or None,
        "until": day_of(invitation.expires_at, get_club().zone),
        "url": settings.SITE_URL + sign_survey(invitation.pk),
        "trap-url": settings.SITE_URL + sign_trap(invitation.pk),
        **{f"link-{number}-url": None for number in range(MOST_ANSWERS)},
    }
    if version_id is None:
        return context
    sheet = get_sheet(version_id)
    context["title"] = sheet.version.title_i18n
    context["intro"] = sheet.version.intro_i18n or None
    question, steps = find_first_steps(survey, sheet)
    if question is None or not steps:
        return context
    shown = show_question(question, None)
    context["question"] = question.text_i18n
    context["shape"] = shown.shape
    context["low"], context["high"] = shown.low or None, shown.high or None
    for step in steps:
        if 0 <= step < MOST_ANSWERS:
            path = sign_answer(invitation.pk, question.code, step)
            context[f"link-{step}-url"] = settings.SITE_URL + path
    return context
