"""The outbox: every word to a member is one row, with its state and, if not sent, its reason."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import EventActor, EventKind, MessageReason, MessageState
from campaigns.models.mailing import PLAIN_VARIANT, Edition, Link, Mailing
from members.enums import Channel


class MessageQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=MessageState.WAITING)

    def unknown(self):
        """A process died while it handed them over: staff decide, and haven't yet."""
        return self.filter(state=MessageState.UNKNOWN).exclude(reason=MessageReason.LEFT)

    def of_member(self, member):
        """Newest first, along ``message_of_member``."""
        return self.filter(member=member).order_by("-recorded_at", "-id")

    def in_inbox(self, member):
        """What this member finds on these pages."""
        return self.filter(member=member, channel=Channel.ON_SITE, sent_at__isnull=False)

    def for_list(self):
        return self.select_related("mailing", "member")


class Message(models.Model):
    """One message of a mailing to one member on one channel for one occurrence.

    ``occurrence`` says which time it is: the activity's id, a date of the programme, or "" for a
    campaign, which happens once. ``address_key`` is the hash of the address where the mailing is
    once per address (``campaigns.addresses``). ``facts`` are coded facts of what brought it about.
    ``reason`` tells why it was not sent, was refused, or waits. Written in sets by
    ``campaigns.services.planning`` and ``campaigns.services.sending`` in sets.

    Its keys are not the database's: each of the three would take longer, row by row, than writing
    a million rows does. Members, mailings and frozen editions are never deleted.
    """

    # What and for whom
    mailing = models.ForeignKey(
        Mailing,
        models.PROTECT,
        related_name="messages",
        db_index=False,
        db_constraint=False,
        verbose_name=_("mailing"),
    )
    edition = models.ForeignKey(
        Edition,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("edition"),
    )
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="messages",
        db_index=False,
        db_constraint=False,
        verbose_name=_("member"),
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    occurrence = models.CharField(_("occurrence"), max_length=80, default="", blank=True)
    variant = models.CharField(_("variant"), max_length=1, default=PLAIN_VARIANT)
    address_key = models.UUIDField(_("hash of the address"), null=True, blank=True)
    facts = models.JSONField(_("facts"), default=dict, db_default={})

    # What became of it
    state = models.CharField(
        _("state"), max_length=8, choices=MessageState, default=MessageState.WAITING
    )
    reason = models.CharField(
        _("reason"),
        max_length=16,
        choices=MessageReason,
        blank=True,
        default=MessageReason.NONE,
        db_default="",
    )
    detail = models.CharField(
        _("answer of the provider"), max_length=200, blank=True, default="", db_default=""
    )
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    provider_id = models.CharField(
        _("id at the provider"), max_length=120, blank=True, default="", db_default=""
    )
    cost = models.DecimalField(
        _("cost"), max_digits=10, decimal_places=4, null=True, blank=True
    )  # in the club's currency
    recorded_at = models.DateTimeField(_("planned at"))
    due_at = models.DateTimeField(_("due at"))
    first_due_at = models.DateTimeField(
        _("first due at"), null=True, blank=True, help_text=_("Where it had to wait since.")
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    read_at = models.DateTimeField(
        _("read at"), null=True, blank=True, help_text=_("Of a message on these pages.")
    )
    figures = models.JSONField(
        _("figures of that day"),
        null=True,
        blank=True,
        help_text=_("Points and tier that its words tell of, as they were when it was sent."),
    )  # of a message on these pages, which is drawn each time it is read

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            # The member second: this serves as the index of the key to the mailing, too.
            models.UniqueConstraint(
                fields=["mailing", "member", "channel", "occurrence"], name="message_once"
            ),
            models.UniqueConstraint(
                fields=["mailing", "channel", "occurrence", "address_key"],
                condition=Q(address_key__isnull=False),
                name="message_once_per_address",
            ),
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values), name="message_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.NOT_SENT) | ~Q(reason=""),
                name="message_not_sent_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
                name="message_sent_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0), name="message_cost_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["mailing", "channel", "due_at", "id"],
                condition=Q(state=MessageState.WAITING),
                name="message_waiting",
            ),
            models.Index(fields=["member", "-recorded_at", "-id"], name="message_of_member"),
            models.Index(
                fields=["member", "sent_at"],
                condition=Q(sent_at__isnull=False),
                name="message_sent_to_member",
            ),
            models.Index(
                fields=["member", "sent_at", "id"],
                condition=Q(channel=Channel.ON_SITE, sent_at__isnull=False),
                name="message_in_inbox",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state__in=[MessageState.UNKNOWN, MessageState.SENDING]),
                name="message_unsettled",
            ),
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="message_by_provider_id"
            ),
        ]

    def __str__(self):
        return f"{self.mailing} {self.pk}"


class Handover(models.Model):
    """Messages that one connection of a worker is handing over, one after the other.

    ``position`` is the place in ``message_ids``, counted from 1, that is being handed over now:
    those before it were, unless ``outcomes`` (place to outcome) says otherwise; those after it were
    not; 0 is before the first. It is written and committed before each one leaves, so that of a
    process that dies one message at most is unknown.
    A handover whose ``beat_at`` is older than its lease is taken apart by
    ``campaigns.services.recovery``; its worker, should it live, finds no row to write to and stops.
    """

    worker = models.CharField(_("worker"), max_length=80)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    message_ids = ArrayField(models.BigIntegerField(), verbose_name=_("messages"))
    position = models.PositiveIntegerField(_("position"), default=0)
    outcomes = models.JSONField(_("outcomes"), default=dict, db_default={})
    opened_at = models.DateTimeField(_("opened at"))
    beat_at = models.DateTimeField(_("last sign of life at"))

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        constraints = [
            models.CheckConstraint(
                condition=Q(message_ids__len__gte=1), name="handover_has_messages"
            ),
        ]

    def __str__(self):
        return f"{self.worker} {self.pk}"


class MessageEventQuerySet(models.QuerySet):
    def human(self):
        return self.filter(actor=EventActor.HUMAN)

    def for_list(self):
        return self.select_related("message__mailing", "message__member", "link")


class MessageEvent(models.Model):
    """Something that became of a message: delivered, opened, clicked, bounced.

    ``provider_id`` is the provider's own name of the event: told twice, it is one row.
    ``evidence`` is why it is taken for a person's or a machine's: times, bursts, hidden links.
    """

    message = models.ForeignKey(
        Message,
        models.CASCADE,
        related_name="events",
        db_index=False,
        verbose_name=_("message"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=EventKind)
    actor = models.CharField(_("who"), max_length=8, choices=EventActor, default=EventActor.UNKNOWN)
    link = models.ForeignKey(
        Link,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("link"),
    )
    effective_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    provider_id = models.CharField(
        _("id at the provider"), max_length=120, blank=True, default="", db_default=""
    )
    evidence = models.JSONField(_("evidence"), default=dict, db_default={})

    objects = MessageEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "kind", "provider_id"],
                condition=~Q(provider_id=""),
                name="message_event_once_per_provider_id",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="message_event_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(actor__in=EventActor.values), name="message_event_actor_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["message", "kind", "effective_at"], name="message_event_of"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.message_id}"
