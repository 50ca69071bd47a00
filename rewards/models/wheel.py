"""A wheel that members spin."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.words import Words


class Wheel(models.Model):
    """A wheel by name; what it offers when is said by its versions."""

    slug = models.SlugField(_("code"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    i18n: Any = Words(fields=("name",))
    name_i18n: str

    class Meta:
        verbose_name = _("wheel")
        verbose_name_plural = _("wheels")

    def __str__(self):
        return self.name
