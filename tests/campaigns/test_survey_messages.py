"""From a purchase to an answer: the invitation by e-mail, its links, what surveys hear of it."""

import datetime as dt
import email
import email.policy
import re

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Automation, Journey, Message
from campaigns.services.automations.drafting import enable_automation, publish_automation
from campaigns.services.automations.ready import ensure_ready_automations
from campaigns.services.automations.running import run_due_journeys
from members.enums import ConsentSource
from members.models import User
from members.services.consents import Answer, record_answers
from members.services.work import process_due_work
from rewards.models import Account
from surveys.models import Answer as SurveyAnswer
from surveys.models import Invitation, Response, Touch, Trigger
from surveys.services.inviting import release_due, remind_due
from tests.campaigns.outbox import send
from tests.campaigns.sink import Sink
from tests.campaigns.test_email_channel import speak_to
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import BROWSER, question
from tests.surveys.test_inviting import bought

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def now():
    """An hour ago by the clock, which the pages read."""
    return timezone.now() - 60 * MINUTE


@pytest.fixture
def sink(settings):
    with Sink() as server:
        speak_to(settings, server.port)
        yield server


@pytest.fixture
def automations(club, programme, staff, now):
    ensure_ready_automations(by=None, now=now)
    for automation in Automation.objects.filter(slug__startswith="survey-"):
        publish_automation(automation, by=staff("owner"), now=now)
        enable_automation(automation, by=staff("owner"), now=now)


@pytest.fixture
def mei(person, now):
    def make(*, agrees=True, **fields):
        login = User.objects.create(email=f"mei{User.objects.count()}@example.com")
        member = person(email=login.email, **fields)
        type(member).objects.filter(pk=member.pk).update(user=login)
        member.refresh_from_db()
        if agrees:
            record_answers(member, [Answer("surveys", "email", True)],
                           source=ConsentSource.PROFILE, by=login, now=now)  # fmt: skip
        return member

    return make


def carry_on(now):
    """Everything that follows, as workers would do it."""
    release_due(now=now)
    process_due_work(now=now)
    run_due_journeys(now=now)
    send(now=now)


def read_mail(taken):
    mail = email.message_from_bytes(taken.mail, policy=email.policy.default)
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    return mail["Subject"], plain, html


def paths(text):
    return re.findall(r"https?://[^/\s\"]+(/m/[\w.=-]+/)", text)


def test_from_a_purchase_to_points(automations, ask, mei, buy, sink, programme, now, settings):
    survey = ask(question("rating", "faces", text="How was your visit?"), points=20)
    Trigger.objects.create(survey=survey, event="purchase", delay_minutes=0)
    member = mei()
    bought(buy(member.pk, 500, now), now)
    carry_on(now)
    (taken,) = sink.taken
    subject, plain, html = read_mail(taken)
    assert (taken.recipient, subject) == (member.email, "Title of visit")
    for word in ("Bad", "Not so good", "Good", "Very good"):
        assert f"\n{word}: http" in plain
    assert "How was your visit?" in plain
    row = Invitation.objects.get()
    assert (row.state, row.sent_at) == ("sent", now)

    # A scanner opens every link of the mail at once.
    scanner = Client(headers={"user-agent": BROWSER})
    for path in {*paths(html), *paths(plain)}:
        scanner.get(path, follow=True)
    assert Touch.objects.count() >= 5
    assert set(Touch.objects.values_list("actor", flat=True)) == {"machine"}
    assert Response.objects.counting().count() == 0
    Touch.objects.update(touched_at=timezone.now() - 5 * MINUTE)

    # Later a person presses the second face, and once more to confirm it.
    visitor = Client(headers={"user-agent": BROWSER})
    face = re.search(r"\nNot so good: https?://[^/]+(/m/\S+)", plain)[1]
    page = visitor.get(face, follow=True)
    assert "You chose “Not so good”." in page.content.decode()
    answer_url = re.search(r'action="(/s/[^"]+)"', page.content.decode())[1]
    page = visitor.post(answer_url, {"answer": "2"}, follow=True)
    assert "+20" in page.content.decode()
    assert SurveyAnswer.objects.get().number == 2
    assert Account.objects.get(member=member, kind="available").balance == 20


@pytest.mark.parametrize(
    ("kind", "locale"), [("nps", "ja"), ("stars", "zh-hans"), ("text", "zh-hant")]
)
def test_other_first_questions(automations, ask, mei, buy, sink, now, kind, locale):
    survey = ask(question("first", kind, text="Question?"))
    Trigger.objects.create(survey=survey, event="purchase")
    bought(buy(mei(locale=locale).pk, 500, now), now)
    carry_on(now)
    _subject, plain, html = read_mail(sink.taken[0])
    numbers = {"nps": range(11), "stars": range(1, 6), "text": ()}[kind]
    assert re.findall(r"^(\d+): http", plain, re.MULTILINE) == [str(each) for each in numbers]
    assert len(paths(html)) >= 2


def test_why_nothing_was_sent_is_on_the_invitation(automations, ask, mei, buy, sink, now):
    survey = ask()
    Trigger.objects.create(survey=survey, event="purchase")
    silent, unknown = mei(agrees=False), mei(agrees=True)
    type(unknown).objects.filter(pk=unknown.pk).update(email="")
    User.objects.filter(pk=unknown.user_id).update(email=f"nobody{unknown.pk}@example.com")
    for member in (silent, unknown):
        bought(buy(member.pk, 500, now), now)
    carry_on(now)
    found = {row.member_id: (row.state, row.reason, row.sent_at)
             for row in Invitation.objects.all()}  # fmt: skip
    assert found[silent.pk] == ("skipped", "no_consent", None)
    assert Message.objects.filter(state="not_sent").count() >= 1
    # Nobody was written to: the next one may come.
    bought(buy(silent.pk, 500, now + MINUTE), now + MINUTE)
    assert release_due(now=now + MINUTE) == 1


def test_reminder_is_a_message_of_its_own(automations, ask, mei, buy, sink, now):
    survey = ask(reminder_after_days=3)
    Trigger.objects.create(survey=survey, event="purchase")
    bought(buy(mei().pk, 500, now), now)
    carry_on(now)
    remind_due(now=now + 3 * DAY)
    carry_on(now + 3 * DAY)
    subjects = [read_mail(each)[0] for each in sink.taken]
    assert subjects == ["Title of visit", "Still open: Title of visit"]
    assert Journey.objects.count() == 2
    assert Invitation.objects.get().sent_at == now
