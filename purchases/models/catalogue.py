"""What is sold."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.words import Words
from purchases.models.places import Source


class Category(models.Model):
    """A group of goods in a tree.

    ``lineage`` is the category's own id and those of its ancestors, nearest first; the
    catalogue service keeps it, so that intake and rules need no walk up the tree.
    """

    slug = models.SlugField(_("slug"), max_length=200, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self):
        return self.name_i18n


class ProductQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("category", "source")


class Product(models.Model):
    """A good under its source's own id. Intake adds unknown ids; a product file names them."""

    source = models.ForeignKey(
        Source, models.PROTECT, db_index=False, related_name="products", verbose_name=_("source")
    )
    external_id = models.CharField(_("external id"), max_length=100)
    name = models.CharField(_("name"), max_length=200, blank=True)
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    brand = models.CharField(_("brand"), max_length=120, blank=True)
    margin = models.DecimalField(
        _("margin"),
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Share of the price that the club keeps, as 0.25; only staff see it."),
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="product_once_per_source"
            ),
        ]

    def __str__(self):
        return self.name_i18n or self.external_id

    @property
    def shown_name(self):
        """As members and clerks read it."""
        return self.name_i18n or self.external_id
