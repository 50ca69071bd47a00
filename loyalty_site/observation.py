"""What a worker and the schedule tell of themselves: signs of life, lines, numbers.

Celery's signals only; importing this module does nothing. ``logs`` and ``metrics`` say what is
written down.
"""

import logging
import logging.config
import time
from contextlib import ExitStack
from pathlib import Path

from celery import current_app, signals
from celery.beat import Scheduler
from django.conf import settings

from loyalty_site.logs import get_request_id, log_context

logger = logging.getLogger("loyalty_site.tasks")

_HEADER = "club_request_id"
_running: dict[str, tuple[ExitStack, float]] = {}


def connect() -> None:
    for signal, receive in (
        (signals.setup_logging, set_up_logging),
        (signals.before_task_publish, pass_request_id),
        (signals.task_prerun, begin_task),
        (signals.task_postrun, end_task),
        (signals.heartbeat_sent, show_life),
        (signals.worker_ready, start_worker),
        (signals.worker_process_shutdown, forget_worker_process),
    ):
        # By name, since a repeated call must not count twice.
        signal.connect(receive, weak=False, dispatch_uid=f"club.{receive.__name__}")


def set_up_logging(**kwargs) -> None:
    """Celery leaves the logs to whoever listens here, which also keeps its own format away."""
    logging.config.dictConfig(settings.LOGGING)


# --- Tasks ---------------------------------------------------------------------------------------


def pass_request_id(headers=None, **kwargs) -> None:
    if headers is not None and (request_id := get_request_id()):
        headers[_HEADER] = request_id


def begin_task(task_id, task, **kwargs) -> None:
    stack = ExitStack()
    asked_by = task.request.get(_HEADER) or (task.request.headers or {}).get(_HEADER) or ""
    stack.enter_context(log_context(task=task.name, task_id=task_id, request_id=asked_by))
    _running[task_id] = (stack, time.perf_counter())


def end_task(task_id, task, state=None, **kwargs) -> None:
    from loyalty_site import metrics  # with the app's settings, which importing Celery precedes

    stack, begun = _running.pop(task_id, (ExitStack(), None))
    seconds = None if begun is None else time.perf_counter() - begun
    result = (state or "unknown").lower()
    metrics.count_task(task.name, result, seconds)
    logger.info(
        "task",
        extra={
            "result": result,
            "milliseconds": None if seconds is None else round(seconds * 1000, 1),
        },
    )
    stack.close()


# --- Processes -----------------------------------------------------------------------------------


def show_life(**kwargs) -> None:
    """The container's health check looks at the file's age."""
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()


def start_worker(**kwargs) -> None:
    # The schedule's next one may be half a minute away: an upgrade waits for no less.
    current_app.send_task("loyalty_site.tasks.beat")
    if settings.WORKER_METRICS_PORT:
        from loyalty_site import metrics

        metrics.serve_worker_metrics(settings.WORKER_METRICS_PORT)


def forget_worker_process(pid=None, **kwargs) -> None:
    if settings.METRICS_DIR and pid:
        from loyalty_site import metrics

        metrics.forget_process(pid)


class LivingScheduler(Scheduler):
    """The static schedule in memory; each tick is a sign of life."""

    def tick(self, *args, **kwargs):
        show_life()
        return super().tick(*args, **kwargs)
