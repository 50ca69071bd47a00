"""Answers in own words, one by one, with their themes; and what results can be narrowed to."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from core.sealing import CannotUnseal, seal, unseal
from members.enums import AudienceKind
from surveys.models import Response
from surveys.selectors.results.scope import COUNTING, Scope, words_key
from surveys.selectors.results.statements import UNTOLD_ANSWERS

_OF_WORDS = """JOIN surveys_answer a ON a.response_id = r.id
    JOIN surveys_question q ON q.id = a.question_id {join}"""
_SAID = f"""
    SELECT a.response_id, q.code, a.text, r.score_permille, r.started_at,
           ARRAY(SELECT x.theme_id FROM surveys_response_themes x WHERE x.response_id = r.id)
    {COUNTING.replace("{join}", _OF_WORDS)}
      AND r.state = 'complete' AND a.text <> '' AND ({{among}})
    ORDER BY {{order}} LIMIT %(most)s OFFSET %(start_at)s
"""
_NEWEST = "r.started_at DESC, r.id DESC, a.id DESC"  # along response_counting
_WITH_THEME = """EXISTS (SELECT FROM surveys_response_themes y
                        WHERE y.response_id = r.id AND y.theme_id = %(wanted)s)"""
_CHOICES = """
    SELECT 'store', id::text, coalesce(i18n ->> %(words)s, name) FROM purchases_store
    UNION ALL SELECT 'tier', slug, coalesce(i18n ->> %(words)s, name) FROM rewards_tier
    UNION ALL SELECT 'segment', id::text, coalesce(i18n ->> %(words)s, name)
              FROM members_audience WHERE kind = %(segment)s
    UNION ALL SELECT 'theme', id::text, coalesce(i18n ->> %(words)s, name) FROM surveys_theme
    ORDER BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One answer in own words. ``token`` names its response to whoever may give it themes, and
    tells nothing of it. The rest is None in an anonymous survey, where a number, a day and a score
    beside the words would help to find out whose they are.
    """

    token: str
    text: str
    question_code: str
    theme_ids: frozenset[int]
    response_id: int | None
    started_at: dt.datetime | None
    score_permille: int | None


def list_words(
    scope: Scope, *, most: int, page: int = 1, theme_id: int | None = None
) -> tuple[list[Said], bool]:
    """Complete answers, the newest first, and whether there are more; one query.

    Of an anonymous survey those that may be told, in the order of a fingerprint of their words.
    """
    is_anonymous = scope.survey.is_anonymous
    if scope.is_empty:
        return [], False
    among = [f"a.id NOT IN ({UNTOLD_ANSWERS})"] if is_anonymous else []
    among += [_WITH_THEME] if theme_id else []
    # Braces of COUNTING are filled when it is read.
    sql = _SAID.replace("{among}", " AND ".join(among) or "true")
    sql = sql.replace("{order}", "md5(a.text), a.text" if is_anonymous else _NEWEST)
    rows = scope.read(sql, wanted=theme_id, most=most + 1, start_at=(page - 1) * most)
    said = [
        Said(
            seal(str(response_id)).decode(),
            text,
            code,
            frozenset(themes),
            *((None, None, None) if is_anonymous else (response_id, started_at, score)),
        )
        for response_id, code, text, score, started_at, themes in rows[:most]
    ]
    return said, len(rows) > most


def find_said(scope: Scope, token: str) -> Response | None:
    """The response that a token of this survey names, where its words may be read."""
    try:
        pk = int(unseal(token.encode()))
    except (CannotUnseal, ValueError):
        return None
    sql = f"SELECT r.id {COUNTING} AND r.state = 'complete' AND r.id = %(wanted)s"
    if scope.is_empty or not scope.read(sql, wanted=pk):
        return None
    return Response.objects.select_related("survey").get(pk=pk)


def list_filter_choices() -> dict[str, list[tuple[str, str]]]:
    """What results can be narrowed to: "store", "tier", "segment" and "theme" to (key, name). One
    query.
    """
    found: dict[str, list[tuple[str, str]]] = {"store": [], "tier": [], "segment": [], "theme": []}
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES, {"words": words_key(), "segment": AudienceKind.SEGMENT})
        for kind, key, name in cursor.fetchall():
            found[kind].append((key, name))
    return found
