"""Other systems are told once it is true, signed, and again until they answer."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rewards.models import WebhookEndpoint, WebhookMessage
from rewards.services.grants import grant_points
from rewards.services.webhooks.endpoints import (
    UnknownEvent,
    UnsafeAddress,
    check_address,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    replay_messages,
    rotate_secret,
)
from rewards.services.webhooks.sending import forget_old_messages, send_due_messages, sign
from tests.constraints import guards
from tests.rewards.conftest import at

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


class Receiver:
    """A real server on a free port that answers what it is told and keeps what it got."""

    def __init__(self):
        receiver = self
        self.status, self.got = 200, []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def endpoint(receiver, settings):
    settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
    made, secret = create_endpoint(
        name="Shop", url=receiver.url, events=["points.changed", "tier.changed"], by=None, now=NOW
    )
    made.secret = secret
    return made


def give(member, points=10, key="a", now=NOW):
    grant_points(member, points, expires_on=None, note="", key=key, by=None, now=now)


def test_a_change_of_points_is_told_signed(mei, endpoint, receiver):
    give(mei)
    assert send_due_messages(now=NOW) == 1
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert said["type"] == "points.changed"
    assert said["data"]["member"] == mei.number
    assert said["data"]["balances"]["available"] == 110
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert WebhookMessage.objects.get().state == "sent"
    assert send_due_messages(now=NOW) == 0


def test_signature_is_that_of_the_specification():
    """The example of standardwebhooks.com."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_nobody_asked_nothing_is_written(mei):
    give(mei)
    assert not WebhookMessage.objects.exists()


def test_old_history_is_not_told(mei, endpoint, counter):
    counter.buy("mei", "5", on=DAY - dt.timedelta(days=3))
    assert not WebhookMessage.objects.exists()


def test_a_refusal_comes_again_later_under_the_same_id(mei, endpoint, receiver):
    receiver.status = 500
    give(mei)
    send_due_messages(now=NOW)
    message = WebhookMessage.objects.get()
    assert (message.state, message.answer_status, message.attempt_count) == ("waiting", 500, 1)
    assert send_due_messages(now=NOW + dt.timedelta(seconds=29)) == 0
    receiver.status = 204
    assert send_due_messages(now=NOW + dt.timedelta(seconds=30)) == 1
    first, second = (headers["webhook-id"] for headers, _body in receiver.got)
    assert first == second
    assert WebhookEndpoint.objects.get().failing_since_at is None


def test_a_redirect_is_not_followed(mei, endpoint, receiver):
    receiver.status = 302
    give(mei)
    send_due_messages(now=NOW)
    assert WebhookMessage.objects.get().answer_status == 302
    assert len(receiver.got) == 1


def test_it_is_given_up_in_the_end_and_so_is_the_address(mei, endpoint, receiver):
    receiver.stop()
    give(mei)
    moment = NOW
    for _ in range(20):
        send_due_messages(now=moment)
        moment += dt.timedelta(days=1)
    assert WebhookEndpoint.objects.get().disabled_at is not None
    message = WebhookMessage.objects.get()
    assert (message.state, message.last_error) == ("waiting", "ConnectionError")


def test_what_waited_is_sent_when_it_is_switched_on_again(mei, endpoint, receiver):
    give(mei)
    disable_endpoint(endpoint, by=None, now=NOW)
    assert send_due_messages(now=NOW) == 0
    enable_endpoint(endpoint, by=None, now=NOW)
    assert send_due_messages(now=NOW) == 1


def test_a_replay_keeps_the_id(mei, endpoint, receiver):
    give(mei)
    send_due_messages(now=NOW)
    assert replay_messages(WebhookMessage.objects.all(), by=None, now=NOW) == 1
    send_due_messages(now=NOW)
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


def test_a_new_secret_signs_what_waits(mei, endpoint, receiver):
    give(mei)
    secret = rotate_secret(endpoint, by=None, now=NOW)
    send_due_messages(now=NOW)
    ((headers, body),) = receiver.got
    expected = sign(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected


def test_a_leased_message_waits_for_its_sender(mei, endpoint, receiver):
    give(mei)
    WebhookMessage.objects.update(due_at=NOW + dt.timedelta(minutes=5), attempt_count=1)
    assert send_due_messages(now=NOW) == 0
    assert send_due_messages(now=NOW + dt.timedelta(minutes=5)) == 1


def test_the_secret_is_sealed(endpoint):
    assert endpoint.secret.encode() not in bytes(WebhookEndpoint.objects.get().sealed_secret)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://10.0.0.8/x", "https://u:p@1.1.1.1/",
     "https://[::1]/", "https://169.254.169.254/latest", "ftp://1.1.1.1/"],
)  # fmt: skip
def test_addresses_inside_are_refused(url):
    with pytest.raises(UnsafeAddress):
        check_address(url)


def test_an_address_outside_is_taken():
    check_address("https://1.1.1.1/hook")


def test_an_unknown_event_is_refused():
    for events in ([], ["moon.full"]):
        with pytest.raises(UnknownEvent):
            create_endpoint(name="x", url="https://1.1.1.1/", events=events, by=None, now=NOW)


def test_old_messages_are_forgotten(mei, endpoint, receiver):
    give(mei)
    send_due_messages(now=NOW)
    assert forget_old_messages(now=NOW + dt.timedelta(days=29)) == 0
    assert forget_old_messages(now=NOW + dt.timedelta(days=31)) == 1


def test_webhook_constraints(mei, endpoint, receiver):
    give(mei)
    guards(
        "webhook_message_sent_has_time",
        WebhookMessage.objects.update,
        {"state": "sent", "sent_at": NOW},
        {"state": "sent"},
    )
    guards(
        "webhook_endpoint_has_events",
        WebhookEndpoint.objects.update,
        {"events": ["tier.changed"]},
        {"events": []},
    )
