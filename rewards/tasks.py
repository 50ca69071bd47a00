from celery import shared_task
from django.utils import timezone

from rewards.services.closing import close_days


@shared_task
def close_due_days():
    """Close the days that are over; nothing to do is the usual answer."""
    close_days(now=timezone.now())
