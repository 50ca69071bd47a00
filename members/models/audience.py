from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.words import Words
from members.enums import AudienceKind
from members.models.member import Member

EVERYONE = "everyone"


class AudienceQuerySet(models.QuerySet):
    def of_kind(self, kind):
        return self.filter(kind=kind)

    def holding(self, member):
        return self.filter(rows__member=member)


class Audience(models.Model):
    """A named set of members, kept as rows; every gate refers to one.

    The audience ``everyone`` holds each active member. Rows move through
    ``members.services.audiences`` in the transaction that changes their reason.
    """

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=AudienceKind)
    name = models.CharField(_("name"), max_length=120)
    i18n: Any = Words(fields=("name",))
    name_i18n: str

    objects = AudienceQuerySet.as_manager()

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AudienceKind.values), name="audience_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind=AudienceKind.EVERYONE),
                name="audience_one_everyone",
            ),
        ]

    def __str__(self):
        return self.name_i18n


class AudienceMember(models.Model):
    """One member in one audience since ``added_at``."""

    audience = models.ForeignKey(
        Audience, models.CASCADE, related_name="rows", db_index=False, verbose_name=_("audience")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="audience_rows", verbose_name=_("member")
    )
    added_at = models.DateTimeField(_("added at"), default=timezone.now)

    class Meta:
        verbose_name = _("audience member")
        verbose_name_plural = _("audience members")
        constraints = [
            models.UniqueConstraint(fields=["audience", "member"], name="audience_member_once"),
        ]

    def __str__(self):
        return f"{self.audience_id}:{self.member_id}"
