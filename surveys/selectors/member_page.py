"""What surveys say of one member to staff: scores, open invitations, what was withheld and why.

Of an anonymous survey it is told that somebody was asked, never whether they answered.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Prefetch

from members.models import Member
from surveys.enums import InvitationState, QuestionKind
from surveys.models import Answer, Invitation, Response, Score, ScoreTerm
from surveys.selectors.versions import reckon_scores

_INVITATIONS = 30  # the newest are looked at
_ASKED = 5  # lines of what was asked before, or withheld
SCORES = 12
_KEPT = (InvitationState.OPENED, InvitationState.ANSWERED)


@dataclass(frozen=True, slots=True)
class MemberScore:
    """One response: ``score`` of the main question and ``reckoned`` ones by name, 0 to 100;
    ``nps`` 0 to 10, where that was asked.
    """

    response: Response
    score: int | None
    nps: int | None
    reckoned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemberSurveys:
    """``scores`` newest first, ``nps`` oldest first; invitations newest first in three lists."""

    scores: Sequence[MemberScore]
    nps: Sequence[tuple[dt.datetime, int]]
    open: Sequence[Invitation]
    withheld: Sequence[Invitation]
    asked: Sequence[Invitation]
    last_sent_at: dt.datetime | None


def get_member_surveys(
    member: Member, *, now: dt.datetime, with_scores: bool
) -> MemberSurveys | None:
    """None of a member whom nobody ever asked. Two queries, five more with their scores."""
    rows = Invitation.objects.filter(member=member)
    last: Any = rows.aggregate(at=Max("sent_at"), any=Max("pk"))
    if last["any"] is None:
        return None
    newest = rows.select_related("survey").order_by("-planned_at", "-pk")
    found = [_conceal(row) for row in newest[:_INVITATIONS]]
    open_now = [row for row in found if _is_open(row, now)]
    withheld = [row for row in found if row.state == InvitationState.SKIPPED]
    rest = [row for row in found if row not in open_now and row not in withheld]
    scores = _list_scores(member) if with_scores else []
    return MemberSurveys(
        scores,
        [(each.response.started_at, each.nps) for each in reversed(scores) if each.nps is not None],
        open_now,
        withheld[:_ASKED],
        rest[:_ASKED],
        last["at"],
    )


def _is_open(row: Invitation, now: dt.datetime) -> bool:
    return row.state in InvitationState.waiting_states() and row.expires_at > now


def _conceal(row: Invitation) -> Invitation:
    """Of an anonymous survey what was sent stays sent, whatever came of it."""
    if row.survey.is_anonymous and row.state in _KEPT:
        row.state = InvitationState.SENT
    return row


def _list_scores(member: Member) -> list[MemberScore]:
    responses = list(
        Response.objects.counting()
        .filter(member=member, survey__is_anonymous=False)
        .select_related("survey")
        .order_by("-started_at", "-pk")[:SCORES]
    )
    answers: dict[int, list[Answer]] = {}
    given = Answer.objects.filter(response__in=responses).select_related("question")
    for answer in given.prefetch_related("question__choices"):
        answers.setdefault(answer.response_id, []).append(answer)
    scores: dict[int, list[Score]] = {}
    versions = {each.version_id for each in responses}
    terms = Prefetch("terms", ScoreTerm.objects.select_related("question"))
    for score in Score.objects.filter(version__in=versions).order_by("pk").prefetch_related(terms):
        scores.setdefault(score.version_id, []).append(score)
    return [
        _tell(each, answers.get(each.pk, []), scores.get(each.version_id, [])) for each in responses
    ]


def _tell(response: Response, answers: list[Answer], scores: list[Score]) -> MemberScore:
    reckoned = reckon_scores(scores, [each.question for each in answers], answers)
    nps = [each.number for each in answers if each.question.kind == QuestionKind.NPS]
    names = {score.code: score.name_i18n for score in scores}
    score = response.score_permille
    return MemberScore(
        response,
        None if score is None else _round(score),
        next((number for number in nps if number is not None), None),
        {names[code]: _round(value) for code, value in reckoned.items() if value is not None},
    )


def _round(permille: int) -> int:
    """To 0 to 100, halves up."""
    return (permille + 5) // 10
