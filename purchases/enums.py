from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a bearer token may do."""

    WRITE_PURCHASES = "purchases.write", _("send purchases")
    READ_PURCHASES = "purchases.read", _("read purchases")
    WRITE_RETURNS = "returns.write", _("send returns")
    READ_MEMBERS = "members.read", _("read balances and tiers")
    READ_REWARDS = "rewards.read", _("read the catalogue")
    WRITE_REDEMPTIONS = "redemptions.write", _("redeem, cancel and use vouchers")
    READ_REDEMPTIONS = "redemptions.read", _("read redemptions")
    WRITE_VIEWS = "views.write", _("tell which products members look at")
    WRITE_PAYMENTS = "payments.write", _("take points and store credit as payment")
    WRITE_REVIEWS = "reviews.write", _("bring in reviews from other sites")


class ImportState(models.TextChoices):
    """Where an import stands; only ``waiting`` and ``running`` are found by the sweep."""

    DRAFT = "draft", _("draft")
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ShopKind(models.TextChoices):
    """Whose webhooks a connection understands."""

    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"


class Verdict(models.TextChoices):
    """What the door said to a delivery; only an accepted one is looked into."""

    ACCEPTED = "accepted", _("accepted")
    PING = "ping", _("greeting, unsigned")
    OLD_SECRET = "old_secret", _("signed with the old secret")
    WRONG_SIGNATURE = "wrong_signature", _("wrong signature")
    OTHER_SHOP = "other_shop", _("from another shop")
    INACTIVE = "inactive", _("connection switched off")
    TOO_LARGE = "too_large", _("too large")


class DeliveryState(models.TextChoices):
    """Where a delivery stands; only ``waiting`` is found by the sweep."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("taken in")
    IGNORED = "ignored", _("nothing to do")
    PARKED = "parked", _("parked")
    REFUSED = "refused", _("refused")


class OrderState(models.TextChoices):
    """What a shop's order is to the club."""

    OPEN = "open", _("not paid yet")
    COUNTED = "counted", _("counts")
    VOID = "void", _("cancelled")
    SKIPPED = "skipped", _("doesn't count")
    REFUSED = "refused", _("refused")


class RefundState(models.TextChoices):
    """Where a shop's refund stands; the first two are tried again when its order changes."""

    PARKED = "parked", _("waits for its order")
    REFUSED = "refused", _("refused")
    EMPTY = "empty", _("takes back no goods")
    APPLIED = "applied", _("applied")
    DROPPED = "dropped", _("set aside by staff")


class PrivacyKind(models.TextChoices):
    """What a shop passes on about a person's rights."""

    ERASURE = "erasure", _("erase a customer")
    EXPORT = "export", _("show a customer their data")
    SHOP = "shop", _("erase a whole shop")


class PrivacyState(models.TextChoices):
    OPEN = "open", _("to do")
    HANDED_ON = "handed_on", _("handed on")
    DONE = "done", _("done")
