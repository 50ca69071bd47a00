"""Shops that tell of their orders by webhook: who they are, and what is known of each order."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from purchases.enums import OrderState, RefundState, ShopKind
from purchases.models.places import Channel, Source, Store
from purchases.models.purchase import Purchase
from purchases.models.returns import Return


class ConnectionQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related(
            "source__default_store__channel", "source__default_channel", "store", "channel"
        )


class ShopConnection(models.Model):
    """A shop whose signed webhooks are taken in, at an address that holds ``uid``.

    The secret is kept sealed and never shown again. After a rotation the former one is accepted
    up to ``former_until_at``; beyond it is only known so that a refusal can say why. Written by
    ``purchases.services.shops.connections``.
    """

    uid = models.UUIDField(_("part of the address"), default=uuid.uuid4, unique=True)
    kind = models.CharField(_("shop system"), max_length=12, choices=ShopKind)
    name = models.CharField(_("name"), max_length=120)
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        related_name="connections",
        verbose_name=_("source"),
        help_text=_("Order ids are unique within it. Two shops need two sources."),
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
        help_text=_("Left empty: the source's."),
    )
    channel = models.ForeignKey(
        Channel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("channel"),
        help_text=_("It decides how long points wait for returns. Left empty: the store's."),
    )
    shop_host = models.CharField(
        _("address of the shop"),
        max_length=200,
        blank=True,
        help_text=_(
            "As in my-shop.myshopify.com or www.example.com: deliveries that name another shop"
            " are refused. Left empty: any."
        ),
    )

    sealed_secret = models.BinaryField(_("secret"), editable=False)
    secret_set_at = models.DateTimeField(_("secret set at"), editable=False)
    sealed_former_secret = models.BinaryField(_("former secret"), null=True, editable=False)
    former_until_at = models.DateTimeField(
        _("former secret accepted until"), null=True, editable=False
    )
    is_active = models.BooleanField(_("switched on"), default=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("shop connection")
        verbose_name_plural = _("shop connections")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ShopKind.values), name="connection_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(sealed_former_secret__isnull=True, former_until_at__isnull=True)
                | Q(sealed_former_secret__isnull=False, former_until_at__isnull=False),
                name="connection_former_secret_has_end",
            ),
        ]

    def __str__(self):
        return self.name

    def get_webhook_path(self):
        """The path to which the shop sends; the same for all topics."""
        return reverse(f"webhook_{self.kind}", args=[self.uid])


class ShopOrder(models.Model):
    """What the club knows of one order of a shop, counted or not; its row is the order's lock.

    ``said_at`` and ``sent_at`` are of the newest content that was looked at: whatever is older
    changes nothing any more. Written by ``purchases.services.shops.orders``.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, db_index=False, related_name="shop_orders", verbose_name=_("source")
    )
    external_id = models.CharField(_("order id"), max_length=200)
    name = models.CharField(_("order number"), max_length=60, blank=True, default="", db_default="")
    state = models.CharField(_("state"), max_length=8, choices=OrderState, default=OrderState.OPEN)
    said_at = models.DateTimeField(_("changed in the shop at"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    purchase = models.OneToOneField(
        Purchase,
        models.PROTECT,
        null=True,
        related_name="shop_order",
        verbose_name=_("purchase"),
    )
    is_tax_included = models.BooleanField(
        _("prices with tax"), default=True, help_text=_("Whether a refunded line holds its tax.")
    )
    total_amount = models.BigIntegerField(
        _("total"), default=0, help_text=_("With shipping and fees: refunds never pass it.")
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("shop order")
        verbose_name_plural = _("shop orders")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="shop_order_once_per_source"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[OrderState.COUNTED])
                | Q(purchase__isnull=False, said_at__isnull=False),
                name="shop_order_counted_has_purchase",
            ),
        ]

    def __str__(self):
        return self.name or self.external_id


class RefundQuerySet(models.QuerySet):
    def parked(self):
        return self.filter(state=RefundState.PARKED)

    def for_list(self):
        return self.select_related("source", "applied_return__purchase")


class ShopRefund(models.Model):
    """A refund as its shop told it, whether or not its order is known yet.

    ``content`` holds ``{"lines": [[line id, quantity, net, tax], ...], "loose": amount,
    "total": amount}`` in minor units: what names a line, what names none, and all of it
    together. Written by ``purchases.services.shops.refunds``.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("source")
    )
    external_id = models.CharField(_("refund id"), max_length=200)
    order_external_id = models.CharField(_("order id"), max_length=200)
    refunded_at = models.DateTimeField(_("refunded at"))
    content = models.JSONField(_("content"), default=dict)
    state = models.CharField(
        _("state"), max_length=8, choices=RefundState, default=RefundState.PARKED
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")
    applied_return = models.OneToOneField(
        Return,
        models.PROTECT,
        null=True,
        related_name="shop_refund",
        verbose_name=_("return"),
    )
    recorded_at = models.DateTimeField(_("received at"))
    settled_at = models.DateTimeField(_("settled at"), null=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund by a shop")
        verbose_name_plural = _("refunds by shops")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="shop_refund_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(state=RefundState.APPLIED, applied_return__isnull=False)
                | (~Q(state=RefundState.APPLIED) & Q(applied_return__isnull=True)),
                name="shop_refund_applied_has_return",
            ),
            models.CheckConstraint(
                condition=Q(state=RefundState.PARKED, settled_at__isnull=True)
                | (~Q(state=RefundState.PARKED) & Q(settled_at__isnull=False)),
                name="shop_refund_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "order_external_id"], name="shop_refund_of_order"),
            models.Index(
                fields=["recorded_at"],
                condition=Q(state=RefundState.PARKED),
                name="shop_refund_parked",
            ),
        ]

    def __str__(self):
        return self.external_id
