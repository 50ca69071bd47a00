"""What is said: a mailing, its editions, and the words of each channel and variant."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import MailingKind, MailingPurpose, MailingState, Reach
from core.words import Words
from members.enums import Channel

PLAIN_VARIANT = "A"


class MailingQuerySet(models.QuerySet):
    def sending(self):
        """Whose waiting messages may leave."""
        return self.filter(state=MailingState.RUNNING)

    def for_list(self):
        return self.select_related("created_by")


class Mailing(models.Model):
    """One message of the club to many: that of a campaign, of a step of an automation, or of a
    public notice; or a trial of one, to one of staff.

    It is what the outbox knows: a member gets each occurrence of a mailing once on each channel,
    whatever edition its words have by then. ``channels`` stand in the order in which they are
    tried. Pausing and cancelling is its state: workers ask for it with every few messages.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=MailingKind)
    name = models.CharField(
        _("name"), max_length=120, help_text=_("For staff; members never see it.")
    )
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    purpose = models.CharField(
        pgettext_lazy("of a message", "purpose"), max_length=8, choices=MailingPurpose
    )
    channels = ArrayField(
        models.CharField(max_length=8, choices=Channel), verbose_name=_("channels")
    )
    reach = models.CharField(_("reach"), max_length=5, choices=Reach, default=Reach.FIRST)
    state = models.CharField(
        _("state"), max_length=9, choices=MailingState, default=MailingState.DRAFT
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=50,
        db_default=50,
        help_text=_("Lower goes first, where several mailings wait."),
    )
    is_once_per_address = models.BooleanField(
        _("once per address"),
        default=False,
        db_default=False,
        help_text=_("Members who share an address get it once, not each."),
    )
    is_festive = models.BooleanField(
        _("festive"),
        default=False,
        db_default=False,
        help_text=_("Congratulations and wishes: a household in mourning doesn't get them."),
    )
    stale_after_hours = models.PositiveIntegerField(
        _("too late after (hours)"),
        null=True,
        blank=True,
        help_text=_("A message that could not leave by then is not sent. Empty: never too late."),
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

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=MailingKind.values), name="mailing_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=MailingState.values), name="mailing_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=MailingPurpose.values), name="mailing_purpose_is_known"
            ),
            models.CheckConstraint(condition=Q(channels__len__gte=1), name="mailing_has_a_channel"),
        ]
        indexes = [
            models.Index(
                fields=["priority", "id"],
                condition=Q(state=MailingState.RUNNING),
                name="mailing_running",
            ),
        ]

    def __str__(self):
        return self.name_i18n

    @property
    def is_marketing(self) -> bool:
        """Needs consent, keeps to caps and quiet hours, and can be unsubscribed from."""
        return self.purpose != MailingPurpose.SERVICE


class EditionQuerySet(models.QuerySet):
    def frozen(self):
        return self.filter(frozen_at__isnull=False)


class Edition(models.Model):
    """The words of a mailing as they were at one time.

    A frozen one never changes, nor do its contents and links: messages refer to it, so that what
    somebody was sent can be shown again.
    """

    mailing = models.ForeignKey(
        Mailing, models.PROTECT, related_name="editions", verbose_name=_("mailing")
    )
    number = models.PositiveIntegerField(_("number"), default=1)
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(fields=["mailing", "number"], name="edition_once_per_number"),
            models.UniqueConstraint(
                fields=["mailing"],
                condition=Q(frozen_at__isnull=True),
                name="edition_one_draft_per_mailing",
            ),
        ]

    def __str__(self):
        return f"{self.mailing} {self.number}"


class Content(models.Model):
    """The words of an edition on one channel, in one variant of an experiment.

    ``subject``, ``preheader`` and ``body`` are Liquid templates (docs/campaigns.md); the body is
    Markdown with blocks. Channels that have no subject leave it empty. ``extras`` holds what a
    channel wants beside the words: the id of an approved SMS template, the format of a letter.
    """

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="contents", verbose_name=_("edition")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    variant = models.CharField(_("variant"), max_length=1, default=PLAIN_VARIANT)
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    preheader = models.CharField(
        _("preview line"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Shown after the subject in many inboxes."),
    )
    body = models.TextField(_("words"))
    extras = models.JSONField(_("extras"), default=dict, blank=True)
    i18n: Any = Words(fields=("subject", "preheader", "body"))
    subject_i18n: str
    preheader_i18n: str
    body_i18n: str

    class Meta:
        verbose_name = _("words of a mailing")
        verbose_name_plural = _("words of mailings")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "channel", "variant"], name="content_once_per_variant"
            ),
            models.CheckConstraint(
                condition=Q(variant__regex=r"^[A-Z]$"), name="content_variant_is_a_letter"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[c for c in Channel.values if c != Channel.ANY]),
                name="content_channel_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.edition} {self.get_channel_display()} {self.variant}"


class Link(models.Model):
    """An address that an edition leads to: a click names it by number, never by its text.

    Made when the edition is frozen. ``url`` may hold Liquid, filled in for the member who clicks.
    """

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="links", verbose_name=_("edition")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    url = models.CharField(pgettext_lazy("of a page", "address"), max_length=1000)

    class Meta:
        verbose_name = _("link of a mailing")
        verbose_name_plural = _("links of mailings")
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="link_once_per_number"),
            models.UniqueConstraint(fields=["edition", "url"], name="link_once_per_address"),
            models.CheckConstraint(condition=~Q(url=""), name="link_has_address"),
        ]

    def __str__(self):
        return self.url
