"""A wheel that members spin."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.words import Words


class Wheel(models.Model):
    """A wheel by name; what it offers when is said by its versions (docs/wheel.md).

    Written by ``rewards.services.wheel``.
    """

    slug = models.SlugField(_("code"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True, default="")
    i18n: Any = Words(fields=("name", "summary"))
    name_i18n: str
    summary_i18n: str

    class Meta:
        verbose_name = _("wheel")
        verbose_name_plural = _("wheels")
        permissions = [("publish_wheel", "Can publish and end versions of wheels")]

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return reverse("wheel_detail", args=[self.slug])
