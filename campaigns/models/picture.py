"""Pictures that staff brought for the words of mailings."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.mailing import Mailing
from core.photos import PhotoField, name_rendition

WIDTH, FORMAT = 1280, "jpeg"  # not every mail program knows the formats of our pages


class MailingPicture(models.Model):
    """One picture of a mailing, under an address that words name (``{% image %}``).

    It stays as long as its mailing: frozen words, and mails in inboxes, show it. Added by
    ``campaigns.services.pictures``.
    """

    mailing = models.ForeignKey(
        Mailing, models.PROTECT, related_name="pictures", verbose_name=_("mailing")
    )
    photo = PhotoField(_("picture"))
    description = models.CharField(
        _("what it shows"),
        max_length=200,
        help_text=_("Read out to who can't see it, and shown where pictures are blocked."),
    )
    size = models.PositiveIntegerField(_("bytes, as mails fetch it"))
    added_at = models.DateTimeField(_("added at"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
    )

    class Meta:
        verbose_name = _("picture of a mailing")
        verbose_name_plural = _("pictures of mailings")
        constraints = [
            models.CheckConstraint(
                condition=~Q(description=""), name="mailing_picture_says_what_it_shows"
            ),
        ]

    def __str__(self):
        return self.description

    @property
    def url(self) -> str:
        """On these pages; words make it absolute."""
        return self.photo.storage.url(name_rendition(self.photo.name or "", WIDTH, FORMAT))

    @property
    def small_url(self) -> str:
        return self.photo.storage.url(name_rendition(self.photo.name or "", 320, FORMAT))

    @property
    def kilobytes(self) -> int:
        return -(-self.size // 1024)

    @property
    def snippet(self) -> str:
        """As it is put into words."""
        words = self.description.replace('"', "”").replace("{", "(").replace("}", ")")
        return f'{{% image "{self.url}" "{words}" %}}'
