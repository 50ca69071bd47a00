"""The task queue. A task only says "look now": the rows in the database are the truth."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty_site.settings")

app = Celery("loyalty_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    beat_scheduler="loyalty_site.observation:LivingScheduler",
    beat_schedule={
        # One that comes late says nothing any more.
        "beat": {"task": "loyalty_site.tasks.beat", "schedule": 30.0, "options": {"expires": 60}},
        # Hourly, since every club zone has its own midnight; a closed day is not closed again.
        "close-day": {"task": "rewards.tasks.close_due_days", "schedule": crontab(minute=5)},
        "sweep-work": {"task": "members.tasks.sweep_work", "schedule": 60.0},
        "sweep-redemptions": {"task": "rewards.tasks.sweep_redemptions", "schedule": 60.0},
        "sweep-bulk-acts": {"task": "rewards.tasks.sweep_bulk_acts", "schedule": 60.0},
        # Soon after midnight of any zone; a seed is due within minutes, not seconds.
        "turn-wheels": {"task": "rewards.tasks.turn_wheels", "schedule": crontab(minute="*/5")},
        "check-alerts": {"task": "rewards.tasks.check_alerts", "schedule": 600.0},
        # Nobody wakes it: an event is told within seconds and costs its transaction no message.
        "send-webhooks": {
            "task": "rewards.tasks.send_webhooks",
            "schedule": 10.0,
            "options": {"expires": 20},
        },
        "forget-webhooks": {
            "task": "rewards.tasks.forget_webhooks",
            "schedule": crontab(hour=10, minute=35),
        },
        "run-campaigns": {
            "task": "campaigns.tasks.run_campaigns",
            "schedule": 30.0,
            "options": {"expires": 60},
        },
        "run-automations": {
            "task": "campaigns.tasks.run_automations",
            "schedule": 60.0,
            "options": {"expires": 120},
        },
        "count-campaigns": {"task": "campaigns.tasks.count_campaigns", "schedule": 600.0},
        "send-digests": {"task": "campaigns.tasks.send_digests", "schedule": 600.0},
        "invite-to-surveys": {
            "task": "surveys.tasks.invite_members",
            "schedule": 60.0,
            "options": {"expires": 120},
        },
        "sweep-imports": {"task": "purchases.tasks.sweep_imports", "schedule": 60.0},
        "process-deliveries": {"task": "purchases.tasks.process_deliveries", "schedule": 60.0},
        "sweep-logins": {
            "task": "members.tasks.sweep_abandoned_logins",
            "schedule": crontab(hour=11, minute=35),
        },
        "sweep-exports": {"task": "members.tasks.sweep_exports", "schedule": 300.0},
        "sweep-erasures": {"task": "members.tasks.sweep_erasures", "schedule": 600.0},
        "ask-guardians": {"task": "members.tasks.ask_guardians", "schedule": 600.0},
        "send-household-invitations": {
            "task": "members.tasks.send_household_invitations",
            "schedule": 600.0,
        },
        "find-duplicates": {
            "task": "members.tasks.find_duplicates",
            "schedule": crontab(hour=10, minute=50),
        },
        "follow-merges": {"task": "members.tasks.follow_merges", "schedule": 300.0},
        # Each wakes others while there is much to do; nothing waits for the next one.
        "send-messages": {
            "task": "campaigns.tasks.send_waiting",
            "schedule": 5.0,
            "options": {"expires": 10},
        },
        "sweep-outbox": {
            "task": "campaigns.tasks.sweep_outbox",
            "schedule": 30.0,
            "options": {"expires": 60},
        },
        "build-segments": {"task": "campaigns.tasks.build_segments", "schedule": 300.0},
        "apply-retention": {
            "task": "members.tasks.apply_retention",
            "schedule": crontab(hour=10, minute=20),
        },
    },
)
# Without it shared tasks called from other threads talk to amqp://localhost.
app.set_default()
app.autodiscover_tasks()
