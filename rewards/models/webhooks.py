"""What other systems are told as it happens: addresses, and messages on their way to them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import WebhookEvent, WebhookState


class WebhookEndpointQuerySet(models.QuerySet):
    def open(self):
        return self.filter(disabled_at__isnull=True)


class WebhookEndpoint(models.Model):
    """An address that is told of some kinds of events, signed with a secret of its own.

    The secret is sealed and shown once. Written by ``rewards.services.webhooks``, which also
    switches off one that hasn't answered for days.
    """

    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(pgettext_lazy("of a page", "address"), max_length=400)
    events = ArrayField(
        models.CharField(max_length=24, choices=WebhookEvent), verbose_name=_("events")
    )
    sealed_secret = models.BinaryField(_("secret"), editable=False)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    failing_since_at = models.DateTimeField(_("failing since"), null=True, blank=True)
    disabled_at = models.DateTimeField(_("switched off at"), null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing webhook")
        verbose_name_plural = _("outgoing webhooks")
        constraints = [
            models.CheckConstraint(
                condition=Q(events__len__gte=1), name="webhook_endpoint_has_events"
            ),
        ]

    def __str__(self):
        return self.name


class WebhookMessageQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=WebhookState.WAITING)

    def for_list(self):
        return self.select_related("endpoint").defer("payload")


class WebhookMessage(models.Model):
    """One event for one address: made in the transaction of the event, sent after it.

    ``uid`` stays the same over all attempts, so that a receiver can drop repeats. A member is
    named by number alone.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="messages", verbose_name=_("webhook")
    )
    uid = models.UUIDField(_("id of the message"), default=uuid.uuid4, unique=True)
    event = models.CharField(_("event"), max_length=24, choices=WebhookEvent)
    payload = models.JSONField(_("content"))
    state = models.CharField(
        _("state"), max_length=8, choices=WebhookState, default=WebhookState.WAITING
    )
    occurred_at = models.DateTimeField(_("happened at"))
    due_at = models.DateTimeField(_("next attempt at"))
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    answer_status = models.PositiveSmallIntegerField(_("last answer"), null=True, blank=True)
    last_error = models.CharField(
        _("last error"), max_length=200, blank=True, default="", db_default=""
    )
    sent_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to another system")
        verbose_name_plural = _("messages to other systems")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=WebhookState.SENT, sent_at__isnull=False)
                | (~Q(state=WebhookState.SENT) & Q(sent_at__isnull=True)),
                name="webhook_message_sent_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=WebhookState.WAITING),
                name="webhook_message_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_message_newest"),
        ]

    def __str__(self):
        return f"{self.event} {self.uid}"
