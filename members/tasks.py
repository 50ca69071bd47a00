from celery import shared_task
from django.utils import timezone

from members.services.logins import delete_abandoned_logins
from members.services.work import process_due_work


@shared_task
def sweep_work():
    """Look for waiting work rows; harmless to run twice or side by side."""
    process_due_work(now=timezone.now())


@shared_task
def sweep_abandoned_logins():
    """Free the contacts of sign-ups that nobody completed."""
    delete_abandoned_logins(now=timezone.now())
