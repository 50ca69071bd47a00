"""From a low answer to the club's own: promotions pause, the reply arrives, as it was written."""

import pytest
from django.utils import timezone

from campaigns.models import Automation
from campaigns.services.automations.drafting import enable_automation, publish_automation
from campaigns.services.automations.ready import ensure_ready_automations
from campaigns.services.automations.running import run_due_journeys
from members.models import Notice
from members.services.work import process_due_work
from surveys.models import FollowUp, FollowUpEntry
from surveys.services.answering import answer_question
from surveys.services.follow_ups import close_follow_up, reply_to_member
from tests.campaigns.outbox import send
from tests.campaigns.readers import make_mailing, make_message
from tests.campaigns.sink import Sink
from tests.campaigns.test_email_channel import speak_to
from tests.campaigns.test_restraint import SEND, dropped, judge
from tests.campaigns.test_survey_messages import mei, read_mail  # noqa: F401 (fixture)
from tests.rewards.conftest import programme  # noqa: F401 (fixture)
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS

# ruff: noqa: F811 (fixtures)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    return timezone.now()


def test_promotions_pause_and_the_answer_arrives(ask, invite, mei, staff, programme, now, settings):
    ensure_ready_automations(by=None, now=now)
    automation = Automation.objects.get(slug="follow-up-reply")
    publish_automation(automation, by=staff("owner"), now=now)
    enable_automation(automation, by=staff("owner"), now=now)
    member = mei(given_name="Mei", locale="zh-hant")
    row = invite(ask(low_line=500), member)
    answer_question(row.pk, "rating", ["1"], press=PRESS, now=now)
    follow_up = FollowUp.objects.get()

    surveys, service = (
        make_message(make_mailing(now=now, purpose=purpose), member, now=now)
        for purpose in ("surveys", "service")
    )
    assert judge(surveys, service, now=now) == [dropped("promotions_held"), SEND]

    words = "對不起 <b>Mei</b> & {{ member.number }}\n下次請您喝茶。"
    with Sink() as server:
        speak_to(settings, server.port)
        reply_to_member(follow_up.pk, words, by=staff("clerk"), now=now)
        process_due_work(now=now)
        run_due_journeys(now=now)
        send(now=now)
        mails = [each for each in server.taken if each.recipient == member.email]
    subject, plain, html = read_mail(mails[-1])
    assert subject == "回覆您的意見"
    for line in words.split("\n"):
        assert line in plain
    # What the clerk writes is text: no markup, no template.
    assert "&lt;b&gt;Mei&lt;/b&gt; &amp; {{ member.number }}" in html
    assert "/m/" in plain  # by a link of ours
    assert FollowUpEntry.objects.get(kind="reply").fate == "sent"
    assert Notice.objects.filter(member=member, code="followup_replied").count() == 1

    close_follow_up(follow_up.pk, "Tea", by=staff("clerk"), now=now)
    assert judge(surveys, now=now) == [SEND]
