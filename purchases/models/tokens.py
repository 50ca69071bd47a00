from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from purchases.enums import Scope
from purchases.models.places import Source


class TokenQuerySet(models.QuerySet):
    def usable(self):
        return self.filter(revoked_at=None)


class ApiToken(models.Model):
    """A till's or shop's key to the API, for one source and some scopes.

    Only a hash is kept: the token is shown once, when it is made. A revoked token never
    works again.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="tokens", verbose_name=_("source")
    )
    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    token_hash = models.BinaryField(_("token hash"), max_length=32, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40, choices=Scope.choices), verbose_name=_("scopes")
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__len__gte=1), name="token_has_a_scope"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self):
        return self.revoked_at is None
