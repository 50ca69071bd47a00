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


def build_unsubscribe_url(member_id: int, purpose: str, channel: str) -> str:
    """Where a message lets go of its reader: for its foot, and for ``List-Unsubscribe``, which
    mail programs may POST to (RFC 8058).
    """
    return build_url("unsubscribe", sign("unsubscribe", [member_id, purpose, channel]))
