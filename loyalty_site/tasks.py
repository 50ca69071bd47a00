from celery import shared_task
from django.utils import timezone

from core.services.heartbeat import record_heartbeat
from loyalty_site.health import WORKER


@shared_task
def beat():
    """A sign of life that came all the way: schedule, broker, worker, database."""
    record_heartbeat(WORKER, now=timezone.now())
