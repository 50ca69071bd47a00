from celery import shared_task
from django.utils import timezone

from surveys.services.inviting import (
    expire_invitations,
    plan_rounds,
    release_due,
    remind_due,
)


@shared_task
def invite_members():
    """Begin rounds, release what is due, remind, close what is over; harmless to run twice."""
    now = timezone.now()
    plan_rounds(now=now)
    expire_invitations(now=now)
    release_due(now=now)
    remind_due(now=now)
