"""What shops sent, as it came."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models import Member
from purchases.enums import DeliveryState, PrivacyKind, PrivacyState, Verdict
from purchases.models.purchase import Purchase
from purchases.models.shops import ShopConnection


class DeliveryQuerySet(models.QuerySet):
    def due(self, now):
        return self.filter(state=DeliveryState.WAITING, due_at__lte=now)

    def for_list(self):
        return self.select_related("connection", "purchase")


class WebhookDelivery(models.Model):
    """One message of a shop: what the door said, and what became of it.

    The row is the truth: a task only says "look now". The same message again raises
    ``seen_count`` and nothing else. Written by ``purchases.services.shops``.
    """

    connection = models.ForeignKey(
        ShopConnection,
        models.PROTECT,
        db_index=False,
        related_name="deliveries",
        verbose_name=_("connection"),
    )
    received_at = models.DateTimeField(_("received at"))

    # As the shop says
    topic = models.CharField(_("topic"), max_length=80)
    external_id = models.CharField(_("delivery id"), max_length=100, blank=True)
    event_id = models.CharField(_("event id"), max_length=100, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    sender = models.CharField(_("sent by"), max_length=200, blank=True)
    headers = models.JSONField(_("headers"), default=dict, help_text=_("Without signatures."))
    digest = models.BinaryField(_("SHA-256 of the body"), max_length=32)
    byte_count = models.PositiveIntegerField(_("bytes"))

    # What came of it
    verdict = models.CharField(_("at the door"), max_length=15, choices=Verdict)
    state = models.CharField(_("outcome"), max_length=8, choices=DeliveryState)
    note = models.CharField(_("note"), max_length=300, blank=True, default="", db_default="")
    order_external_id = models.CharField(
        _("order id"), max_length=200, blank=True, default="", db_default=""
    )
    purchase = models.ForeignKey(
        Purchase,
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="deliveries",
        verbose_name=_("purchase"),
    )
    seen_count = models.PositiveIntegerField(_("times received"), default=1, db_default=1)
    last_seen_at = models.DateTimeField(_("last received at"))
    attempt_count = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    due_at = models.DateTimeField(_("next attempt at"), null=True)
    processed_at = models.DateTimeField(_("processed at"), null=True)
    last_error = models.CharField(
        _("last error"), max_length=200, blank=True, default="", db_default=""
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message from a shop")
        verbose_name_plural = _("messages from shops")
        constraints = [
            # WooCommerce makes its delivery ids of the second alone: only with the body's digest
            # do two of them tell one message from another.
            models.UniqueConstraint(
                fields=["connection", "topic", "external_id", "digest"],
                condition=Q(verdict=Verdict.ACCEPTED),
                name="webhook_once_accepted",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.WAITING, due_at__isnull=False)
                | (~Q(state=DeliveryState.WAITING) & Q(due_at__isnull=True)),
                name="webhook_waiting_is_due",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=[Verdict.ACCEPTED, Verdict.OLD_SECRET])
                | Q(state__in=[DeliveryState.REFUSED, DeliveryState.IGNORED]),
                name="webhook_refused_ends_at_the_door",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state=DeliveryState.WAITING),
                name="webhook_waiting",
            ),
            models.Index(fields=["connection", "topic", "-received_at"], name="webhook_of_topic"),
            models.Index(fields=["order_external_id"], name="webhook_of_order"),
            models.Index(fields=["received_at"], name="webhook_by_time"),
        ]

    def __str__(self):
        return f"{self.topic} {self.pk}"


class WebhookBody(models.Model):
    """The body of a delivery, byte for byte: a customer's data, kept only as long as the retention
    policy says. Staff see it with a permission of its own, and seeing it is audited.
    """

    delivery = models.OneToOneField(
        WebhookDelivery,
        models.CASCADE,
        primary_key=True,
        related_name="body",
        verbose_name=_("delivery"),
    )
    content = models.BinaryField(_("body"))

    class Meta:
        verbose_name = _("body of a message from a shop")
        verbose_name_plural = _("bodies of messages from shops")

    def __str__(self):
        return str(self.delivery_id)


class PrivacyRequestQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=PrivacyState.OPEN)

    def for_list(self):
        return self.select_related("connection", "member", "done_by")


class ShopPrivacyRequest(models.Model):
    """A customer's right that a shop passes on: show them their data, or erase it.

    Due within 30 days, as Shopify asks. It names the customer by the shop's own id alone.
    Written by ``purchases.services.shops.privacy``.
    """

    connection = models.ForeignKey(
        ShopConnection, models.PROTECT, related_name="+", verbose_name=_("connection")
    )
    kind = models.CharField(_("asks to"), max_length=8, choices=PrivacyKind)
    external_id = models.CharField(
        _("request id"), max_length=120, help_text=_("The shop's own id, or the delivery's.")
    )
    customer_reference = models.CharField(_("customer id"), max_length=120, blank=True)
    order_external_ids = models.JSONField(_("order ids"), default=list)
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member"),
    )
    received_at = models.DateTimeField(_("received at"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(
        _("state"), max_length=9, choices=PrivacyState, default=PrivacyState.OPEN
    )
    note = models.CharField(_("note"), max_length=300, blank=True, default="", db_default="")
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("done by"),
    )

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("privacy request of a shop")
        verbose_name_plural = _("privacy requests of shops")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "external_id"], name="shop_privacy_once"
            ),
            models.CheckConstraint(
                condition=Q(state=PrivacyState.DONE, done_at__isnull=False)
                | (~Q(state=PrivacyState.DONE) & Q(done_at__isnull=True)),
                name="shop_privacy_done_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=~Q(state=PrivacyState.DONE),
                name="shop_privacy_open",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.external_id}"
