from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.words import Words
from members.models.fields import OptionalEmailField
from members.models.member import Member


class GuardianQuerySet(models.QuerySet):
    def current(self):
        return self.filter(ended_at__isnull=True)

    def to_be_asked(self):
        """Named, but no mail has left yet."""
        return self.current().filter(asked_at__isnull=True)

    def for_list(self):
        return self.select_related("member")


class Guardian(models.Model):
    """A parent or guardian of a young member, asked by mail to confirm.

    A member has one at a time; naming another ends the former. Written by
    ``members.services.guardians``.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="guardians", db_index=False, verbose_name=_("member")
    )
    name = models.CharField(_("name"), max_length=150)
    email = OptionalEmailField(_("e-mail address"))
    named_at = models.DateTimeField(_("named at"))
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("named by"),
    )
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = GuardianQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        indexes = [models.Index(fields=["member", "-id"], name="guardian_of_member")]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(ended_at__isnull=True), name="guardian_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(refused_at__isnull=True),
                name="guardian_answers_one_way",
            ),
        ]

    def __str__(self):
        return self.name or _("Guardian %(id)s") % {"id": self.pk}


class Recipient(models.Model):
    """Somebody outside the club who gets or keeps members' data, named on the privacy pages.

    Written by staff; members read it word for word.
    """

    name = models.CharField(_("name"), max_length=120)
    what_for = models.CharField(
        _("what for"), max_length=300, help_text=_("A sentence that members read.")
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters, as in US."))],
        help_text=_("ISO 3166: where the data is kept. Abroad, members are asked."),
    )
    is_current = models.BooleanField(_("current"), default=True)
    i18n: Any = Words(fields=("name", "what_for"))
    name_i18n: str
    what_for_i18n: str

    class Meta:
        verbose_name = _("recipient of data")
        verbose_name_plural = _("recipients of data")
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="recipient_country_is_iso"
            ),
        ]

    def __str__(self):
        return self.name_i18n
