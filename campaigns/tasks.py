from celery import shared_task
from django.utils import timezone

from campaigns.channels.line.api import send_reply
from campaigns.services.automations.entering import follow_notices, look_for_members
from campaigns.services.automations.running import run_due_journeys
from campaigns.services.campaigns import (
    count_due_campaigns,
    decide_due_tests,
    finish_campaigns,
    start_due_campaigns,
)
from campaigns.services.digest import send_due_digests
from campaigns.services.segments import build_due_segments
from campaigns.services.sending import sweep_cancelled
from campaigns.services.sending.recovery import recover_handovers
from campaigns.services.sending.running import send_waiting_messages
from campaigns.stopping import stoppable


@shared_task
def build_segments():
    """Rebuild the segments whose time has come, or that somebody asked for."""
    build_due_segments(now=timezone.now())


@shared_task
def run_campaigns():
    """Start campaigns whose time has come, decide tests that are over, close what is done."""
    now = timezone.now()
    start_due_campaigns(now=now)
    decide_due_tests(now=now)
    finish_campaigns(now=now)


@shared_task
def count_campaigns():
    """Write down what campaigns brought so far, for lists and the digest."""
    count_due_campaigns(now=timezone.now())


@shared_task
def send_digests():
    """Monday's letter to managers, where it is past eight and they haven't had it."""
    send_due_digests(now=timezone.now())


@shared_task
def run_automations():
    """Let members into automations, and take those on their way as far as they go."""
    now = timezone.now()
    follow_notices(now=now)
    look_for_members(now=now)
    run_due_journeys(now=now)


@shared_task
def send_waiting():
    """Send what is due; harmless to run twice or side by side. One that finds plenty to do calls
    another to help, as far as the channels' connections go.
    """
    with stoppable() as should_stop:
        done = send_waiting_messages(
            clock=timezone.now, should_stop=should_stop, on_busy=send_waiting.delay
        )
    if done.has_more:
        send_waiting.delay()


@shared_task
def sweep_outbox():
    """Take apart what killed workers left; write down what cancelled mailings don't send."""
    recover_handovers(now=timezone.now())
    sweep_cancelled(now=timezone.now())


@shared_task
def answer_line(reply_token, text):
    """Say to somebody at LINE what came of what they wrote; a token is good for one answer."""
    send_reply(reply_token, text)
