"""The channel "email"."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from email.utils import formataddr, formatdate, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends.smtp import EmailBackend
from django.utils import translation

from campaigns.channels.base import ConnectionLost, Outgoing, Rendered, Session
from campaigns.channels.email.backends import BackendSession
from campaigns.channels.email.building import (
    build_mail,
    check_header,
    encode_address,
    encode_sender,
)
from campaigns.channels.email.smtp import SmtpSession
from campaigns.channels.message_ids import make_message_id
from members.enums import Channel
from members.selectors.club import get_club


class EmailAdapter:
    """Mails from the club's name and ``DEFAULT_FROM_EMAIL``, by the default mailer."""

    code = Channel.EMAIL

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Connect. Raises ConnectionLost."""
        backend: Any = mailers.default
        clerk = Clerk()
        try:
            backend.open()
            connection: Any = getattr(backend, "connection", None)
            if type(backend) is EmailBackend:
                session: Session = SmtpSession(connection, clerk.build)
            else:
                session = BackendSession(backend, clerk.dress)
        except OSError as error:  # smtplib's own are among them
            raise ConnectionLost(str(error)) from error
        try:
            yield session
        finally:
            with suppress(OSError):
                backend.close()

    def estimate_cost(self, rendered: Rendered, address: str) -> Decimal | None:
        return None


class Clerk:
    """Writes the envelope and the headers; what is the same for all mails of a session, once."""

    def __init__(self) -> None:
        name, self._address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        self._name = name
        self._domain = self._address.rpartition("@")[2] or "localhost"
        self._senders: dict[str, str] = {}
        self._date = (0, "")

    def build(self, outgoing: Outgoing) -> tuple[str, str, bytes]:
        """Raises BrokenHeader, BrokenAddress."""
        recipient = encode_address(outgoing.address)
        mail = build_mail(
            sender=self._get_sender(outgoing.locale),
            to=recipient,
            subject=outgoing.rendered.subject,
            text=outgoing.rendered.text,
            html=outgoing.rendered.html,
            message_id=make_message_id(outgoing.message_id, self._domain),
            date=self._get_date(),
            language=outgoing.locale,
            headers=outgoing.headers,
        )
        return self._address, recipient, mail

    def dress(self, outgoing: Outgoing) -> EmailMultiAlternatives:
        """Raises ValueError where a header is broken."""
        rendered = outgoing.rendered
        headers = {name: check_header(value) for name, value in outgoing.headers.items()}
        headers["Message-ID"] = make_message_id(outgoing.message_id, self._domain)
        headers["Content-Language"] = outgoing.locale
        message = EmailMultiAlternatives(
            check_header(rendered.subject),
            rendered.text,
            formataddr((self._pick_name(outgoing.locale), self._address)),
            [encode_address(outgoing.address)],
            headers=headers,
        )
        if rendered.html:
            message.attach_alternative(rendered.html, "text/html")
        extras: Any = message  # what anymail reads, and others ignore
        extras.metadata = {"message_id": str(outgoing.message_id)}
        return message

    def _get_sender(self, locale: str) -> str:
        sender = self._senders.get(locale)
        if sender is None:
            sender = encode_sender(self._pick_name(locale), self._address)
            self._senders[locale] = sender
        return sender

    def _pick_name(self, locale: str) -> str:
        with translation.override(locale):
            return check_header(self._name or str(get_club().name_i18n))

    def _get_date(self) -> str:
        second = int(time.time())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]
