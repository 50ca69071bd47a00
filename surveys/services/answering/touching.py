"""Somebody, or something, follows an answer link. Looking changes nothing that counts: what the
link stands for is kept as provisional, until a press.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from core.actors import Actor, Judgement, find_bursts, is_inside, judge, read_agent
from core.bulk import RowWriter
from surveys.engine.given import BadAnswer, read_given
from surveys.enums import InvitationState, ResponseState
from surveys.links import SurveyLink
from surveys.services.answering.rows import Progress, SeenLink, load
from surveys.services.answering.writing import (
    build_evidence,
    count_seconds,
    note_look,
    upsert_response,
)

MOST_TOUCHES = 100  # of one invitation: after that the newest take the place of the oldest

_OPENED = f"""
    UPDATE surveys_invitation SET opened_at = coalesce(opened_at, %s),
           version_id = coalesce(version_id, %s),
           state = CASE WHEN state IN ('{InvitationState.RELEASED}', '{InvitationState.SENT}')
                        THEN '{InvitationState.OPENED}' ELSE state END
    WHERE id = %s
"""
# What was shown is what is asked, whoever it may have been: a version that comes meanwhile may mean
# something else by the same number. Machines hold nothing.
_SHOWN = """
    UPDATE surveys_invitation SET version_id = %s WHERE id = %s AND version_id IS NULL
"""
_CORRECT = """
    UPDATE surveys_touch SET actor = 'machine', evidence = evidence || '{"why": "burst"}'
    WHERE id = ANY (%s) AND actor <> 'machine'
"""
_CORRECT_RESPONSE = """
    UPDATE surveys_response SET actor = 'machine'
    WHERE invitation_id = %s AND state = 'provisional'
"""
# A machine that looked opened nothing.
_CLOSE_AGAIN = f"""
    UPDATE surveys_invitation i SET opened_at = NULL,
           state = CASE WHEN state <> '{InvitationState.OPENED}' THEN state
                        WHEN sent_at IS NULL THEN '{InvitationState.RELEASED}'
                        ELSE '{InvitationState.SENT}' END
    WHERE i.id = %s AND i.answered_at IS NULL AND NOT EXISTS (
        SELECT FROM surveys_touch t WHERE t.invitation_id = i.id AND t.actor = '{Actor.HUMAN}')
"""


@transaction.atomic
def touch_link(
    link: SurveyLink, *, method: str, agent: str, is_ahead: bool = False, now: dt.datetime
) -> Progress:
    """Note that a link was followed, by what calls itself ``agent``, and keep its answer as
    provisional where nobody pressed yet. What turns out to be part of a burst is a machine's, what
    it did before included. ``is_ahead``: a browser fetched it before anybody asked.

    Raises InvitationGone, NotAsked, SurveyOver.
    """
    progress = load(link.invitation_id, now=now, is_locked=True)
    standing = progress.standing
    bursts = find_bursts(
        [
            *(each.sighting for each in progress.touches),
            SeenLink(0, link.number, now, "", link.is_trap).sighting,
        ]
    )
    judgement = judge(
        agent=read_agent(agent),
        is_head=method == "HEAD" or is_ahead,
        seconds_since_sent=count_seconds(standing, now),
        is_in_burst=is_inside(now, bursts),
    )
    writer = RowWriter()
    evidence = build_evidence(agent, standing, judgement.why, now)
    if link.is_trap:
        evidence["trap"] = True
    note_look(
        writer, standing.id, method=method, number=link.number, evidence=evidence,
        actor=judgement.actor, most=MOST_TOUCHES, now=now,
    )  # fmt: skip
    if judgement.actor == Actor.HUMAN:
        writer.execute(_OPENED, [now, standing.version_id, standing.id])
    elif judgement.actor == Actor.UNKNOWN:
        writer.execute(_SHOWN, [standing.version_id, standing.id])
    if link.number is not None and not standing.is_confirmed:
        _keep_provisional(writer, progress, link, judgement, now)
    taken_back = _find_taken_back(progress.touches, bursts)
    if taken_back:
        writer.execute(_CORRECT, [taken_back])
        writer.execute(_CORRECT_RESPONSE, [standing.id])
        writer.execute(_CLOSE_AGAIN, [standing.id])
    writer.flush()
    return progress


def _keep_provisional(
    writer: RowWriter, progress: Progress, link: SurveyLink, judgement: Judgement, now: dt.datetime
) -> None:
    question, asked = (
        progress.sheet.questions.get(link.question),
        progress.sheet.get_asked(link.question),
    )
    if question is None or asked is None:
        return
    try:
        given = read_given(asked, [str(link.number)])
    except BadAnswer:
        return
    upsert_response(
        writer, progress, state=ResponseState.PROVISIONAL, actor=judgement.actor,
        question=question, given=given, now=now,
    )  # fmt: skip
    if given is not None:
        progress.answers[question.code] = given


def _find_taken_back(
    touches: Sequence[SeenLink], bursts: Sequence[tuple[dt.datetime, dt.datetime]]
) -> list[int]:
    return [each.id for each in touches if each.actor != Actor.MACHINE
            and is_inside(each.at, bursts)]  # fmt: skip
