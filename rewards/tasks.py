from celery import shared_task
from django.utils import timezone

from rewards.services.alerts import look_for_alerts
from rewards.services.bulk_running import list_silent_acts
from rewards.services.bulk_running import run_bulk_act as run_act
from rewards.services.closing import close_days
from rewards.services.counter import cancel_lapsed_bills
from rewards.services.entitlements import end_past_entitlements
from rewards.services.figures import count_figures
from rewards.services.payments import let_go_of_overdue_payments
from rewards.services.redemption import end_past_validity, let_go_of_overdue
from rewards.services.webhooks.sending import forget_old_messages, send_due_messages
from rewards.services.wheel import prepare_days, return_ended_stock, reveal_days


@shared_task
def close_due_days():
    """Close the days that are over and count their figures; nothing to do is the usual answer."""
    now = timezone.now()
    close_days(now=now)
    count_figures(now=now)


@shared_task
def sweep_redemptions():
    """Let reservations go that nobody paid; end vouchers, dates and prizes that are over."""
    now = timezone.now()
    let_go_of_overdue(now=now)
    end_past_validity(now=now)
    end_past_entitlements(now=now)
    let_go_of_overdue_payments(now=now)
    cancel_lapsed_bills(now=now)


@shared_task
def run_bulk_act(act_id):
    """Go on with an act for many; any number of workers may."""
    run_act(act_id, now=timezone.now())


@shared_task
def sweep_bulk_acts():
    """Find acts for many that should be running, whatever became of their message."""
    for act_id in list_silent_acts(now=timezone.now()):
        run_bulk_act.delay(act_id)


@shared_task
def check_alerts():
    look_for_alerts(now=timezone.now())


@shared_task
def send_webhooks():
    """Tell other systems what has happened; what doesn't get through comes again later."""
    send_due_messages(now=timezone.now())


@shared_task
def forget_webhooks():
    """Delete what was told a month ago."""
    forget_old_messages(now=timezone.now())


@shared_task
def turn_wheels():
    """Seal seeds for the coming days, show those of days that are over, give back what versions
    of wheels that are over didn't give away.
    """
    now = timezone.now()
    prepare_days(now=now)
    reveal_days(now=now)
    return_ended_stock(now=now)
