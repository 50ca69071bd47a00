"""Numbers for Prometheus: what this server did, and how the club stands.

Requests and tasks are counted in the process; where several processes make one server they add up
through files in ``METRICS_DIR``. The club's own numbers are read from the database as they are
asked for, each by one short query.
"""

import datetime as dt
import os
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

if settings.METRICS_DIR:
    # The library looks at it once, as it is imported.
    os.makedirs(settings.METRICS_DIR, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = settings.METRICS_DIR

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from core.services.heartbeat import get_silence
from loyalty_site.health import WORKER, list_waiting_ages
from rewards.models import DayClose

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LOOPBACK = ("127.0.0.1", "::1")
_PLACES = ("pending", "available", "held", "owed")
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")

disable_created_metrics()  # a second line for each number, of when it began

requests = Counter("club_requests", "Requests answered.", ["method", "route", "status"])
request_seconds = Histogram(
    "club_request_seconds", "Time to an answer.", ["route"], buckets=_SECONDS
)
tasks = Counter("club_tasks", "Tasks of the queue by result.", ["task", "result"])
task_seconds = Histogram(
    "club_task_seconds", "Time of a task.", ["task"], buckets=(*_SECONDS, 60, 600)
)

_MOVED = """
    SELECT kind, sum(amount) FROM (
        SELECT a.kind, t.amount FROM rewards_transfer t
        JOIN rewards_account a ON a.id = t.debit_account_id
        WHERE t.effective_at >= %(since)s AND t.effective_at < %(until)s
          AND t.unit = 'points' AND a.member_id IS NULL
        UNION ALL
        SELECT a.kind, -t.amount FROM rewards_transfer t
        JOIN rewards_account a ON a.id = t.credit_account_id
        WHERE t.effective_at >= %(since)s AND t.effective_at < %(until)s
          AND t.unit = 'points' AND a.member_id IS NULL
    ) AS moved GROUP BY kind
"""


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
    request_seconds.labels(route).observe(seconds)


def count_task(task: str, result: str, seconds: float | None) -> None:
    tasks.labels(task, result).inc()
    if seconds is not None:
        task_seconds.labels(task).observe(seconds)


def forget_process(pid: int) -> None:
    """A process of this server has ended; what it counted stays."""
    if settings.METRICS_DIR:
        mark_process_dead(pid)


# --- The club's own numbers ----------------------------------------------------------------------


def list_club_numbers(now: dt.datetime) -> list[GaugeMetricFamily]:
    """Read from the database, so equal on every server: take the largest, not the sum."""
    ages, late = list_waiting_ages(now)
    found = [
        _gauge("club_waiting_oldest_seconds", "Age of the oldest waiting row.", ages, "queue"),
        _gauge("club_waiting_late", "Queues whose oldest row is late.", {"": len(late)}),
        _gauge(
            "club_points_last_hour",
            "Points that left (above zero) or reached the club's own accounts in the last hour.",
            _sum_moved(now - dt.timedelta(hours=1), now),
            "account",
        ),
    ]
    silence = get_silence(WORKER, now=now)
    if silence is not None:
        text = "Since the worker's last sign of life."
        found.append(_gauge("club_worker_silence_seconds", text, {"": silence.total_seconds()}))
    if closed := DayClose.objects.order_by("-day_on").first():
        age = (now - closed.closed_at).total_seconds()
        standing = {place: getattr(closed, f"{place}_points") for place in _PLACES}
        found += [
            _gauge("club_day_close_age_seconds", "Since the last day close.", {"": age}),
            _gauge("club_points_standing", "Members' points at the last close.", standing, "place"),
        ]
    return found


def _sum_moved(since, until):
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {"since": since, "until": until})
        return dict(cursor.fetchall())


def _gauge(name, text, values, label=""):
    family = GaugeMetricFamily(name, text, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family


def build_text(*, with_club: bool = True) -> bytes:
    """All that this server's processes counted; with ``with_club`` also how the club stands."""
    if settings.METRICS_DIR:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=settings.METRICS_DIR)
        text = generate_latest(registry)
    else:
        text = generate_latest(REGISTRY)
    return text + _build_club_text() if with_club else text


def _build_club_text() -> bytes:
    """Without a database a server still tells what it did, and that the rest is missing."""
    club = CollectorRegistry()
    is_read = Gauge("club_numbers_read", "Whether the club's own numbers follow.", registry=club)
    try:
        families = list_club_numbers(timezone.now())
    except DatabaseError:
        return generate_latest(club)
    is_read.set(1)
    club.register(_Collected(families))
    return generate_latest(club)


class _Collected:
    def __init__(self, families):
        self.families = families

    def collect(self):
        return self.families


# --- Who may read them ---------------------------------------------------------------------------


def may_read(environ) -> bool:
    """With a token whoever bears it; without one this machine itself, and no proxy on it."""
    if settings.METRICS_TOKEN:
        given = environ.get("HTTP_AUTHORIZATION", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    forwarded = any(environ.get(name) for name in _FORWARDED)
    return environ.get("REMOTE_ADDR") in _LOOPBACK and not forwarded


def serve_worker_metrics(port: int) -> WSGIServer:
    """A worker has no web server: this one answers ``/metrics`` alone, beside its work."""

    def answer(environ, start_response):
        if environ["PATH_INFO"] != "/metrics" or not may_read(environ):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Not found\n"]
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [build_text(with_club=False)]

    host = "0.0.0.0" if settings.METRICS_TOKEN else "127.0.0.1"  # noqa: S104 (behind the token)
    server = make_server(host, port, answer, handler_class=_QuietHandler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        """No line for each scrape, and none with an address."""
