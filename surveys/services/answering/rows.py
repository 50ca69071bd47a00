"""What stands of an invitation: read in one trip, locked where something is to be written.

The member's row comes first, as in every act that pays; two tabs of one member wait for each other
there, and an erasure or a merge for both.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core.actors import AROUND, SWEEP, TRAP, Sighting
from core.bulk import Values, read_together
from surveys.engine.path import Given, count_left, find_path
from surveys.enums import InvitationState, QuestionKind, ResponseActor, ResponseState, SurveyState
from surveys.selectors.sheets import Sheet, get_sheet
from surveys.services.answering.refusals import InvitationGone, NotAsked, SurveyOver

_LOCK_MEMBER = """
    SELECT FROM members_member
    WHERE id = (SELECT member_id FROM surveys_invitation WHERE id = %s) FOR NO KEY UPDATE
"""
# The version that was shown first stays; before that it is the live one.
_READ = """
    SELECT i.id, i.survey_id, i.member_id, i.state, i.sent_at, i.expires_at, i.answered_at,
           i.facts::text, coalesce(r.version_id, i.version_id, v.id), s.state,
           least(s.points, s.points_budget - s.points_given), s.points_budget, s.main_question,
           s.is_anonymous, s.low_line, m.status = 'active',
           r.id, coalesce(r.state, ''), coalesce(r.actor, ''), r.score_permille, r.points_given,
           r.completed_at, m.locale, m.user_id
    FROM surveys_invitation i
    JOIN surveys_survey s ON s.id = i.survey_id
    JOIN members_member m ON m.id = i.member_id
    LEFT JOIN surveys_response r ON r.invitation_id = i.id
    LEFT JOIN surveys_surveyversion v ON v.survey_id = i.survey_id AND v.state = 'live'
    WHERE i.id = %s
"""
_ANSWERS = """
    SELECT q.code, q.kind, a.number, a.text, a.choices, a.day_on FROM surveys_answer a
    JOIN surveys_response r ON r.id = a.response_id JOIN surveys_question q ON q.id = a.question_id
    WHERE r.invitation_id = %s
"""
_TOUCHES = """
    SELECT id, number, touched_at, actor, evidence ? 'trap' FROM surveys_touch
    WHERE invitation_id = %s AND touched_at >= %s AND method <> 'POST' ORDER BY touched_at, id
"""
_DOOR = 1_000  # the link to the survey itself, among the numbers of links
_ASKABLE = (
    InvitationState.RELEASED, InvitationState.SENT, InvitationState.OPENED,
    InvitationState.ANSWERED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of ``_READ``. ``points`` are what the budget still has for this response."""

    id: int
    survey_id: int
    member_id: int
    state: str
    sent_at: dt.datetime | None
    expires_at: dt.datetime
    answered_at: dt.datetime | None
    facts: str
    version_id: int | None
    survey_state: str
    points: int
    points_budget: int | None
    main_question: str
    is_anonymous: bool
    low_line: int | None
    is_member_active: bool
    response_id: int | None
    response_state: str
    actor: str
    score_permille: int | None
    points_given: int | None
    completed_at: dt.datetime | None
    locale: str
    user_id: int | None

    @property
    def is_counting(self) -> bool:
        """A person confirmed it."""
        return self.actor == ResponseActor.HUMAN and self.is_confirmed

    @property
    def is_confirmed(self) -> bool:
        """Somebody pressed; looking no longer changes it."""
        return self.response_state in (ResponseState.BEGUN, ResponseState.COMPLETE)


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A touch of the last seconds."""

    id: int
    number: int | None
    at: dt.datetime
    actor: str
    is_trap: bool

    @property
    def sighting(self) -> Sighting:
        return Sighting(self.at, number_link(self.number, is_trap=self.is_trap))


@dataclass(slots=True)
class Progress:
    """How far a member is: what stands, the questions, what they gave (confirmed or not)."""

    standing: Standing
    sheet: Sheet
    answers: dict[str, Given]
    touches: list[SeenLink] = field(default_factory=list)

    @property
    def given(self) -> dict[str, Given]:
        """What somebody pressed: a link that was only followed is no answer."""
        return self.answers if self.standing.is_confirmed else {}

    @property
    def path(self) -> list[str]:
        return find_path(self.sheet.asked, self.given)

    def find_next(self) -> str | None:
        """The first question of the way that has no answer yet, and that needs one or comes after
        the last answer; None where none is left.
        """
        path, given = self.path, self.given
        last = max((place for place, code in enumerate(path) if code in given), default=-1)
        for place, code in enumerate(path):
            if code in given:
                continue
            question = self.sheet.get_asked(code)
            if place > last or (question is not None and question.is_required):
                return code
        return None

    def find_before(self, code: str) -> str | None:
        path = self.path
        place = path.index(code) if code in path else 0
        return path[place - 1] if place else None

    def count(self, code: str) -> tuple[int, int]:
        """The place of a question on the way, from 1, and how many it will be at most."""
        path = self.path
        place = path.index(code) + 1 if code in path else 1
        return place, place + count_left(self.sheet.asked, code)


def number_link(number: int | None, *, is_trap: bool = False) -> int:
    """Links as ``core.actors`` counts them: 0 is the one that no person sees."""
    if is_trap:
        return TRAP
    return _DOOR if number is None else number + 1


def load(invitation_id: int, *, now: dt.datetime, is_locked: bool) -> Progress:
    """In one trip; must be inside a transaction. Raises InvitationGone, NotAsked, SurveyOver."""
    statements: list[tuple[str, Values]] = [
        (_READ + ("FOR NO KEY UPDATE OF i" if is_locked else ""), [invitation_id]),
        (_ANSWERS, [invitation_id]),
        (_TOUCHES, [invitation_id, now - SWEEP - AROUND]),
    ]
    if is_locked:
        statements.insert(0, (_LOCK_MEMBER, [invitation_id]))
    rows, answers, touches = read_together(statements)[-3:]
    if not rows:
        raise InvitationGone
    standing = Standing(*rows[0])
    _check_open(standing, now)
    return Progress(
        standing,
        get_sheet(standing.version_id or 0),
        {code: _read_answer(*values) for code, *values in answers},
        [SeenLink(*row) for row in touches],
    )


def get_progress(invitation_id: int, *, now: dt.datetime) -> Progress:
    """For a page. Raises InvitationGone, NotAsked, SurveyOver."""
    with transaction.atomic():
        return load(invitation_id, now=now, is_locked=False)


def _check_open(standing: Standing, now: dt.datetime) -> None:
    if not standing.is_member_active:
        raise NotAsked
    if standing.survey_state != SurveyState.OPEN or standing.version_id is None:
        raise SurveyOver
    if standing.state == InvitationState.EXPIRED or standing.expires_at <= now:
        raise SurveyOver
    if standing.state not in _ASKABLE:
        raise NotAsked


def _read_answer(
    kind: str, number: int | None, text: str, choices: Sequence[str], day_on: dt.date | None
) -> Any:
    if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return frozenset(choices)
    if kind == QuestionKind.TEXT:
        return text
    return day_on if kind == QuestionKind.DATE else number
