"""Text messages leave through one small adapter: ``send_sms``."""

import json
import secrets
import time
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


class FileBackend:
    """Writes each message as a JSON file into ``settings.SMS_FOLDER`` (newest name last).

    For one's own machine and for tests. A real gateway is a class with the same ``send``,
    named by ``settings.SMS_BACKEND``; it raises where the gateway refuses.
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
