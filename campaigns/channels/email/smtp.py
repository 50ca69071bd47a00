"""One SMTP connection, kept open: it connects, encrypts and logs in as Django's backend does, and
then hands over ready-made bytes, with as few round trips as the server allows.
"""

import smtplib
import socket
from collections.abc import Callable

from campaigns.channels.base import AnswerLost, ConnectionLost, Outcome, Outgoing, Result
from campaigns.channels.email.answers import CLOSING, read_answer
from campaigns.channels.email.building import BrokenAddress, BrokenHeader

ANSWER_SECONDS = 120  # a server may think about a mail that it has whole


class SmtpSession:
    """``build(outgoing)`` returns (envelope sender, recipient, the mail as bytes)."""

    def __init__(
        self, connection: smtplib.SMTP, build: Callable[[Outgoing], tuple[str, str, bytes]]
    ):
        self._connection, self._build = connection, build
        try:
            connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise ConnectionLost(str(error)) from error
        self._is_piped = connection.has_extn("pipelining")
        self._takes_unicode = connection.has_extn("smtputf8")

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one mail over. Raises ConnectionLost where the server can't have it, AnswerLost
        where it may.
        """
        try:
            sender, recipient, mail = self._build(outgoing)
        except BrokenHeader:
            return Outcome(Result.REFUSED, detail="A header with a line break is not sent.")
        except BrokenAddress:
            return Outcome(Result.REFUSED, detail="This is no e-mail address.")
        if not recipient.isascii() and not self._takes_unicode:
            return Outcome(Result.REFUSED, detail="The mail server only takes ASCII addresses.")
        sock = self._sock()
        try:
            refusal = self._introduce(sock, sender, recipient)
            if refusal is not None:
                return refusal
            # Whatever breaks before the last byte has left: the dot that ends it was not seen.
            sock.sendall(b"%s\r\n.\r\n" % mail.replace(b"\r\n.", b"\r\n.."))
        except (OSError, smtplib.SMTPException) as error:
            raise ConnectionLost(str(error)) from error
        return self._conclude(sock)

    def _sock(self) -> socket.socket:
        sock = self._connection.sock
        if sock is None:
            raise ConnectionLost("closed")
        return sock

    def _introduce(self, sock: socket.socket, sender: str, recipient: str) -> Outcome | None:
        """Sender, recipient, and that a mail follows; what the server has against it, or None."""
        option = "" if recipient.isascii() else " SMTPUTF8"
        commands = (
            f"MAIL FROM:<{sender}>{option}\r\n".encode(),
            f"RCPT TO:<{recipient}>\r\n".encode(),
            b"DATA\r\n",
        )
        if self._is_piped:
            sock.sendall(b"".join(commands))
        replies: list[tuple[int, bytes]] = []
        for place, command in enumerate(commands):
            if not self._is_piped:
                sock.sendall(command)
            code, text = self._connection.getreply()
            replies.append((code, text))
            if code == CLOSING:
                self._connection.close()
                raise ConnectionLost(f"{code} {text.decode('utf-8', 'replace')}")
            if not self._is_piped and code not in ((250, 251), (250, 251), (354,))[place]:
                break
        for place, (code, text) in enumerate(replies):
            if code not in ((250, 251), (250, 251), (354,))[place]:
                self._withdraw(sock, replies)
                return read_answer(code, text, about_recipient=place == 1)
        return None

    def _withdraw(self, sock: socket.socket, replies: list[tuple[int, bytes]]) -> None:
        """Leave the connection as it was before this mail."""
        if len(replies) == 3 and replies[2][0] == 354:
            sock.sendall(b".\r\n")  # it waits for a mail to nobody
            self._connection.getreply()
        sock.sendall(b"RSET\r\n")
        self._connection.getreply()

    def _conclude(self, sock: socket.socket) -> Outcome:
        patience = sock.gettimeout()
        try:
            sock.settimeout(ANSWER_SECONDS)
            code, text = self._connection.getreply()
            sock.settimeout(patience)
        except (OSError, smtplib.SMTPException) as error:
            self._connection.close()
            raise AnswerLost(str(error)) from error
        if code == 250:
            return Outcome(Result.SENT)
        if code == -1:
            raise AnswerLost(text.decode("utf-8", "replace"))
        if code == CLOSING:
            self._connection.close()
        return read_answer(code, text)
