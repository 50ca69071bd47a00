"""Reports of errors, if a SENTRY_DSN is set: where the code broke, never whose data it held.

Sentry's own scrubbing works on names of fields. Here the opposite holds: only what is listed
leaves, and its texts go through the redaction of the logs.
"""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from loyalty_site.logs import get_current_user_id, get_request_id
from loyalty_site.redaction import redact

_KEPT = (
    "event_id", "timestamp", "level", "logger", "platform", "release", "environment",
    "exception", "logentry", "transaction", "contexts", "sdk", "modules", "type",
)  # fmt: skip
_CONTEXTS = ("trace", "runtime")
_FRAME = ("filename", "abs_path", "module", "function", "lineno", "in_app", "context_line",
          "pre_context", "post_context")  # fmt: skip


def start_sentry(dsn: str, environment: str) -> None:
    sentry_sdk.init(**build_options(dsn, environment))


def build_options(dsn: str, environment: str) -> dict[str, Any]:
    return {
        "dsn": dsn,
        "environment": environment,
        "send_default_pii": False,
        "include_local_variables": False,  # they hold members
        "max_request_body_size": "never",
        "max_breadcrumbs": 0,  # they hold queries and addresses
        "server_name": "club",
        "traces_sample_rate": 0,
        "auto_session_tracking": False,
        "before_send": scrub_event,
        "default_integrations": True,
        "integrations": [
            DjangoIntegration(transaction_style="function_name"),
            CeleryIntegration(),
            LoggingIntegration(level=None),
        ],
    }


def scrub_event(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    kept = {key: event[key] for key in _KEPT if key in event}
    kept["contexts"] = {
        name: value for name, value in event.get("contexts", {}).items() if name in _CONTEXTS
    }
    for error in kept.get("exception", {}).get("values", []):
        _scrub_exception(error)
    if entry := kept.get("logentry"):
        # Only the template: its parameters are somebody's.
        kept["logentry"] = {"message": redact(str(entry.get("message", "")))}
    if user_id := get_current_user_id():
        kept["user"] = {"id": user_id}
    if request_id := get_request_id():
        kept["tags"] = {"request_id": request_id}
    return kept


def _scrub_exception(error):
    if isinstance(error.get("value"), str):
        error["value"] = redact(error["value"])
    stack = error.get("stacktrace") or {}
    stack["frames"] = [
        {key: frame[key] for key in _FRAME if key in frame} for frame in stack.get("frames", [])
    ]
    error["stacktrace"] = stack
