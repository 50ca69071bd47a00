"""Signals of Django's own that keep the ground in order; no rule of the club lives here."""

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from members.models import Club
from members.selectors.club import forget_club


@receiver([post_save, post_delete], sender=Club, dispatch_uid="members.forget_club")
def forget_changed_club(sender, **kwargs):
    forget_club()
    transaction.on_commit(forget_club)


def create_base_rows(sender, using="default", apps=None, **kwargs):
    """The club's row and the audience ``everyone`` exist from the first migration on."""
    from members.services.audiences import ensure_everyone

    Club.objects.using(using).get_or_create(pk=1)
    ensure_everyone()
