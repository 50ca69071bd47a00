from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from members.enums import Channel, ConsentSource
from members.models.member import Member
from members.purposes import get_purpose


class ConsentWording(models.Model):
    """The words of a purpose in one language, as somebody saw them when they answered.

    Append-only: a trigger refuses change. Made by ``members.services.consents`` when an answer
    first refers to words that no row holds yet.
    """

    purpose = models.CharField(_("purpose"), max_length=20)
    locale = models.CharField(_("language"), max_length=12)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"))
    text_hash = models.CharField(_("hash of the text"), max_length=64)
    recorded_at = models.DateTimeField(_("first shown at"))

    class Meta:
        verbose_name = _("wording of a consent")
        verbose_name_plural = _("wordings of consents")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "locale", "version"], name="wording_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["purpose", "locale", "text_hash"], name="wording_once_per_text"
            ),
        ]

    def __str__(self):
        return f"{self.purpose} {self.locale} {self.version}"


class ConsentQuerySet(models.QuerySet):
    def of_member(self, member):
        """Newest first, along ``consent_of_member``."""
        return self.filter(member=member).order_by("-effective_at", "-id")

    def about(self, purpose, channel):
        """What speaks about this channel: answers for it, and answers for any channel."""
        return self.filter(purpose=purpose, channel__in={channel, Channel.ANY})

    def standing(self, purpose, channel):
        """Given, and not withdrawn since. The same rule in Python: ``pick_standing``."""
        withdrawn = (
            Consent.objects.about(purpose, channel)
            .filter(member=OuterRef("member"), is_given=False)
            .filter(
                Q(effective_at__gt=OuterRef("effective_at"))
                | Q(effective_at=OuterRef("effective_at"), id__gt=OuterRef("id"))
            )
        )
        return self.about(purpose, channel).filter(~Exists(withdrawn), is_given=True)

    def for_list(self):
        return self.select_related("member", "recorded_by", "wording")


class Consent(models.Model):
    """A member agreed to a purpose on a channel, or took that back.

    Append-only: a trigger refuses change. The newest row by ``effective_at`` holds; where there
    is none, nothing is agreed. Written by ``members.services.consents``; an erasure leaves the
    rows, which name nobody.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="consents", db_index=False, verbose_name=_("member")
    )
    purpose = models.CharField(_("purpose"), max_length=20)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    is_given = models.BooleanField(_("given"))
    wording = models.ForeignKey(
        ConsentWording, models.PROTECT, db_index=False, related_name="+", verbose_name=_("wording")
    )
    source = models.CharField(_("source"), max_length=8, choices=ConsentSource)
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("recorded by"),
        help_text=_("Empty where the system or somebody without a login acted."),
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [
            models.Index(
                fields=["member", "purpose", "channel", "-effective_at", "-id"],
                include=["is_given"],
                name="consent_of_member",
            ),
            models.Index(
                fields=["purpose", "channel", "member"],
                condition=Q(is_given=True),
                name="consent_given_to_purpose",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="consent_channel_is_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=ConsentSource.values), name="consent_source_is_known"
            ),
            models.CheckConstraint(
                condition=Q(effective_at__lte=F("recorded_at")), name="consent_not_in_the_future"
            ),
        ]

    def __str__(self):
        return f"{self.get_purpose_display()} ({self.get_channel_display()})"

    def get_purpose_display(self):
        return get_purpose(self.purpose).name
