from celery import shared_task
from django.utils import timezone

from campaigns.services.segments import build_due_segments


@shared_task
def build_segments():
    """Rebuild the segments whose time has come, or that somebody asked for."""
    build_due_segments(now=timezone.now())
