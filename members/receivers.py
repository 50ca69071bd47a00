"""Signals of Django and allauth; each only calls a service."""

from allauth.account.signals import email_confirmed, user_logged_in
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from members.contact_budget import CAPS
from members.forms import SIGNUP_PROFILE
from members.models import Club, ContactCap, ContactPolicy, FooterLink, LegalPage, Theme
from members.selectors.club import forget_club
from members.services import logins
from members.services.audiences import ensure_everyone
from members.services.memberships import welcome_login


def forget_changed_club(sender, **kwargs):
    """The club is kept with its look and its footer (``members.selectors.club``)."""
    forget_club()
    transaction.on_commit(forget_club)


for each in (Club, Theme, FooterLink, LegalPage):
    for signal in (post_save, post_delete):
        signal.connect(forget_changed_club, sender=each, dispatch_uid=f"{each}.forget_club")


@receiver(user_logged_in, dispatch_uid="members.welcome_login")
def welcome(sender, request, user, **kwargs):
    """After every stage of a log-in: the first one leads to a membership."""
    welcome_login(user, now=timezone.now(), profile=request.session.pop(SIGNUP_PROFILE, None))


@receiver(email_confirmed, dispatch_uid="members.follow_email")
def follow_email(sender, request, email_address, **kwargs):
    if email_address.primary:
        logins.follow_email(email_address.user, email_address.email, now=timezone.now())


def create_base_rows(sender, using="default", **kwargs):
    """The club's row and the audience ``everyone`` exist from the first migration on."""
    Club.objects.using(using).get_or_create(pk=1)
    ensure_everyone()


def create_contact_budget(sender, using="default", **kwargs):
    """The reviewed quiet hours and caps, once: a cap that an owner deletes stays deleted."""
    _policy, is_new = ContactPolicy.objects.using(using).get_or_create(pk=1)
    if is_new:
        ContactCap.objects.using(using).bulk_create(
            [ContactCap(channel=channel, most=most, days=days) for channel, most, days in CAPS],
            ignore_conflicts=True,
        )
