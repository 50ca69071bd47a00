"""Text messages leave through one small adapter: ``send_sms``."""

import datetime as dt
import json
import secrets
import time
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


class SmsRefused(Exception):
    """The gateway won't send it; ``is_dead`` where nothing ever reaches this number."""

    def __init__(self, detail: str, *, is_dead: bool = False):
        super().__init__(detail)
        self.is_dead = is_dead


class SmsBusy(Exception):
    """Not now; ``retry_after`` where the gateway said when."""

    def __init__(self, detail: str, *, retry_after: dt.timedelta | None = None):
        super().__init__(detail)
        self.retry_after = retry_after


class SmsUnreachable(Exception):
    """The gateway can't be reached: it has nothing."""


class SmsUnanswered(Exception):
    """The gateway didn't answer: it may have the message, or not."""


class FileBackend:
    """Writes each message as a JSON file into ``settings.SMS_FOLDER`` (newest name last).

    For one's own machine and for tests. A real gateway is a class with the same ``send``,
    named by ``settings.SMS_BACKEND``; it raises one of the four above. Of one that has
    ``hand_over(to, text, *, reference, extras)``, which returns the gateway's id, the outbox uses
    that: ``reference`` names the message where the gateway tells what became of it.
    """

    def send(self, to: str, text: str) -> None:
        folder = Path(settings.SMS_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{secrets.token_hex(3)}"
        draft = folder / f".{name}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"to": to, "text": text}, ensure_ascii=False) + "\n")
        draft.rename(folder / f"{name}.json")  # whole, or not there


def send_sms(to: str, text: str) -> None:
    """Send ``text`` to an E.164 number through the configured backend. Not in a transaction."""
    import_string(settings.SMS_BACKEND)().send(to, str(text))


def list_sms_files() -> list[Path]:
    """Messages of the file backend, newest first."""
    return sorted(Path(settings.SMS_FOLDER).glob("*.json"), reverse=True)
