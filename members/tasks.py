from celery import shared_task
from django.utils import timezone

from core.wakes import note_awake
from members.services import duplicates, household_invitations, merging
from members.services.erasing import recheck_erasures
from members.services.erasure import process_due_erasures, tell_about_requests
from members.services.erasure_log import write_log
from members.services.exports import delete_past_exports, process_waiting_exports
from members.services.guardians import ask_guardians as mail_guardians
from members.services.logins import delete_abandoned_logins
from members.services.retention import apply_retention as follow_policy
from members.services.work import AT_ONCE, process_due_work


@shared_task
def sweep_work():
    """Look for waiting work rows; harmless to run twice or side by side."""
    note_awake(sweep_work.name)
    if process_due_work(now=timezone.now()) >= AT_ONCE:
        sweep_work.delay()  # the rest, after whatever else waits


@shared_task
def sweep_abandoned_logins():
    """Free the contacts of sign-ups that nobody completed."""
    delete_abandoned_logins(now=timezone.now())


@shared_task
def sweep_exports():
    """Make the downloads that wait, delete those whose day is over."""
    process_waiting_exports(now=timezone.now())
    delete_past_exports(now=timezone.now())


@shared_task
def sweep_erasures():
    """Tell who asked to be forgotten, erase whose days are over, log what isn't logged."""
    tell_about_requests(now=timezone.now())
    process_due_erasures(now=timezone.now())
    recheck_erasures(now=timezone.now())
    write_log(now=timezone.now())


@shared_task
def ask_guardians():
    """Mail the guardians who were named."""
    mail_guardians(now=timezone.now())


@shared_task
def apply_retention():
    """Do what the retention policy says for today."""
    follow_policy(now=timezone.now())


@shared_task
def send_household_invitations():
    """Mail the invitations that wait."""
    household_invitations.send_household_invitations(now=timezone.now())


@shared_task
def find_duplicates():
    """Look for records that may be one person."""
    duplicates.find_duplicates(by=None, now=timezone.now())


@shared_task
def follow_merges():
    """Send after what reached a merged record a moment too late."""
    merging.follow_merges(now=timezone.now())
