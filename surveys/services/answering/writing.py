"""The rows of an answer, as statements that travel together."""

import datetime as dt
import json
from typing import Any

from core.actors import read_agent
from core.bulk import RowWriter
from surveys.engine.path import Given
from surveys.enums import QuestionKind
from surveys.models import Question
from surveys.services.answering.rows import Progress, Standing

# A press, in one statement with what it changes.
_PRESS = """noted AS (
        INSERT INTO surveys_touch (invitation_id, method, number, touched_at, evidence, actor)
        SELECT %(invitation)s::bigint, 'POST', %(pressed)s::smallint, %(now)s::timestamptz,
               %(evidence)s::jsonb, %(presser)s::varchar
        WHERE (SELECT count(*) FROM surveys_touch WHERE invitation_id = %(invitation)s) < %(most)s)
"""
# The newest looks are the ones by which presses are judged: they stay, the oldest goes.
_LOOK = """
    WITH gone AS (
        DELETE FROM surveys_touch WHERE id = (
            SELECT id FROM surveys_touch WHERE invitation_id = %(id)s AND method <> 'POST'
            ORDER BY touched_at, id LIMIT 1)
        AND (SELECT count(*) FROM surveys_touch WHERE invitation_id = %(id)s) >= %(most)s)
    INSERT INTO surveys_touch (invitation_id, method, number, touched_at, evidence, actor)
    VALUES (%(id)s, %(method)s, %(number)s, %(now)s, %(evidence)s, %(actor)s)
"""
# What results divide by stands as it was when they began.
_RESPONSE = """
    INSERT INTO surveys_response (
        invitation_id, survey_id, version_id, member_id, state, actor, score_permille,
        points_given, completed_at, started_at, closes_at, store_id, category_id, tier)
    SELECT i.id, i.survey_id, %(version)s::bigint, i.member_id, %(state)s::varchar,
           %(actor)s::varchar, %(score)s::smallint,
           %(points)s::int, CASE WHEN %(state)s::varchar = 'complete' THEN %(now)s::timestamptz END,
           %(now)s::timestamptz, i.expires_at, p.store_id,
           (SELECT coalesce(l.category_id, o.category_id) FROM purchases_line l
            LEFT JOIN purchases_product o ON o.id = l.product_id
            WHERE l.purchase_id = p.id ORDER BY l.amount DESC, l.position LIMIT 1),
           coalesce((SELECT t.slug FROM rewards_standing s JOIN rewards_tier t ON t.id = s.tier_id
                     WHERE s.member_id = i.member_id), '')
    FROM surveys_invitation i
    LEFT JOIN purchases_purchase p ON p.id = (i.facts ->> 'purchase')::bigint
    WHERE i.id = %(invitation)s
    ON CONFLICT (invitation_id) DO UPDATE
    SET state = excluded.state, actor = excluded.actor, score_permille = excluded.score_permille,
        points_given = coalesce(surveys_response.points_given, excluded.points_given),
        completed_at = CASE WHEN excluded.state = 'complete'
                            THEN coalesce(surveys_response.completed_at, excluded.completed_at) END
"""
_ANSWER = f"""answered AS ({_RESPONSE} RETURNING id)
    INSERT INTO surveys_answer (response_id, question_id, number, text, choices, day_on)
    SELECT answered.id, %(question)s::bigint, %(number)s::smallint, %(text)s::text,
           %(choices)s::varchar[], %(day)s::date
    FROM answered
    ON CONFLICT (response_id, question_id) DO UPDATE
    SET number = excluded.number, text = excluded.text, choices = excluded.choices,
        day_on = excluded.day_on
"""
# Questions that are no longer on the way, and what was taken back.
_DROP = """
    DELETE FROM surveys_answer a USING surveys_response r
    WHERE r.id = a.response_id AND r.invitation_id = %s AND a.question_id = ANY (%s)
"""


def count_seconds(standing: Standing, now: dt.datetime) -> float | None:
    return (now - standing.sent_at).total_seconds() if standing.sent_at else None


def build_evidence(agent: str, standing: Standing, why: str, now: dt.datetime) -> dict[str, Any]:
    """Coded, nothing of the program's own words."""
    evidence: dict[str, Any] = {"agent": read_agent(agent).value}
    seconds = count_seconds(standing, now)
    if seconds is not None:
        evidence["seconds"] = round(seconds, 1)
    if why:
        evidence["why"] = why
    return evidence


def note_look(
    writer: RowWriter, invitation_id: int, *, method: str, number: int | None,
    evidence: dict[str, Any], actor: str, most: int, now: dt.datetime,
) -> None:  # fmt: skip
    values = {"id": invitation_id, "method": method, "number": number, "most": most, "now": now}
    writer.execute(_LOOK, {**values, "evidence": json.dumps(evidence), "actor": actor})


def write_press(
    writer: RowWriter, progress: Progress, *, evidence: dict[str, Any], presser: str, most: int,
    given: Given | None, **terms: Any,
) -> None:  # fmt: skip
    """A press with what it changes, as of ``upsert_response``; ``most`` presses are noted."""
    noted = {
        "pressed": given if isinstance(given, int) else None,
        "evidence": json.dumps(evidence),
        "presser": presser,
        "most": most,
    }
    upsert_response(writer, progress, given=given, noted=noted, **terms)


def upsert_response(
    writer: RowWriter, progress: Progress, *, state: str, actor: str, score: int | None = None,
    points: int | None = None, question: Question | None = None, given: Given | None = None,
    noted: dict[str, Any] | None = None, now: dt.datetime,
) -> None:  # fmt: skip
    """The response and the answer ``given`` to ``question``; of None it is the response alone, and
    what was answered before is dropped by ``drop_answers``.

    ``points`` None leaves what was paid as it is.
    """
    values: dict[str, Any] = {
        "invitation": progress.standing.id,
        "version": progress.sheet.version.pk,
        "state": state,
        "actor": actor,
        "score": score,
        "points": points,
        "now": now,
        **(noted or {}),
    }
    before = f"WITH {_PRESS}" if noted else ""
    if question is None or given is None:
        writer.execute(before + _RESPONSE, values)
        return
    number, text, choices, day_on = _write_answer(question.kind, given)
    told = {"number": number, "text": text, "choices": choices, "day": day_on}
    sql = f"{before}, {_ANSWER}" if noted else f"WITH {_ANSWER}"
    writer.execute(sql, {**values, "question": question.pk, **told})


def drop_answers(writer: RowWriter, invitation_id: int, question_ids: list[int]) -> None:
    if question_ids:
        writer.execute(_DROP, [invitation_id, question_ids])


def _write_answer(kind: str, given: Any) -> tuple[int | None, str, list[str], dt.date | None]:
    if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return None, "", sorted(given), None
    if kind == QuestionKind.TEXT:
        return None, given, [], None
    if kind == QuestionKind.DATE:
        return None, "", [], given
    return given, "", [], None
