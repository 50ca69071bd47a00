"""Mails by any other Django backend: those of django-anymail, and the local ones of trials."""

from collections.abc import Callable
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives

from campaigns.channels.base import ConnectionLost, Outcome, Outgoing, Result

_REFUSED = {"invalid", "rejected", "failed"}


class BackendSession:
    """``dress(outgoing)`` returns the Django message, with its headers."""

    def __init__(self, backend: Any, dress: Callable[[Outgoing], EmailMultiAlternatives]):
        self._backend, self._dress = backend, dress

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one mail over. Raises ConnectionLost; any other failure leaves it unknown."""
        try:
            message = self._dress(outgoing)
        except ValueError as error:
            return Outcome(Result.REFUSED, detail=str(error)[:200])
        try:
            taken = self._backend.send_messages([message])
        except AnymailRecipientsRefused as error:
            return Outcome(Result.REFUSED, detail=_describe(error))
        except AnymailAPIError as error:
            return _read_failure(error)
        status = getattr(message, "anymail_status", None)
        if status is not None:
            return _read_status(status)
        return Outcome(Result.SENT if taken else Result.RETRY)


def _read_status(status: Any) -> Outcome:
    provider_id = str(status.message_id or "")[:120]
    if status.status and status.status <= _REFUSED:
        return Outcome(Result.REFUSED, provider_id, ", ".join(sorted(status.status))[:200])
    return Outcome(Result.SENT, provider_id)


def _read_failure(error: AnymailAPIError) -> Outcome:
    """A provider that is busy or rate-limits says 429 or 5xx; a refusal says another 4xx."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout) or (
        isinstance(cause, requests.ConnectionError)
        and not isinstance(cause, requests.ReadTimeout)
        and "NewConnectionError" in repr(cause)
    ):
        raise ConnectionLost(str(cause)) from error
    code = error.status_code
    if code is None or code in (500, 502, 504):
        raise error  # it may have taken it
    if code in (408, 425, 429, 503):
        return Outcome(Result.RETRY, detail=_describe(error))
    return Outcome(Result.REFUSED, detail=_describe(error))


def _describe(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
