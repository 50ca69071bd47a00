"""Invitations planned beside one INSERT ... SELECT; answers beside a POST that writes one row."""

import datetime as dt
import io
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from bench.databases import connect, copy_database, drop_database, list_differences, use_database
from bench.report import Report

MAX_PLANNING = 3.0
MAX_ANSWER = 3.0  # a third of the rate
MEMBERS = int(os.environ.get("BENCH_SURVEY_MEMBERS", "100000"))
ANSWERS = int(os.environ.get("BENCH_SURVEY_ANSWERS", "1000"))
ROUNDS = 3
WARM_UP = 30
TINY = {"members": 300, "answers": 20, "rounds": 1, "warm_up": 2}
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"

_MEMBERS = """
    INSERT INTO members_member (id, number, source, joined_at, created_at, email)
    SELECT 1000000 + n,
           lpad((1000000 + n)::text, 10, '0')
               || lpad((98 - (1000000 + n) * 100 %% 97)::text, 2, '0'),
           'bench', %(at)s, %(at)s, 'm' || n || '@bench.example'
    FROM generate_series(1, %(count)s) n
"""
# Who signs up stands in the programme at once.
_STANDINGS = """
    INSERT INTO rewards_standing (member_id, tier_id, has_purchased)
    SELECT m.id, t.id, true FROM members_member m,
           (SELECT id FROM rewards_tier ORDER BY rank LIMIT 1) t WHERE m.source = 'bench'
"""
# A third was asked a fortnight ago, a third two months ago, by another survey.
_HISTORY = """
    INSERT INTO surveys_invitation (survey_id, member_id, occurrence, state, planned_at, due_at,
                                    released_at, sent_at, expires_at, answered_at)
    SELECT %(survey)s, m.id, 'before', 'expired', s.at, s.at, s.at, s.at, s.at + interval '14 days',
           NULL
    FROM members_member m
    CROSS JOIN LATERAL (SELECT %(now)s::timestamptz
                               - make_interval(days => CASE m.id %% 3 WHEN 0 THEN 14 ELSE 60 END)
                               AS at) s
    WHERE m.source = 'bench' AND m.id %% 3 < 2
"""
_BATCH = (
    "INSERT INTO members_activitybatch (kind, recorded_at, activity_count)"
    " VALUES ('redemption', %s, %s) RETURNING id"
)
_ACTIVITIES = """
    INSERT INTO members_activity (batch_id, member_id, kind, effective_at, recorded_at,
                                  subject_type, subject_id, facts)
    SELECT %s, id, 'redemption', %s, %s, 'rewards.redemption', id, '{"reward": 1}'
    FROM members_member WHERE source = 'bench'
"""
# What leaves the same rows, as one would write it by hand for this one trigger.
_FLOOR = """
    WITH asked AS (
        SELECT member_id, max(sent_at) + interval '30 days' AS free_at FROM surveys_invitation
        WHERE sent_at IS NOT NULL GROUP BY member_id)
    INSERT INTO surveys_invitation (survey_id, member_id, trigger_id, occurrence, facts, state,
                                    reason, planned_at, due_at, expires_at)
    SELECT %(survey)s, a.member_id, %(trigger)s, 'redemption:' || a.subject_id,
           jsonb_build_object('redemption', a.subject_id, 'reward', 1),
           CASE WHEN k.free_at >= %(ends)s THEN 'skipped' ELSE 'planned' END,
           CASE WHEN k.free_at >= %(ends)s THEN 'clock' ELSE '' END, %(now)s,
           CASE WHEN k.free_at < %(ends)s THEN greatest(%(now)s, k.free_at) ELSE %(now)s END,
           %(ends)s
    FROM members_activity a
    JOIN members_member m ON m.id = a.member_id AND m.status = 'active'
    LEFT JOIN asked k ON k.member_id = a.member_id
    WHERE a.batch_id = %(batch)s ON CONFLICT DO NOTHING
"""
_SENT = """
    INSERT INTO surveys_invitation (survey_id, member_id, occurrence, state, planned_at, due_at,
                                    released_at, sent_at, expires_at)
    SELECT %(survey)s, id, 'answer', 'sent', %(at)s, %(at)s, %(at)s, %(at)s,
           %(at)s::timestamptz + interval '14 days'
    FROM members_member WHERE source = 'bench' ORDER BY id LIMIT %(count)s RETURNING id
"""


def run(
    work: Path,
    *,
    members: int = MEMBERS,
    answers: int = ANSWERS,
    rounds: int = ROUNDS,
    warm_up: int = WARM_UP,
) -> Report:
    report = Report("surveys")
    copy_database("bench_before")
    ids = _fill_club(members, answers + warm_up)
    _plan(report, ids, members, rounds)
    _answer(report, ids, warm_up)
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def _fill_club(members: int, answers: int) -> dict:
    use_database("bench_before")
    from surveys.models import Survey, Trigger
    from surveys.services.building import QuestionTerms, create_survey, publish_survey

    question = QuestionTerms(kind="faces", code="rating", words={"text": "How was it?"})
    surveys = []
    for code in ("bench-before", "bench"):
        made = create_survey(
            code=code,
            name="Bench",
            title="Bench",
            questions=[question],
            points=10,
            by=None,
            now=NOW,
        )
        publish_survey(made, by=None, now=NOW)
        surveys.append(Survey.objects.get(pk=made.pk))
    trigger = Trigger.objects.create(survey=surveys[1], event="redemption")
    at = NOW - dt.timedelta(days=300)
    sent = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    with connect("bench_before") as connection:
        connection.execute(_MEMBERS, {"at": at, "count": members})
        connection.execute(_STANDINGS)
        connection.execute(_HISTORY, {"survey": surveys[0].pk, "now": NOW})
        batch = connection.execute(_BATCH, [NOW, members]).fetchone()[0]
        connection.execute(_ACTIVITIES, [batch, NOW, NOW])
        rows = connection.execute(
            _SENT, {"survey": surveys[1].pk, "at": sent, "count": min(answers, members)}
        )
        invitations = [pk for (pk,) in rows.fetchall()]
    with connect("bench_before", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return {
        "survey": surveys[1].pk, "trigger": trigger.pk, "batch": batch, "invitations": invitations,
    }  # fmt: skip


# --- Planning ------------------------------------------------------------------------------------


def _plan(report: Report, ids: dict, members: int, rounds: int) -> None:
    """The consumer of the stream for one batch, and the floor, on copies of their own."""
    service, floor = [], []
    for _round in range(rounds):
        copy_database("bench_service", "bench_before")
        copy_database("bench_floor", "bench_before")
        use_database("bench_service")
        service.append(_time(lambda: _follow(ids["batch"])))
        with connect("bench_floor") as connection:
            values = {**ids, "now": NOW, "ends": NOW + dt.timedelta(hours=48)}
            floor.append(_time(lambda c=connection, v=values: (c.execute(_FLOOR, v), c.commit())))
    differing = list_differences("bench_service", "bench_floor", {})
    report.expect(
        not differing, f"the floor left the same rows{'; different: ' if differing else ''}"
        f"{', '.join(differing)}",
    )  # fmt: skip
    report.say(f"{members} invitations planned, the clock asked:")
    report.compare(service, floor, MAX_PLANNING, "s")
    use_database("bench_service")
    from surveys.models import Invitation
    from surveys.services.inviting import release_due

    found: list[int] = []
    seconds = _time(lambda: found.append(release_due(now=NOW)))
    due = Invitation.objects.filter(survey=ids["survey"], reason="clock").count()
    report.note("released", found[0], f"{found[0]} released in {seconds:.1f} s, {due} skipped")
    report.expect(not Invitation.objects.due(NOW).exists(), "nobody who was due is left undecided")


def _follow(batch: int) -> None:
    from django.db import transaction

    from surveys.services.inviting import follow_batch

    with transaction.atomic():
        follow_batch(batch, NOW)


def _time(act: Callable) -> float:
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


# --- Answers -------------------------------------------------------------------------------------


def _answer(report: Report, ids: dict, warm_up: int) -> None:
    """A press that completes a survey and pays its points, and a view that writes one row, in turn
    and through the same middleware.
    """
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection

    from rewards.models import Transfer
    from surveys.links import make_token
    from surveys.models import Response

    settings.ROOT_URLCONF = "bench.urls"
    # A line for each request would stand between the figures.
    logging.getLogger("loyalty_site.requests").setLevel(logging.WARNING)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # or WhiteNoise warns
    handler = WSGIHandler()
    service, floor = [], []
    for pk in ids["invitations"]:
        service.append(_time(lambda pk=pk: _post(handler, f"/s/{make_token(pk)}/q/rating/")))
        floor.append(_time(lambda pk=pk: _post(handler, f"/bench/row/{pk}/")))
    count = len(ids["invitations"])
    done = Response.objects.counting().filter(state="complete", points_given=10).count()
    paid = Transfer.objects.filter(cause_type="survey").count()
    report.expect(done == paid == count, f"{count} answers taken, {paid} of them paid")
    report.say("an answer by POST, points posted:")
    report.compare(service[warm_up:], floor[warm_up:], MAX_ANSWER, "ms")
    connection.close()


def _post(handler, path: str) -> None:
    body = b"answer=4&seen=2400"
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
        "HTTP_USER_AGENT": AGENT, "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http", "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.version": (1, 0),
    }  # fmt: skip
    told: list[str] = []
    answer = handler(environ, lambda status, headers: told.append(status))
    b"".join(answer)
    answer.close()
    if not told[0].startswith("302"):
        raise RuntimeError(f"{path} answered {told[0]}")
