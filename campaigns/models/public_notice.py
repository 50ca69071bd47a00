"""What the club tells everybody it concerns, and keeps where anybody can read it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import PublicNoticeKind
from campaigns.models.mailing import Mailing
from core.words import Words


class PublicNoticeQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__isnull=False)

    def newest_first(self):
        return self.order_by("-published_at", "-pk")

    def for_list(self):
        return self.select_related("audience", "mailing", "published_by")


class PublicNotice(models.Model):
    """An incident, a change or news, with what came after it.

    Its words are plain (``core.prose``) and never change once it is published: what turns out
    differently is said in an update. ``audience`` are those whom it is sent to, everyone where it
    is empty; the archive shows it to anybody. Written by ``campaigns.services.public_notices``.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=PublicNoticeKind)
    slug = models.SlugField(pgettext_lazy("of a page", "address"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(
        _("text"),
        max_length=20_000,
        help_text=_(
            "What happened or changes, whom it concerns, what they can do, and what the club does. "
            "An empty line begins a paragraph, “- ” a list."
        ),
    )
    i18n: Any = Words(fields=("title", "body"))
    title_i18n: str
    body_i18n: str
    audience = models.ForeignKey(
        "members.Audience",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sent to members of"),
        help_text=_("Empty: everyone. Whoever else looks for it finds it in the archive."),
    )

    # Trail
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    mailing = models.OneToOneField(
        Mailing,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="public_notice",
        verbose_name=_("mailing"),
    )
    published_at = models.DateTimeField(
        pgettext_lazy("notice", "published at"), null=True, blank=True
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("notice", "published by"),
    )
    resolved_at = models.DateTimeField(pgettext_lazy("notice", "over at"), null=True, blank=True)

    objects = PublicNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("public notice")
        verbose_name_plural = _("public notices")
        permissions = [("publish_publicnotice", "Can publish public notices")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PublicNoticeKind.values), name="public_notice_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(body=""), name="public_notice_says_something"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(published_at__lte=F("resolved_at")),
                name="public_notice_over_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(mailing__isnull=True) | Q(published_at__isnull=False),
                name="public_notice_sent_is_published",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-published_at", "-id"],
                condition=Q(published_at__isnull=False),
                name="public_notice_newest",
            ),
        ]

    def __str__(self):
        return self.title_i18n

    def get_absolute_url(self):
        return reverse("announcement_detail", args=[self.slug])

    @property
    def is_open(self) -> bool:
        """An incident that is published and not over."""
        return (
            self.kind == PublicNoticeKind.INCIDENT
            and self.published_at is not None
            and self.resolved_at is None
        )


class PublicNoticeUpdate(models.Model):
    """What came after a published notice, dated; never changed."""

    notice = models.ForeignKey(
        PublicNotice, models.PROTECT, related_name="updates", verbose_name=_("public notice")
    )
    body = models.TextField(_("text"), max_length=10_000)
    i18n: Any = Words(fields=("body",))
    body_i18n: str
    recorded_at = models.DateTimeField(_("written at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    is_sent = models.BooleanField(
        _("sent"), default=False, help_text=_("To whom the notice was sent.")
    )

    class Meta:
        verbose_name = _("update of a public notice")
        verbose_name_plural = _("updates of public notices")
        constraints = [
            models.CheckConstraint(
                condition=~Q(body=""), name="public_notice_update_says_something"
            ),
        ]
        indexes = [
            models.Index(
                fields=["notice", "-recorded_at", "-id"], name="public_notice_update_newest"
            ),
        ]

    def __str__(self):
        return f"{self.notice} {self.pk}"
