"""The channel "email": bytes as the standard library reads them, answers of servers, injections."""

import email
import email.policy

import pytest
from django.core import mail

from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result
from campaigns.channels.email import EmailAdapter
from campaigns.channels.email.answers import read_answer
from campaigns.channels.message_ids import make_message_id, read_message_id
from tests.campaigns.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink():
    with Sink() as server:
        yield server


def speak_to(settings, port):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }


def outgoing(address="anna@example.com", subject="Hello", text="Hi\n", html="<p>Hi</p>", **more):
    return Outgoing(
        message_id=7, member_id=1, address=address, locale="en",
        rendered=Rendered(subject, text, html), **more,
    )  # fmt: skip


def send(settings, sink, *args, **more):
    speak_to(settings, sink.port)
    with EmailAdapter().open() as session:
        return session.send(outgoing(*args, **more))


def read(taken):
    return email.message_from_bytes(taken.mail, policy=email.policy.default)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_mail_says_what_was_rendered(club, settings, extensions):
    club.name = "海辺の店"
    club.save()
    long_line = "x" * 1200
    html = f"<p>.\r\n.ünïcode {long_line}</p>\n.\nend"
    with Sink(extensions=extensions) as sink:
        outcome = send(
            settings, sink, subject="ポイントのお知らせ：" * 12, text="様\n.\n..dots\n", html=html,
            headers={"List-Unsubscribe": "<https://x.example/m/u/7/>"},
        )  # fmt: skip

    message = read(sink.taken[0])
    assert outcome.result == Result.SENT
    assert message["Subject"] == "ポイントのお知らせ：" * 12
    assert message["From"].addresses[0].display_name == "海辺の店"
    assert message["From"].addresses[0].addr_spec == settings.DEFAULT_FROM_EMAIL
    assert message["List-Unsubscribe"] == "<https://x.example/m/u/7/>"
    assert message["Message-ID"] == make_message_id(7, settings.DEFAULT_FROM_EMAIL.split("@")[1])
    plain, rich = message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == "様\n.\n..dots\n"
    assert rich.get_content_type() == "text/html"
    assert rich.get_content().replace("\r\n", "\n").rstrip() == html.replace("\r\n", "\n")
    assert max(map(len, sink.taken[0].mail.split(b"\r\n"))) <= 998
    assert not message.defects


def test_connection_is_kept_for_many_mails(club, settings, sink):
    speak_to(settings, sink.port)
    with EmailAdapter().open() as session:
        results = [
            session.send(outgoing(address)).result
            for address in ("a@x.example", "gone@x.example", "full@x.example", "b@x.example")
        ]
    assert results == [Result.SENT, Result.DEAD, Result.RETRY, Result.SENT]
    assert [taken.recipient for taken in sink.taken] == ["a@x.example", "b@x.example"]
    assert sink.connections == 1


@pytest.mark.parametrize(
    ("address", "result", "detail"),
    [
        ("gone@x.example", Result.DEAD, "550 5.1.1 no such user here"),
        ("banned@x.example", Result.REFUSED, "554 5.7.1 not from you"),
        ("full@x.example", Result.RETRY, "452 4.2.2 mailbox full, come again"),
        ("late-full@x.example", Result.RETRY, "452 4.3.1 no room left"),
        ("no address", Result.REFUSED, "This is no e-mail address."),
        ("a@x.example>\r\nRCPT TO:<b@x.example", Result.REFUSED, "This is no e-mail address."),
    ],
)
def test_answer_is_read(club, settings, sink, address, result, detail):
    outcome = send(settings, sink, address)
    assert (outcome.result, outcome.detail) == (result, detail)
    assert sink.taken == []


def test_plain_550_means_a_dead_address_at_the_recipient_alone():
    assert read_answer(550, b"nobody", about_recipient=True).result == Result.DEAD
    assert read_answer(550, b"spam", about_recipient=False).result == Result.REFUSED
    assert read_answer(550, b"5.7.26 policy", about_recipient=True).result == Result.REFUSED


def test_connection_lost_before_and_after_the_mail(club, settings, sink):
    with pytest.raises(ConnectionLost):
        send(settings, sink, "drop@x.example")
    with pytest.raises(AnswerLost):
        send(settings, sink, "mute@x.example")
    speak_to(settings, 1)
    with pytest.raises(ConnectionLost), EmailAdapter().open():
        pass


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "Hi\r\nBcc: all@x.example"},
        {"subject": "Hi\nBcc: all@x.example"},
        {"subject": "Hi\x00"},
        {"headers": {"X-A": "1\r\nBcc: all@x.example"}},
        {"headers": {"X-A: 1\r\nBcc": "all@x.example"}},
    ],
)
def test_header_injection_is_refused(club, settings, sink, more):
    outcome = send(settings, sink, **more)
    assert (outcome.result, outcome.detail) == (
        Result.REFUSED, "A header with a line break is not sent.",
    )  # fmt: skip
    assert sink.taken == []


def test_domain_of_an_address_is_written_as_dns_has_it(club, settings, sink):
    assert send(settings, sink, "anna@bücher.example").result == Result.SENT
    assert sink.taken[0].recipient == "anna@xn--bcher-kva.example"
    outcome = send(settings, sink, "änna@x.example")
    assert outcome.detail == "The mail server only takes ASCII addresses."


def test_other_backends_get_a_django_message(club, settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    with EmailAdapter().open() as session:
        assert session.send(outgoing(headers={"X-A": "1"})).result == Result.SENT
        assert session.send(outgoing(subject="a\nb")).result == Result.REFUSED
    (message,) = mail.outbox
    assert message.metadata == {"message_id": "7"}
    assert message.extra_headers["X-A"] == "1"
    assert message.alternatives[0].mimetype == "text/html"


def test_message_id_leads_back_and_can_not_be_made_up():
    made = make_message_id(4711, "club.example")
    assert read_message_id(f"Re: {made}") == 4711
    assert read_message_id(made.replace("4711", "4712")) is None
    assert read_message_id("<CAF=x@mail.example>") is None
