"""Signals of django-anymail; each only calls a service."""

from anymail.signals import tracking
from django.dispatch import receiver
from django.utils import timezone

from campaigns.services.provider_events import take_provider_event


@receiver(tracking, dispatch_uid="campaigns.take_provider_event")
def take(sender, event, esp_name, **kwargs):
    take_provider_event(event, provider=esp_name, now=timezone.now())
