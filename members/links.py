"""Addresses in messages that open something without a log-in, for who holds the message.

They are signed with the site's secret key, and good for one thing each; what they open still
asks for a press of a button, since scanners of mail follow every link.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.core.signing import BadSignature
from django.http import Http404
from django.urls import reverse


def sign(kind: str, value: Any) -> str:
    return signing.dumps(value, salt=f"members.link.{kind}")


def read(kind: str, token: str) -> Any:
    """What was signed. Raises Http404 for anything else."""
    try:
        return signing.loads(token, salt=f"members.link.{kind}")
    except BadSignature as error:
        raise Http404 from error


def build_url(name: str, *arguments: Any) -> str:
    """The full address of a page, for a message."""
    return settings.SITE_URL + reverse(name, args=arguments)
