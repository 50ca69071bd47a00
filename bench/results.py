"""The page of a survey's results beside the SQL that somebody wrote for its figures by hand."""

import datetime as dt
import logging
import os
import statistics
import time
from pathlib import Path

from bench.databases import connect, copy_database, drop_database, use_database
from bench.report import Report

MAX_RATIO = 1.5
MAX_QUERIES = 12
RESPONSES = int(os.environ.get("BENCH_RESULTS_RESPONSES", "1000000"))
MEMBERS = 20_000
TINY = {"responses": 600, "members": 50, "rounds": 1}
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
_LEAST_SECONDS = 0.05  # below this the page's own drawing is what is measured

_FILL = """
    SET session_replication_role = replica;
    INSERT INTO members_member (id, number, source, joined_at, created_at)
    SELECT 1000000 + n,
           lpad((1000000 + n)::text, 10, '0')
               || lpad((98 - (1000000 + n) * 100 %% 97)::text, 2, '0'), 'bench', %(now)s, %(now)s
    FROM generate_series(1, %(members)s) n;
    INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT a.id, 1000000 + n, %(now)s FROM members_audience a, generate_series(1, %(members)s) n
    WHERE a.kind = 'segment' AND (n + a.id) %% 3 = 0;
    INSERT INTO surveys_invitation (id, survey_id, version_id, member_id, occurrence, state,
                                    planned_at, due_at, released_at, sent_at, expires_at,
                                    answered_at)
    SELECT n, %(survey)s, %(version)s, 1000000 + n %% %(members)s + 1, 'bench' || n,
           CASE WHEN n %% 4 = 0 THEN 'sent' ELSE 'answered' END, s.at, s.at, s.at, s.at,
           s.at + interval '14 days', CASE WHEN n %% 4 > 0 THEN s.at + interval '1 hour' END
    FROM generate_series(1, %(responses)s * 4 / 3) n
    CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - make_interval(mins => n %% 525600) AS at) s;
    INSERT INTO surveys_response (id, invitation_id, survey_id, version_id, member_id, state, actor,
                                  score_permille, store_id, tier, started_at, completed_at,
                                  closes_at)
    SELECT i.id, i.id, i.survey_id, i.version_id, i.member_id,
           CASE WHEN i.id %% 50 = 1 THEN 'begun' ELSE 'complete' END,
           CASE WHEN i.id %% 40 = 3 THEN 'machine' ELSE 'human' END, (i.id * 7 %% 11) * 100,
           (SELECT min(id) FROM purchases_store), 'tier' || i.id %% 4, i.answered_at,
           CASE WHEN i.id %% 50 <> 1 THEN i.answered_at END, i.expires_at
    FROM surveys_invitation i WHERE i.answered_at IS NOT NULL;
    INSERT INTO surveys_answer (response_id, question_id, number, choices, text)
    SELECT r.id, q.id, CASE q.kind WHEN 'nps' THEN r.id * 7 %% 11
                                   WHEN 'stars' THEN 1 + (r.id * 3 + q.position) %% 5 END,
           CASE WHEN q.kind = 'single' THEN ARRAY['c' || r.id %% 5] ELSE '{}' END,
           CASE WHEN q.kind = 'text' THEN 'Words of ' || r.id ELSE '' END
    FROM surveys_response r JOIN surveys_question q ON q.version_id = r.version_id
    WHERE (q.kind <> 'text' OR r.id %% 5 = 0) AND (q.kind <> 'single' OR r.state = 'complete')
      AND (q.code <> 'before' OR r.id %% 3 > 0);
    INSERT INTO surveys_theme (code, name) SELECT 'theme' || n, 'Theme ' || n
    FROM generate_series(1, 4) n;
    INSERT INTO surveys_response_themes (response_id, theme_id)
    SELECT r.id, h.id FROM surveys_response r
    JOIN surveys_theme h ON h.code = 'theme' || 1 + r.id / 5 %% 4
    WHERE r.id %% 5 = 0 AND r.state = 'complete';
"""
# Each figure of the page by a statement of its own, as one would write them down.
_COUNTED = "r.survey_id = %(survey)s AND r.actor = 'human'"
_COMPLETE = f"{_COUNTED} AND r.state = 'complete'"
_MAIN = "JOIN surveys_answer a ON a.response_id = r.id AND a.question_id = %(main)s"
# Satisfaction of each response: what was received against its price, against what was expected.
_SATISFIED = f"""
    WITH satisfied AS MATERIALIZED (
        SELECT r.id, r.member_id, r.store_id, r.tier, r.category_id, r.started_at,
               floor(least(greatest((b.number + c.number - 2) * 125
                   + (b.number - e.number) * 125, 0), 1000) + 0.5)::int AS value
        FROM surveys_response r
        JOIN surveys_answer b ON b.response_id = r.id AND b.question_id = %(benefit)s
        JOIN surveys_answer c ON c.response_id = r.id AND c.question_id = %(price)s
        JOIN surveys_answer e ON e.response_id = r.id AND e.question_id = %(before)s
        WHERE {_COMPLETE}
    )
"""
_MOMENTS = "count(*), sum(value), sum(value * value)"
_BY_HAND = (
    """SELECT count(*), count(sent_at),
        count(*) FILTER (WHERE sent_at IS NOT NULL
            AND (opened_at IS NOT NULL OR answered_at IS NOT NULL)),
        count(*) FILTER (WHERE sent_at IS NOT NULL AND answered_at IS NOT NULL)
        FROM surveys_invitation WHERE survey_id = %(survey)s""",
    f"""SELECT code, count(*) FROM (
            SELECT DISTINCT ON (r.id) q.code FROM surveys_response r
            JOIN surveys_answer a ON a.response_id = r.id
            JOIN surveys_question q ON q.id = a.question_id
            WHERE {_COUNTED} AND r.state = 'begun' ORDER BY r.id, q.position DESC
        ) last GROUP BY 1""",
    # One score is reckoned once, and told five ways.
    f"""{_SATISFIED}
        SELECT 'all', least(value / 100, 9)::text, {_MOMENTS} FROM satisfied GROUP BY 2
        UNION ALL SELECT 'month',
            date_trunc('month', started_at AT TIME ZONE 'America/Los_Angeles')::text, {_MOMENTS}
            FROM satisfied GROUP BY 2
        UNION ALL SELECT 'store', store_id::text, {_MOMENTS} FROM satisfied GROUP BY 2
        UNION ALL SELECT 'tier', tier, {_MOMENTS} FROM satisfied GROUP BY 2
        UNION ALL SELECT 'category', category_id::text, {_MOMENTS} FROM satisfied GROUP BY 2
        UNION ALL SELECT 'segment', m.audience_id::text, {_MOMENTS} FROM satisfied s
            JOIN members_audiencemember m ON m.member_id = s.member_id
            JOIN members_audience u ON u.id = m.audience_id AND u.kind = 'segment' GROUP BY 2""",
    "SELECT actor, state, count(*) FROM surveys_response r"
    " WHERE r.survey_id = %(survey)s GROUP BY 1, 2",
    f"""SELECT q.code, a.number, a.choices, r.state, count(*) FROM surveys_response r
        JOIN surveys_answer a ON a.response_id = r.id
        JOIN surveys_question q ON q.id = a.question_id
        WHERE {_COUNTED} AND r.state IN ('begun', 'complete') GROUP BY 1, 2, 3, 4""",
    f"""SELECT date_trunc('month', r.started_at AT TIME ZONE 'America/Los_Angeles'), a.number,
        count(*) FROM surveys_response r {_MAIN} WHERE {_COMPLETE} GROUP BY 1, 2""",
    f"""SELECT s.name, a.number, count(*) FROM surveys_response r {_MAIN}
        JOIN purchases_store s ON s.id = r.store_id WHERE {_COMPLETE} GROUP BY 1, 2""",
    f"""SELECT r.tier, a.number, count(*) FROM surveys_response r {_MAIN}
        WHERE {_COMPLETE} GROUP BY 1, 2""",
    f"""SELECT r.category_id, a.number, count(*) FROM surveys_response r {_MAIN}
        WHERE {_COMPLETE} AND r.category_id IS NOT NULL GROUP BY 1, 2""",
    f"""SELECT m.audience_id, a.number, count(*) FROM surveys_response r {_MAIN}
        JOIN members_audiencemember m ON m.member_id = r.member_id
        JOIN members_audience u ON u.id = m.audience_id AND u.kind = 'segment'
        WHERE {_COMPLETE} GROUP BY 1, 2""",
    f"""SELECT x.theme_id, count(*), avg(r.score_permille) FROM surveys_response r
        JOIN surveys_response_themes x ON x.response_id = r.id WHERE {_COMPLETE} GROUP BY 1""",
    f"""SELECT a.text FROM surveys_response r JOIN surveys_answer a ON a.response_id = r.id
        WHERE {_COMPLETE} AND a.text <> '' ORDER BY r.started_at DESC, r.id DESC LIMIT 20""",
)


def run(
    work: Path, *, responses: int = RESPONSES, members: int = MEMBERS, rounds: int = 3
) -> Report:
    report = Report("results")
    copy_database("bench_before")
    survey_id, parameters = _fill(responses, members)
    _compare(report, survey_id, parameters, rounds)
    use_database("postgres")
    drop_database("bench_before")
    return report


def _fill(responses: int, members: int) -> tuple[int, dict[str, object]]:
    use_database("bench_before")
    from surveys.models import Survey
    from surveys.services.building import (
        ChoiceTerms,
        PartTerms,
        QuestionTerms,
        ScoreTerms,
        create_survey,
        publish_survey,
    )

    choices = tuple(ChoiceTerms(f"c{each}", f"Answer {each}") for each in range(5))
    questions = [
        QuestionTerms(kind="nps", code="nps", words={"text": "Would you recommend us?"}),
        QuestionTerms(kind="single", code="why", words={"text": "Why?"}, choices=choices),
        QuestionTerms(kind="text", code="words", words={"text": "In your words?"}),
        *(
            QuestionTerms(kind="stars", code=code, words={"text": f"{code.title()}?"})
            for code in ("benefit", "price", "before")
        ),
    ]
    parts = (
        PartTerms("benefit", "benefit"), PartTerms("price", "money"),
        PartTerms("before", "expectation"),
    )  # fmt: skip
    scores = [ScoreTerms("satisfied", "Satisfied", parts)]
    made = create_survey(
        code="bench", name="Bench", title="Bench", questions=questions, scores=scores, by=None,
        now=NOW,
    )  # fmt: skip
    publish_survey(made, by=None, now=NOW)
    survey = Survey.objects.get(pk=made.pk)
    version = survey.versions.get()
    parameters = {
        "survey": survey.pk, "version": version.pk, "now": NOW, "members": members,
        "responses": responses, "main": version.questions.get(code="nps").pk,
        **{code: version.questions.get(code=code).pk for code in ("benefit", "price", "before")},
    }  # fmt: skip
    with connect("bench_before", autocommit=True) as connection:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement, parameters)
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute("VACUUM ANALYZE")
    return survey.pk, parameters


def _compare(report: Report, survey_id: int, parameters: dict[str, object], rounds: int) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from bench.pages import Pages

    if not settings.DEBUG:
        call_command("collectstatic", interactive=False, verbosity=0)  # pages name files by content
    settings.ROOT_URLCONF = "bench.urls"
    logging.getLogger("loyalty_site.requests").setLevel(logging.WARNING)
    pages = Pages()
    address = f"/admin/surveys/survey/{survey_id}/results/"
    pages.get(address)  # what is kept in the process is read once
    page, floor, queries = [], [], 0
    with connect("bench_before") as connection:
        for _round in range(rounds):
            before = time.perf_counter()
            for statement in _BY_HAND:
                connection.execute(statement, parameters).fetchall()
            floor.append(time.perf_counter() - before)
            milliseconds, queries = pages.get(address)
            page.append(milliseconds / 1000)
    report.expect(queries <= MAX_QUERIES, f"{queries} queries for the page (at most {MAX_QUERIES})")
    ours, theirs = statistics.median(page), statistics.median(floor)
    if theirs < _LEAST_SECONDS:
        report.say(f"{ours * 1000:,.0f} ms beside {theirs * 1000:,.0f} ms: too short to compare")
        return
    report.compare(page, floor, MAX_RATIO)
