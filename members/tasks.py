from celery import shared_task


@shared_task
def sweep_work():
    """Placeholder until the work service lands."""
