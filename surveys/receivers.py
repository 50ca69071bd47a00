"""Signals: what must follow when a row of this app goes, whoever deletes it."""

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from core.photos import delete_photo
from surveys.models import ReviewPhoto


@receiver(post_delete, sender=ReviewPhoto)
def delete_review_photo(sender, instance, **kwargs):
    """The file and its sizes go once the row is gone for good."""
    storage, name = instance.photo.storage, instance.photo.name
    transaction.on_commit(lambda: delete_photo(storage, name))
