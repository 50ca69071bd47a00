"""One line per event, with the ids that tie lines together and nothing about the person.

Plain ``logging``: a formatter, one variable of the context, and an allow-list of fields. Whatever
the code or a library logs, ``redact`` goes over its text, and a request's path (it may hold a
membership number or a code) becomes the route that it matched.
"""

import contextvars
import datetime as dt
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from loyalty_site.redaction import redact

# Of what a caller passes as ``extra``, only these reach the line.
FIELDS = ("event", "route", "method", "status", "milliseconds", "task", "task_id", "result")
NO_ROUTE = "(no route)"
_GROUP_NAME = re.compile(r"<(?:\w+:)?(\w+)>")

_context: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar(
    "log", default=MappingProxyType({})
)
_request: contextvars.ContextVar[Any] = contextvars.ContextVar("request", default=None)


@contextmanager
def log_context(*, request=None, **fields) -> Iterator[None]:
    """Each line written inside carries ``fields``, and the user of ``request`` once known."""
    kept = _context.set({**_context.get(), **fields})
    asked = _request.set(request) if request is not None else None
    try:
        yield
    finally:
        _context.reset(kept)
        if asked is not None:
            _request.reset(asked)


def get_request_id() -> str:
    return _context.get().get("request_id", "")


def get_current_user_id() -> int | None:
    return get_user_id(_request.get())


def get_route(request) -> str:
    """The pattern that the address matched: ``purchases/<purchase_id>/``."""
    match = getattr(request, "resolver_match", None)
    return "/" + _GROUP_NAME.sub(r"<\1>", match.route) if match else NO_ROUTE


def get_user_id(request) -> int | None:
    """Who is logged in, if anybody asked yet: a log line is no reason for a query."""
    return getattr(getattr(request, "_cached_user", None), "pk", None)


def build_entry(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, Any]:
    """What a line says, in order, without what is empty."""
    request = getattr(record, "request", None) or _request.get()
    request = request if hasattr(request, "path") else None
    message = record.getMessage()
    if request is not None and len(request.path) > 1:
        message = message.replace(request.get_full_path(), get_route(request))
        message = message.replace(request.path, get_route(request))
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    entry = {
        "time": moment.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": redact(message),
        **_context.get(),
        "user": get_user_id(request),
        **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
    }
    if record.exc_info and record.exc_info[1] is not None:
        entry["error"] = type(record.exc_info[1]).__name__
        entry["trace"] = redact(formatter.formatException(record.exc_info))
    return {key: value for key, value in entry.items() if value not in (None, "")}


class JsonFormatter(logging.Formatter):
    """For machines that gather lines."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(build_entry(record, self), ensure_ascii=False, default=str)


class LineFormatter(logging.Formatter):
    """For a person at a terminal; the same facts."""

    def format(self, record: logging.LogRecord) -> str:
        entry = build_entry(record, self)
        trace = entry.pop("trace", "")
        first = [entry.pop(key) for key in ("time", "level", "logger", "message")]
        facts = [f"{key}={value}" for key, value in entry.items()]
        line = " ".join([str(part) for part in first] + facts)
        return f"{line}\n{trace}" if trace else line
