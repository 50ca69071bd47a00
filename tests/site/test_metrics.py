"""What the metrics count, and who may read them."""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.services.heartbeat import record_heartbeat
from loyalty_site import metrics, observation
from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.embedded.supervisor import listen
from loyalty_site.health import WORKER
from members import registry
from tests.rewards.conftest import counter, programme, rules, shop  # noqa: F401 (fixtures)


def read(text, name, **labels):
    """The value of one line of the exposition."""
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    start = f"{name}{{{inside}}} " if labels else f"{name} "
    found = [line for line in text.splitlines() if line.startswith(start)]
    return float(found[0].removeprefix(start)) if found else None


def ask(**headers):
    return Client(headers=headers).get("/metrics")


# --- Who may read --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_a_token_this_machine_alone_may_read():
    assert ask().status_code == 200
    assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 404
    assert ask(x_forwarded_for="10.1.2.3").status_code == 404  # a proxy on this machine


@pytest.mark.django_db
def test_with_a_token_its_bearer_alone_may_read(settings):
    settings.METRICS_TOKEN = "m" * 40
    assert ask().status_code == 404
    assert ask(authorization=f"Bearer {'n' * 40}").status_code == 404
    assert ask(authorization=f"Bearer {'m' * 40}", x_forwarded_for="10.1.2.3").status_code == 200


# --- What is counted -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_address(club):
    labels = {"method": "GET", "route": "/card/<number>.svg", "status": "302"}
    before = read(ask().text, "club_requests_total", **labels) or 0
    path = reverse("member_card_code", args=["123456789012"])
    Client().get(path)
    text = ask().text
    assert read(text, "club_requests_total", **labels) == before + 1
    assert read(text, "club_request_seconds_count", route="/card/<number>.svg") >= 1
    assert path not in text


@pytest.mark.django_db
def test_strange_methods_share_one_label(club):
    Client().generic("BREW", "/")
    assert 'method="BREW"' not in ask().text


@pytest.mark.django_db
def test_club_tells_of_points_queues_and_its_worker(rules, counter, now):  # noqa: F811
    counter.buy("mei", "20.00", on=now.date())
    record_heartbeat(WORKER, now=now)
    with time_machine.travel(now + dt.timedelta(seconds=40), tick=False):
        text = ask().text
    assert read(text, "club_numbers_read") == 1
    assert read(text, "club_points_last_hour", account="issued") == 20
    assert read(text, "club_worker_silence_seconds") == 40
    assert read(text, "club_waiting_late") == 0


@pytest.mark.django_db
def test_metrics_ask_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(3 + 2 * len(list(registry.waiting_queues))):
        ask()


def test_without_a_database_the_process_tells_of_itself(monkeypatch):
    def fail(now):
        raise metrics.DatabaseError("gone")

    monkeypatch.setattr(metrics, "list_club_numbers", fail)
    text = ask().text
    assert read(text, "club_numbers_read") == 0
    assert "club_requests_total" in text


def test_tasks_are_counted_by_result():
    def count():
        text = metrics.build_text(with_club=False).decode()
        return [
            read(text, "club_tasks_total", result=result, task="club.probe") or 0
            for result in ("success", "failure")
        ]

    before = count()
    task = SimpleNamespace(name="club.probe", request={})
    task.request = SimpleNamespace(get=lambda name: None, headers=None)
    for state in ("SUCCESS", "FAILURE", "SUCCESS"):
        observation.begin_task("t1", task)
        observation.end_task("t1", task, state=state)
    assert [after - first for after, first in zip(count(), before, strict=True)] == [2, 1]


# --- Many processes, one server ------------------------------------------------------------------

COUNT = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty_site.settings"
import django
django.setup()
from loyalty_site import metrics
metrics.count_request("GET", "/home/", 200, 0.1)
sys.stdout.write(metrics.build_text(with_club=False).decode())
"""


def test_processes_of_one_server_add_up():
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "METRICS_DIR": f"{folder}/made"}
        environment = {k: v for k, v in environment.items() if not k.startswith("COVERAGE")}
        for expected in (1, 2):
            done = subprocess.run(
                [sys.executable, "-c", COUNT],
                cwd=REPOSITORY,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            labels = {"method": "GET", "route": "/home/", "status": "200"}
            assert read(done.stdout, "club_requests_total", **labels) == expected


def test_worker_serves_its_own_numbers(settings):
    with listen(19400) as free:
        port = free.getsockname()[1]
    metrics.count_task("club.probe", "success", 0.1)
    server = metrics.serve_worker_metrics(port)
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        settings.METRICS_TOKEN = "m" * 40
        request = Request(f"http://127.0.0.1:{port}/metrics")
        request.add_header("Authorization", f"Bearer {'m' * 40}")
        with urlopen(request, timeout=10) as answer:
            assert answer.status == 200
    finally:
        server.shutdown()
        server.server_close()
    assert read(text, "club_tasks_total", result="success", task="club.probe") >= 1
    assert "club_numbers_read" not in text
