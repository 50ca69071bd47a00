"""Where purchases come from and where they were made."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.words import Words
from members.models.club import validate_zone


class Channel(models.Model):
    """A way of selling, with the time in which its goods may come back. Staff change it."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    return_window_days = models.PositiveSmallIntegerField(
        _("return window in days"),
        default=0,
        help_text=_("Points stay pending for so long; 0 makes them available at once."),
    )
    returns_accepted_days = models.PositiveSmallIntegerField(
        _("returns accepted for days"),
        default=30,
        help_text=_("After them a return is an exception, with a reason and within a limit."),
    )

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self):
        return self.name_i18n


class Store(models.Model):
    """A place that sells. Intake adds unknown codes; staff give names, zone and channel."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="stores", verbose_name=_("channel")
    )

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")

    def __str__(self):
        return self.name_i18n


class Source(models.Model):
    """One till system, shop or file layout that sends purchases.

    External ids are unique within it. It remembers how its files are read: columns,
    encoding, zone of naive times, and what stands in where a row names no store or channel.
    """

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    mapping = models.JSONField(
        _("column mapping"),
        default=dict,
        blank=True,
        help_text=_("Field to list of columns, as the last import confirmed it."),
    )
    encoding = models.CharField(
        _("encoding"), max_length=20, blank=True, help_text=_("Empty: detected for each file.")
    )
    date_format = models.CharField(
        _("date format"),
        max_length=40,
        blank=True,
        help_text=_("As in %d/%m/%Y %H:%M; empty reads year-month-day."),
    )
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=_("Of times without a zone where no store is named; empty: the club's."),
    )
    default_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default store"),
    )
    default_channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="+", verbose_name=_("default channel")
    )
    claim_days = models.PositiveSmallIntegerField(
        _("forgotten cards, days"),
        default=7,
        db_default=7,
        help_text=_("A receipt without a member can be claimed for so long; 0: never."),
    )
    has_random_numbers = models.BooleanField(
        _("receipt numbers can't be guessed"),
        default=False,
        db_default=False,
        help_text=_("Then a claim needs the total or the day beside the number, not both."),
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self):
        return self.name
