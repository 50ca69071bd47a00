"""Several processes at once, each with one connection of its own, begun at one signal."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench.databases import close_django
from bench.locks import LockWatch

PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Crowd:
    """What all of them did: how many acts succeeded, were refused, or failed (by name)."""

    count: int
    seconds: float
    refused: Counter
    errors: Counter
    watch: LockWatch


def run_crowd(
    database: str, workers: list[Callable[[], Iterable[Callable]]], *, refusals: Iterable[str] = ()
) -> Crowd:
    """Let each worker prepare its acts (warming its statements and caches), then begin together.

    ``refusals`` are names of exceptions that are an answer, and no error.
    """
    close_django()  # a connection belongs to one process
    context = multiprocessing.get_context("fork")
    ready, answers = context.Barrier(len(workers) + 1), context.Queue()
    known = set(refusals)
    processes = [
        context.Process(target=_work, args=(worker, ready, answers, known), daemon=True)
        for worker in workers
    ]
    for process in processes:
        process.start()
    with LockWatch(database) as watch:  # its thread begins after the forks
        ready.wait(PATIENCE_SECONDS)
        found: list[tuple[Any, ...]] = [answers.get(timeout=PATIENCE_SECONDS) for _ in processes]
    for process in processes:
        process.join()
    refused, errors = Counter(), Counter()
    for _count, _start, _end, no, failed in found:
        refused.update(no)
        errors.update(failed)
    seconds = max(each[2] for each in found) - min(each[1] for each in found)
    return Crowd(sum(each[0] for each in found), seconds, refused, errors, watch)


def _work(worker, ready, answers, refusals) -> None:
    count, refused, errors = 0, Counter(), Counter()
    start = end = time.monotonic()
    try:
        acts = list(worker())
        ready.wait(PATIENCE_SECONDS)
        start = time.monotonic()
        for act in acts:
            try:
                act()
                count += 1
            except Exception as error:
                name = type(error).__name__
                (refused if name in refusals else errors)[name] += 1
        end = time.monotonic()
    except Exception as error:
        errors[f"{type(error).__name__}: {error}"[:200]] += 1
        ready.abort()
    finally:
        close_django()
        answers.put((count, start, end, refused, errors))
