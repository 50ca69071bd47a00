"""Nothing about a person reaches a log line, whatever happens."""

import io
import json
import logging
import re

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from loyalty_site.logs import JsonFormatter, LineFormatter, log_context
from loyalty_site.redaction import redact
from members.models import Member, User
from purchases.enums import Scope
from purchases.models import Channel, Source
from purchases.services.tokens import create_token

NAMES = ("Wilhelmina", "Abernathy", "星野")
EMAIL, PHONE = "wilhelmina@example.com", "+14155550123"
PASSWORD = "harbor-lantern-42"


@pytest.fixture
def lines():
    """What the product's own formatter writes, from DEBUG on; read as text or line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    # Statements of the database and their parameters are never logged below DEBUG.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


def assert_nobody_in(entries, *more):
    text = json.dumps(entries, ensure_ascii=False)
    for word in (*NAMES, EMAIL, PHONE, "4155550123", "(415)", PASSWORD, "127.0.0.1", *more):
        assert word.lower() not in text.lower()


def requests_of(entries):
    return [entry for entry in entries if entry["logger"] == "loyalty_site.requests"]


# --- What people do -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_sign_up_and_log_in_leave_ids_alone(visitor, lines, club):
    visitor.post(
        reverse("account_signup"),
        {"email": EMAIL, "given_name": NAMES[0], "family_name": NAMES[1]},
    )
    code = re.search(r"\b(\d{6})\b", mail.outbox[0].body)[1]
    visitor.post(reverse("account_email_verification_sent"), {"code": code})
    user = User.objects.get()
    user.set_password(PASSWORD)
    user.save()
    member = Member.objects.get()
    visitor.get(reverse("member_card_code", args=[member.number]))
    visitor.post(reverse("account_logout"))
    visitor.post(reverse("account_login"), {"login": EMAIL, "password": "wrong-" + PASSWORD})
    visitor.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    visitor.get(reverse("member_home"))

    entries = lines()
    assert_nobody_in(entries, code, member.number)
    assert [entry["route"] for entry in requests_of(entries)][-1] == "/home/"
    assert requests_of(entries)[-1]["user"] == user.pk
    assert any(entry["route"] == "/card/<number>.svg" for entry in requests_of(entries))


@pytest.mark.django_db
def test_sign_up_by_phone_leaves_ids_alone(visitor, lines, club, settings, tmp_path):
    settings.SMS_FOLDER = tmp_path
    visitor.post(reverse("account_signup"), {"phone": "(415) 555-0123", "given_name": NAMES[2]})
    (message,) = tmp_path.glob("*.json")
    code = re.search(r"\b(\d{6})\b", message.read_text())[1]
    visitor.post(reverse("account_verify_phone"), {"code": code})
    assert Member.objects.get().phone == PHONE
    assert_nobody_in(lines(), code)


@pytest.mark.django_db
def test_purchase_by_api_leaves_ids_alone(visitor, lines, club, now):
    channel = Channel.objects.get_or_create(code="store")[0]
    source = Source.objects.create(code="till", name="Till", default_channel=channel)
    _token, text = create_token(source=source, name="t", scopes=list(Scope), by=None, now=now)
    payload = {
        "external_id": "4-15-1",
        "purchased_at": "2026-03-10T12:00:00-07:00",
        "member": {"email": EMAIL, "phone": PHONE},
        "lines": [{"amount": "12.00", "product": "loaf"}],
    }
    bodies = [{**payload, "lines": [{"amount": NAMES[0]}]}, {**payload, "note": NAMES[1]}, payload]
    answers = [
        visitor.post(
            "/api/purchases",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {text}"},
        ).status_code
        for body in bodies
    ]
    assert answers == [422, 422, 201]
    entries = lines()
    assert_nobody_in(entries, text, text[5:])
    assert {entry["route"] for entry in requests_of(entries)} == {"/api/purchases"}


@pytest.mark.django_db
def test_address_that_matches_nothing_is_not_repeated(visitor, lines):
    visitor.get(f"/card/{EMAIL}/?name={NAMES[0]}")
    visitor.get(f"/{NAMES[2]}/")
    entries = lines()
    assert_nobody_in(entries)
    assert [entry["route"] for entry in requests_of(entries)] == ["(no route)"] * 2


@pytest.mark.django_db
def test_path_in_a_library_s_message_becomes_the_route(lines, rf):
    request = rf.get(f"/card/{NAMES[0]}.svg?to={EMAIL}")
    logging.getLogger("club").info(
        "Refused: %s", request.get_full_path(), extra={"request": request}
    )
    (entry,) = [entry for entry in lines() if entry["logger"] == "club"]
    assert entry["message"] == "Refused: (no route)"


def test_broken_page_tells_where_it_broke_and_nothing_of_whom(visitor, lines, monkeypatch):
    def break_down(request):
        raise ValidationError(f"no match for: “{NAMES[0]}”, {EMAIL}, {PHONE}")

    monkeypatch.setattr("loyalty_site.middleware.PROBES", {})
    inner = "members.middleware.StaffSecondFactorMiddleware.__call__"
    monkeypatch.setattr(inner, lambda self, request: break_down(request))
    response = visitor.get("/readyz")
    assert response.status_code == 500
    entries = lines()
    text = json.dumps(entries)
    assert EMAIL not in text
    assert PHONE not in text
    (error,) = [entry for entry in entries if entry.get("error")]
    assert error["error"] == "ValidationError"
    assert "in break_down" in error["trace"]
    assert error["request_id"] == response.headers["X-Request-ID"]


# --- Lines ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_row_that_the_database_refused_is_not_repeated(lines, club):
    User.objects.create(email=EMAIL)
    try:
        with transaction.atomic():
            User.objects.create(email=EMAIL)
    except IntegrityError:
        logging.getLogger("club").exception("It was refused")
    (entry,) = [entry for entry in lines() if entry["logger"] == "club"]
    assert "duplicate key value violates unique constraint" in entry["trace"]
    assert "Key (" not in entry["trace"]
    assert EMAIL not in entry["trace"]


def test_line_carries_its_context_and_known_fields_alone(lines):
    with log_context(request_id="r1"), log_context(task="beat"):
        logging.getLogger("club").info("done", extra={"status": 200, "email": EMAIL, "data": NAMES})
    (entry,) = [entry for entry in lines() if entry["logger"] == "club"]
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "info",
        "logger": "club",
        "message": "done",
        "request_id": "r1",
        "task": "beat",
        "status": 200,
    }


def test_line_for_a_terminal_says_the_same():
    record = logging.LogRecord("club", logging.INFO, "x.py", 1, "hello %s", (EMAIL,), None)
    with log_context(request_id="r1"):
        line = LineFormatter().format(record)
    assert line.endswith(" info club hello [hidden] request_id=r1")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("f3a9c0d1-0001-4f00-9a00-000000000001", True), ("13800001111", False), ("a b", False)],
)
def test_proxys_request_id_is_taken_if_it_is_one(visitor, settings, given, kept):
    settings.BEHIND_PROXY = True
    answer = visitor.get("/accounts/nowhere/", headers={"x-request-id": given})
    assert (answer.headers["X-Request-ID"] == given) is kept
    settings.BEHIND_PROXY = False
    answer = visitor.get("/accounts/nowhere/", headers={"x-request-id": given})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    "text",
    [
        "to wilhelmina@example.com now",
        "to “星野@例え.jp”",
        "mailto:a.b+c@mail.example.co.uk",
        "call +1 (415) 555-0123",
        "call 090-1234-5678",
        "call 13800001111",
        "card 123456789012",
        "Authorization: Bearer club_Zk3v9xQ2mN8aW1",
        "{'password': 'harbor-lantern-42'}",
        "code=483920",
        "redis://:s3cret@cache:6379/0",
        "postgres://club:s3cret@db/club",
        "club_x8Kq2LmNoPqR7sTuVwXyZ012345",
        "10.20.130.240 asked",
        "invalid input syntax for type integer: \"Wilhelmina\"",
        "refused\nDETAIL:  Failing row contains (1, Wilhelmina).",
    ],
)  # fmt: skip
def test_personal_and_secret_parts_are_hidden(text):
    hidden = redact(text)
    for word in (
        "wilhelmina", "星野", "a.b", "415", "1234-5678", "13800001111", "123456789012", "Zk3v9",
        "harbor", "483920", "s3cret", "x8Kq2", "130",
    ):  # fmt: skip
        assert word.lower() not in hidden.lower()


@pytest.mark.parametrize(
    "text",
    [
        "import 4711: batch after 2000 tried again",
        "closed 2026-03-09 in 1.25 s",
        "2026-03-09 12:00:05 begun",
        "Task members.tasks.sweep_work[0f9a3c1e-7f2b-4a5d-9c1e-0f9a3c1e7f2b] received",
        'File "/work/rewards/services/closing.py", line 123, in close_every_day_that_is_due',
        "column members_club.number_key does not exist",
        "1,204,993 points",
        "granian 2.8.7 on Python 3.13.0",
    ],
)
def test_what_an_operator_needs_stays(text):
    assert redact(text) == text
