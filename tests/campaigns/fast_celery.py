"""The club's tasks on a schedule that a test can wait for."""

from loyalty_site.celery import app

app.conf.beat_schedule = {
    "send-messages": {
        "task": "campaigns.tasks.send_waiting",
        "schedule": 0.2,
        "options": {"expires": 2},
    },
    "sweep-outbox": {
        "task": "campaigns.tasks.sweep_outbox",
        "schedule": 0.5,
        "options": {"expires": 2},
    },
}
app.conf.broker_transport_options = {"socket_timeout": 5, "socket_connect_timeout": 5}
