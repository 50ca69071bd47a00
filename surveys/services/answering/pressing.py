"""Answers that somebody presses: taken, changed, completed, paid once.

Whoever presses goes on, person or not; only a person's answers count, and only those pay and
start anything. A press that is a person's after all makes the whole response one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from core.actors import Actor, Judgement, find_bursts, is_inside
from core.bulk import RowWriter, build_reserve
from members.services.activities import ActivityRow, record_batch
from rewards.enums import PrizeKind
from rewards.services.ledger import write_ledger
from rewards.services.prizes import Prize, Won, add_prizes
from rewards.services.settlement import NoProgramme, open_settled_ledger
from surveys.engine.given import BadAnswer, read_given
from surveys.engine.path import Given, find_path
from surveys.engine.presses import Press, judge_press
from surveys.engine.scales import find_share
from surveys.enums import InvitationState, ResponseActor, ResponseState
from surveys.models import Question
from surveys.registry import low_score_listeners, raised_score_listeners
from surveys.selectors.versions import find_main_question
from surveys.services.answering.refusals import AnswerRefused, NotOnPath, PressInDoubt
from surveys.services.answering.rows import Progress, load
from surveys.services.answering.writing import (
    build_evidence,
    count_seconds,
    drop_answers,
    write_press,
)

ANSWERED = "survey_answered"
SUBJECT = "surveys.invitation"
CAUSE = "survey"
MOST_PRESSES = 200  # of one invitation that are noted

_ANSWERED = f"""
    UPDATE surveys_invitation
    SET state = '{InvitationState.ANSWERED}', answered_at = %s, reminder_due_at = NULL,
        opened_at = coalesce(opened_at, %s), version_id = coalesce(version_id, %s)
    WHERE id = %s
"""
# What paid points and their activity take; taken along where the books are opened.
_USED_IDS = {
    "rewards_account": 1, "rewards_transfer": 1, "rewards_lot": 1, "members_activitybatch": 1,
    "members_activity": 1,
}  # fmt: skip
# What is left of the budget, taken as late as can be.
_TAKE_POINTS = """
    UPDATE surveys_survey s SET points_given = s.points_given + k.points
    FROM (SELECT id, least(points, coalesce(points_budget, points_given + points) - points_given)
                 AS points FROM surveys_survey WHERE id = %s FOR UPDATE) k
    WHERE s.id = k.id RETURNING k.points
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a press: the way as it stands, the code of the next question (None: it is
    done), the points that it brought just now.
    """

    progress: Progress
    next_code: str | None
    points: int = 0


@transaction.atomic
def answer_question(
    invitation_id: int, code: str, raw: Sequence[str], *, press: Press, agent: str = "",
    now: dt.datetime,
) -> Taken:  # fmt: skip
    """Take the answer to one question of the way; nothing in ``raw`` passes it over, where it may.

    ``press`` says what came with it. Answers to questions that are no longer on the way go. The
    press on the last question completes the response and pays its points, once per invitation and
    whatever the answers. May be changed until the survey closes.

    Raises InvitationGone, NotAsked, SurveyOver, NotOnPath, AnswerRefused, PressInDoubt.
    """
    progress = load(invitation_id, now=now, is_locked=True)
    question, asked = progress.sheet.questions.get(code), progress.sheet.get_asked(code)
    if question is None or asked is None or code not in progress.path:
        raise NotOnPath
    try:
        given = read_given(asked, raw)
    except BadAnswer as bad:
        raise AnswerRefused(code, bad.fault) from bad
    return _Pressing(progress, now).take(question, given, _judge(progress, press, now), agent)


@transaction.atomic
def finish_response(
    invitation_id: int, *, press: Press, agent: str = "", now: dt.datetime
) -> Taken:
    """A press on the last page by whoever was not known to be a person before: what they answered
    counts from now on. Raises InvitationGone, NotAsked, SurveyOver, PressInDoubt.
    """
    progress = load(invitation_id, now=now, is_locked=True)
    return _Pressing(progress, now).take(None, None, _judge(progress, press, now), agent)


def _judge(progress: Progress, press: Press, now: dt.datetime) -> Judgement:
    sightings = [each.sighting for each in progress.touches]
    bursts = find_bursts(sightings)
    judgement = judge_press(
        press,
        is_own=press.user_id is not None and press.user_id == progress.standing.user_id,
        seconds_since_sent=count_seconds(progress.standing, now),
        is_in_burst=is_inside(now, bursts),
        around=sightings,
    )
    if progress.standing.is_counting and judgement.actor == Actor.MACHINE:
        # Nothing that a person confirmed is changed by a machine.
        raise PressInDoubt
    return judgement


class _Pressing:
    """One press on its way into rows."""

    def __init__(self, progress: Progress, now: dt.datetime):
        self.progress, self.now = progress, now
        self.standing = progress.standing
        self.sheet = progress.sheet
        self.writer = RowWriter()
        self.spare_ids: dict[str, list[int]] = {}

    def take(
        self, question: Question | None, given: Given | None, judgement: Judgement, agent: str
    ) -> Taken:
        answers, next_code = self._answer(question, given)
        actor = ResponseActor.HUMAN if self.standing.is_counting else judgement.actor
        is_complete = self._is_complete(answers, next_code)
        score = self._find_score(answers)
        state = ResponseState.COMPLETE if is_complete else ResponseState.BEGUN
        points = self._pay() if is_complete and actor == ResponseActor.HUMAN else None
        write_press(
            self.writer, self.progress, state=state, actor=actor, score=score, points=points,
            question=question, given=given, presser=judgement.actor, most=MOST_PRESSES,
            evidence=build_evidence(agent, self.standing, judgement.why, self.now), now=self.now,
        )  # fmt: skip
        gone = [
            self.sheet.questions[code].pk for code in self.progress.answers if code not in answers
        ]
        drop_answers(self.writer, self.standing.id, gone)
        if actor == ResponseActor.HUMAN:
            self._tell(is_complete, score)
        self.writer.flush()
        if actor == ResponseActor.HUMAN:
            self._tell_score(score)
        standing = replace(
            self.standing, response_state=state, actor=actor, score_permille=score,
            completed_at=(self.standing.completed_at or self.now) if is_complete else None,
            points_given=self.standing.points_given if points is None else points,
        )  # fmt: skip
        progress = Progress(standing, self.sheet, answers, self.progress.touches)
        return Taken(progress, next_code, points or 0)

    def _answer(
        self, question: Question | None, given: Given | None
    ) -> tuple[dict[str, Given], str | None]:
        """What stands after this press, and the question that comes next."""
        answers: dict[str, Any] = dict(self.progress.given)
        if question is not None:
            answers.pop(question.code, None)
            if given is not None:
                answers[question.code] = given
        path = find_path(self.sheet.asked, answers)
        answers = {code: value for code, value in answers.items() if code in path}
        following = path[path.index(question.code) + 1 :] if question is not None else []
        if following:
            return answers, following[0]
        return answers, self._find_missing(path, answers)

    def _find_missing(self, path: Sequence[str], answers: dict[str, Given]) -> str | None:
        required = {each.code for each in self.sheet.asked if each.is_required}
        return next((code for code in path if code in required and code not in answers), None)

    def _is_complete(self, answers: dict[str, Given], next_code: str | None) -> bool:
        """At the end of the way; or it was before, and nothing that is needed is missing."""
        if next_code is None:
            return bool(answers)
        if self.standing.completed_at is None:
            return False
        return self._find_missing(find_path(self.sheet.asked, answers), answers) is None

    def _find_score(self, answers: dict[str, Given]) -> int | None:
        main = find_main_question(self.standing, list(self.sheet.questions.values()))
        number = answers.get(main.code) if main is not None else None
        if main is None or not isinstance(number, int):
            return None
        return find_share(main.kind, number, main.lowest, main.highest)

    def _tell(self, is_complete: bool, score: int | None) -> None:
        """Once: when the score is known, or they are through."""
        standing, now = self.standing, self.now
        if standing.answered_at is not None or not (is_complete or score is not None):
            return
        self.writer.execute(_ANSWERED, [now, now, self.sheet.version.pk, standing.id])
        facts = {"survey": standing.survey_id}
        # Who gave which score in an anonymous survey stands nowhere else either.
        if score is not None and not standing.is_anonymous:
            facts["score"] = score
        ids = self.spare_ids
        activity = ActivityRow(
            standing.member_id, ANSWERED, now, SUBJECT, standing.id, facts,
            ids["members_activity"][0] if ids else None,
        )  # fmt: skip
        record_batch(
            ANSWERED, [activity], payload=[activity], now=now, writer=self.writer,
            batch_id=ids["members_activitybatch"][0] if ids else None,
        )  # fmt: skip

    def _tell_score(self, score: int | None) -> None:
        was_low = self.standing.is_counting and self._is_low(self.standing.score_permille)
        if self._is_low(score):
            for listen in low_score_listeners:
                listen(self.standing.id, self.now)
        elif was_low:
            for listen in raised_score_listeners:
                listen(self.standing.id, self.now)

    def _is_low(self, score: int | None) -> bool:
        line = self.standing.low_line
        return (
            score is not None
            and line is not None
            and score < line
            and not self.standing.is_anonymous
        )

    def _pay(self) -> int | None:
        """Into open books, written with the rest; None where there is nothing to pay any more. A
        club without a programme has no points.
        """
        standing = self.standing
        if standing.points_given is not None:
            return None
        if not standing.points:  # a budget that is used up pays nothing, also when it grows again
            return None if standing.points_budget is None else 0
        try:
            ledger = open_settled_ledger(
                [standing.member_id], now=self.now,
                build_extra=lambda terms: [build_reserve(**_USED_IDS)],
            )  # fmt: skip
        except NoProgramme:
            return 0
        (ids,) = ledger.extra
        self.spare_ids = dict(ids)
        ledger.spare_ids = dict(ids)
        points = standing.points
        if standing.points_budget is not None:
            with connection.cursor() as cursor:
                cursor.execute(_TAKE_POINTS, [standing.survey_id])
                points = cursor.fetchone()[0]
        if points:
            prize = Prize(PrizeKind.POINTS, points=points)
            won = Won(standing.member_id, prize, (CAUSE, standing.id), f"{CAUSE}:{standing.id}")
            add_prizes(ledger, self.writer, [won], now=self.now)
            write_ledger(ledger, now=self.now, writer=self.writer)
        return points
