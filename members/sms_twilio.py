"""Text messages by Twilio, with its own library."""

from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from members.sms import SmsBusy, SmsRefused, SmsUnanswered, SmsUnreachable

TIMEOUT = 15  # seconds
# Not a number, cannot get text messages, or its owner sent STOP.
_DEAD = {21211, 21214, 21217, 21610, 21612, 21614}
_BUSY = {429, 503}
_LOST = {500, 502, 504}  # it may have taken it


class TwilioBackend:
    """From ``TWILIO_FROM``: a number of the club's in E.164, or a messaging service (MG...)."""

    def __init__(self) -> None:
        client = TwilioHttpClient(timeout=TIMEOUT)
        self._client = Client(
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=client
        )
        self._client.api.base_url = settings.TWILIO_API_URL

    def send(self, to: str, text: str) -> None:
        """Raises SmsRefused, SmsBusy, SmsUnreachable, SmsUnanswered."""
        self.hand_over(to, text)

    def hand_over(
        self, to: str, text: str, *, reference: str = "", extras: Mapping[str, Any] | None = None
    ) -> str:
        """Returns Twilio's id. With a ``reference`` it is told what becomes of it."""
        wanted: dict[str, Any] = {"to": to, "body": text}
        name = "messaging_service_sid" if settings.TWILIO_FROM.startswith("MG") else "from_"
        wanted[name] = settings.TWILIO_FROM
        if reference:
            wanted["status_callback"] = (
                f"{settings.SITE_URL}{reverse('sms_events')}?message={reference}"
            )
        try:
            return str(self._client.messages.create(**wanted).sid)
        except TwilioRestException as error:
            raise _read_refusal(error) from error
        except requests.ConnectTimeout as error:
            raise SmsUnreachable(str(error)) from error
        except requests.ConnectionError as error:
            if "NewConnectionError" in repr(error) or "NameResolution" in repr(error):
                raise SmsUnreachable(str(error)) from error
            raise SmsUnanswered(str(error)) from error
        except requests.RequestException as error:
            raise SmsUnanswered(str(error)) from error


def _read_refusal(error: TwilioRestException) -> Exception:
    words = f"{error.code or error.status} {error.msg}"[:200]
    if error.status in _BUSY or error.code == 20429:
        return SmsBusy(words)
    if error.status in _LOST:
        return SmsUnanswered(words)
    return SmsRefused(words, is_dead=error.code in _DEAD)
