from celery import shared_task
from django.utils import timezone

from campaigns.services.campaigns import (
    decide_due_tests,
    finish_campaigns,
    start_due_campaigns,
)
from campaigns.services.segments import build_due_segments


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
