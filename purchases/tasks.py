"""A task only says "look now": it loads the row, calls one service, and survives running twice."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from purchases.services import imports
from purchases.services.shops.processing import process_due_deliveries


@shared_task
def run_import(job_id):
    job = imports.claim_import(job_id, now=timezone.now())
    if job is None:
        return
    if not job.file:
        # A command ran it and was killed: only a person can name its file again.
        imports.give_up(job, now=timezone.now())
        return
    with job.file.open("rb") as file:
        imports.run_import_job(job, file, now=timezone.now(), max_bytes=settings.IMPORT_MAX_BYTES)


@shared_task
def sweep_imports():
    """Find what waits or was cut off, whatever became of its message."""
    now = timezone.now()
    imports.clear_leftovers(now)
    for job_id in imports.list_due_imports(now):
        run_import.delay(job_id)


@shared_task
def process_deliveries():
    """Look for messages of shops that wait; harmless to run twice or side by side."""
    process_due_deliveries(now=timezone.now())
