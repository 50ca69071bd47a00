"""Invitations as members read them: what is open; and what waits to be released."""

import datetime as dt
from dataclasses import dataclass

from members.models import Member
from members.selectors.waiting import find_overdue
from surveys.enums import InvitationState, ResponseState, SurveyState
from surveys.links import sign_survey
from surveys.models import Invitation, SurveyVersion

_OPEN = (InvitationState.RELEASED, InvitationState.SENT, InvitationState.OPENED,
         InvitationState.ANSWERED)  # fmt: skip
SHOWN = 3

# Along ``invitation_clock``.
HAS_OPEN = f"""
    SELECT 1 FROM surveys_invitation i
    JOIN surveys_survey s ON s.id = i.survey_id AND s.state = '{SurveyState.OPEN}'
    LEFT JOIN surveys_response r ON r.invitation_id = i.id
    WHERE i.member_id = %(member)s AND i.expires_at > %(now)s
      AND i.state IN ('released', 'sent', 'opened', 'answered')
      AND coalesce(r.state, '') <> '{ResponseState.COMPLETE}'
"""

# Nobody is written to about these any more: answered before the message left, say, or closed.
MOOT = f"""
    SELECT i.id FROM surveys_invitation i JOIN surveys_survey s ON s.id = i.survey_id
    WHERE i.answered_at IS NOT NULL OR s.state <> '{SurveyState.OPEN}'
       OR i.state IN ('{InvitationState.EXPIRED}', '{InvitationState.CANCELLED}')
"""


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """A survey that waits for its member. ``title`` is in the reader's language."""

    title: str
    url: str
    points: int
    expires_at: dt.datetime
    is_begun: bool


def list_open(member: Member, *, now: dt.datetime) -> list[OpenSurvey]:
    """Those that may be answered and are not complete, what ends first at the top; two queries."""
    rows = (
        Invitation.objects.filter(
            member=member, state__in=_OPEN, expires_at__gt=now, survey__state=SurveyState.OPEN
        )
        .exclude(response__state=ResponseState.COMPLETE)
        .select_related("survey", "response")
        .order_by("expires_at", "pk")
    )
    found = list(rows[:SHOWN])
    live = {
        each.survey_id: each
        for each in SurveyVersion.objects.live().filter(survey__in={r.survey_id for r in found})
    }
    return [
        OpenSurvey(
            title=live[row.survey_id].title_i18n,
            url=sign_survey(row.pk),
            points=row.survey.points_on_offer,
            expires_at=row.expires_at,
            is_begun=hasattr(row, "response") and row.response.state == ResponseState.BEGUN,
        )
        for row in found
        if row.survey_id in live
    ]


def list_waiting_invitations(now: dt.datetime) -> dict[str, dt.timedelta]:
    """How long the first invitation could have been released (for the readiness probe)."""
    rows = Invitation.objects.filter(state=InvitationState.PLANNED)
    return find_overdue(rows, "due_at", now)
