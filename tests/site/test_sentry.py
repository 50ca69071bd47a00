"""A report tells where the code broke; it goes to a server on this machine."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest

from loyalty_site.embedded.layout import REPOSITORY

PERSON = {
    "NAME": "Wilhelmina",
    "EMAIL": "wilhelmina@example.com",
    "PHONE": "+14155550123",
    "PASSWORD": "harbor-lantern-42",
}
BREAK = """
import logging, os
os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty_site.settings"
import django
django.setup()
import sentry_sdk
from django.conf import settings
from django.test import Client
settings.ALLOWED_HOSTS = ["*"]

def break_down(self, request):
    given_name = os.environ["NAME"]
    request._cached_user = type("User", (), {"pk": 7})()
    raise ValueError(f"{request.POST['email']} is no name for: '{given_name}'")

from members.middleware import StaffSecondFactorMiddleware
StaffSecondFactorMiddleware.__call__ = break_down
client = Client(raise_request_exception=False, headers={"x-forwarded-proto": "https"})
response = client.post(
    "/accounts/" + "login/?next=" + os.environ["NAME"],
    {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]},
    secure=True,
)
assert response.status_code == 500, response
logging.getLogger("club").error("No message to %s", os.environ["PHONE"])
sentry_sdk.flush(10)
"""


UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@pytest.fixture
def reports():
    """What a Sentry of our own received, and its address."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = UNPACK.get(self.headers.get("Content-Encoding"))
            body = unpack(body) if unpack else body
            received.append(body.decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield received, f"http://key@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_report_names_the_code_and_nobody(reports):
    received, dsn = reports
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BREAK],
        cwd=REPOSITORY,
        env={**environment, **PERSON, "SENTRY_DSN": dsn, "SENTRY_ENVIRONMENT": "trial"},
        check=True,
        capture_output=True,
    )
    text = "\n".join(received)
    events = [
        json.loads(line)
        for line in text.splitlines()
        if line.startswith("{") and "event_id" in line
    ]
    events = [event for event in events if "exception" in event or "logentry" in event]
    # No files were collected for this process, so the page of mistakes fails too, and says so.
    events = [event for event in events if event.get("logger") != "loyalty_site.mistakes"]
    (broken,) = [event for event in events if "exception" in event]
    error = broken["exception"]["values"][-1]
    assert error["type"] == "ValueError"
    assert error["value"] == "[hidden] is no name for: [hidden]"
    assert error["stacktrace"]["frames"][-1]["function"] == "break_down"
    assert broken["environment"] == "trial"
    assert broken["user"] == {"id": 7}
    assert len(broken["tags"]["request_id"]) == 32
    assert "request" not in broken
    assert "breadcrumbs" not in broken
    (logged,) = [event for event in events if event.get("logger") == "club"]
    assert logged["logentry"] == {"message": "No message to %s"}
    for word in ("wilhelmina", "harbor", "4155550123", "/login/", "127.0.0.1"):
        assert word not in text.replace(dsn, "").lower(), word


def test_without_an_address_nothing_is_reported():
    import sentry_sdk

    assert sentry_sdk.is_initialized() is False
